"""Networks of quantum routers as SeQUeNCe's JSON files have them.

`netsim.datafiles.sequence_file` reads them. Here they become a graph: memories of routers, loss and
detectors of fibres are columns, delays a field of their own, since routers that are no neighbours
have some too. Of the two raw fidelities at a fibre the lower one counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from netsim.datafiles.sequence_file import Fibre, SequenceFile, number_in, read_sequence
from netsim.datafiles.text_file import state_of
from netsim.fields import FilePath
from netsim.fields import field as config_field
from netsim.graphs.graph import Floats, Graph, graph_of
from netsim.graphs.kind import GraphConfig, Stream
from netsim.problems import Problem
from netsim.registry import register


@dataclass(frozen=True, eq=False)
class TimedGraph(Graph):
    """A graph with delays (ps) between nodes, neighbours or not, by pairs of numbers."""

    delays: Mapping[tuple[int, int], int] = field(default_factory=dict)


@register("graph", "sequence_json")
class SequenceJson:
    """A network of SeQUeNCe: a JSON file of routers, connections and templates."""

    source: ClassVar[str] = (
        "X. Wu et al., SeQUeNCe: a customizable discrete-event simulator of quantum networks, 2021"
    )
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(GraphConfig):
        """A network of SeQUeNCe: a JSON file of routers, connections and templates."""

        file: FilePath = config_field(description="topology file of SeQUeNCe, .json")

    @staticmethod
    def size(config: Config) -> int | None:
        """Return the number of routers in the file."""
        return len(_read(config).names)

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return nothing: what is wrong in the file shows when its routers are counted."""
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the number of fibres in the file."""
        return len(_read(config).fibres)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the routers, fibres and delays of the file; draws nothing."""
        return timed_graph(_read(config))

    @staticmethod
    def notes(
        config: Config, of_nodes: Collection[str] = (), of_edges: Collection[str] = ()
    ) -> list[str]:
        """Return what users should know: what is not read, or read in another way."""
        return list(_read(config).notes)


def _read(config: SequenceJson.Config) -> SequenceFile:
    return read_sequence(config.file.path, state_of(config.file.path))


def timed_graph(found: SequenceFile) -> TimedGraph:
    """Return what a file says as a graph with columns."""
    ends = sorted(found.fibres)
    fibres = [found.fibres[pair] for pair in ends]
    source, target = np.array(ends, np.int64).reshape(-1, 2).T
    raw = [number_in(one, "MemoryArray", "fidelity") for one in found.templates]
    lower = [
        min((value for value in (raw[a], raw[b]) if value >= 0), default=-1.0) for a, b in ends
    ]
    made = graph_of(
        len(found.names),
        source,
        target,
        names=tuple(found.names),
        length=np.array([one.length for one in fibres]),
        node_columns={
            "memories": np.array(found.memories, np.float64),
            "memory_frequency": _memory(found, "frequency"),
            "memory_efficiency": _memory(found, "efficiency"),
            "coherence": _memory(found, "coherence_time"),
        },
        edge_columns={
            "attenuation": np.array([one.attenuation * 1000 for one in fibres]),
            "raw_fidelity": np.array(lower),
            "detector_efficiency": _detectors(fibres, "efficiency"),
            "dark_count": _detectors(fibres, "dark_count"),
            "count_rate": _detectors(fibres, "count_rate"),
        },
    )
    given = {name: getattr(made, name) for name in Graph.__dataclass_fields__}
    return TimedGraph(**given, delays=dict(found.delays))


def _memory(found: SequenceFile, name: str) -> Floats:
    return np.array([number_in(one, "MemoryArray", name) for one in found.templates])


def _detectors(fibres: list[Fibre], name: str) -> Floats:
    """Return a number of the stations' detectors by fibre: that of their first one."""
    found = []
    for fibre in fibres:
        value = -1.0
        for block in fibre.template.values():
            listed = block.get("detectors") if isinstance(block, Mapping) else None
            if isinstance(listed, list) and listed and isinstance(listed[0], Mapping):
                value = number_in({"of": listed[0]}, "of", name)
        found.append(value)
    return np.array(found)
