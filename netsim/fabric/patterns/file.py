"""Flows from a file, for traces and for exact cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from netsim.fabric.extent import Extent
from netsim.fabric.flow_file.read import read_flows
from netsim.fields import Config as Block
from netsim.fields import FilePath, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

if TYPE_CHECKING:
    import numpy as np

    from netsim.fabric.flows import Flows
    from netsim.topology.network import Network


@register("traffic", "file")
class FlowFile:
    """Flows from a CSV or Parquet file, numbered in the order of its rows.

    Columns: `src` and `dst`, host number or name; `size`, whole bytes or a quantity; `start`,
    whole picoseconds or a quantity. Either of two more columns says the way of each flow: `spine`,
    a number, in a leaf-spine; or `path`, names of nodes joined by ``>``, with or without the hosts
    at its ends. An empty cell in them leaves the way open.
    """

    source: ClassVar[str] = "format of netsim"
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(Block):
        """The file."""

        file: FilePath = field(description="flow file, .csv or .parquet")

    @staticmethod
    def check(config: Config, network: Network) -> list[Problem]:
        """Return what is wrong with the file on `network`."""
        try:
            read_flows(config.file.path, network)
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @staticmethod
    def extent(config: Config, network: Network) -> Extent:
        """Return how much traffic it is."""
        return Extent.of(read_flows(config.file.path, network), network)

    @staticmethod
    def generate(config: Config, network: Network, generator: np.random.Generator) -> Flows:
        """Return the flows in the order of the file's rows; nothing is drawn."""
        return read_flows(config.file.path, network)
