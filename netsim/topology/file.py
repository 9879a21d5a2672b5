"""Networks from files: netsim's own YAML or JSON of nodes and links, and GraphML.

The own format::

    nodes:
      - {name: h0, kind: host}
      - {name: s0, kind: switch, latency: 300 ns}
    links:
      - {a: h0, b: s0, rate: 100 Gbps, delay: 1 us}
      - {a: s0, b: s1, rate: 400 Gbps, delay: 1 us, both: false}

A link works in both directions unless `both` is false. Nodes may bear an `id` in place of a name,
links `source` and `target`, as other tools write them. GraphML carries the same words as node and
edge attributes: `kind` (and `latency`) of nodes, `rate` and `delay` of edges, as quantities; in a
directed graph an edge is one direction. In every format the id is the name, and what else other
tools have written is not read: one line of `notes` names it. Hosts and switches are numbered in the
order of the file.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netsim.datafiles.read_graph import read_graph
from netsim.datafiles.text_file import state_of
from netsim.fields import Config as Block
from netsim.fields import FilePath, field
from netsim.registry import register
from netsim.topology.wiring import LINK_FIELDS, NODE_FIELDS, build

if TYPE_CHECKING:
    from netsim.topology.network import Network


@register("topology", "file")
class TopologyFile:
    """Nodes and links from a file: .yaml or .json of netsim's own format, or .graphml."""

    source: ClassVar[str] = (
        "format of netsim; GraphML: U. Brandes et al., GraphML Progress Report, 2001"
    )
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(Block):
        """The file."""

        file: FilePath = field(description="topology file, .yaml, .json or .graphml")

    @staticmethod
    def build(config: Config) -> Network:
        """Return the network that the file describes."""
        return read_topology(config.file.path)

    @staticmethod
    def notes(config: Config) -> list[str]:
        """Return the line that names what is not read of the file, if there is anything."""
        _, foreign = _read(config.file.path, state_of(config.file.path))
        return [foreign] if foreign else []


def read_topology(path: Path) -> Network:
    """Return the network in the file `path`.

    Raises
    ------
    ProblemsFound
        With what is wrong in the file.
    """
    return _read(path, state_of(path))[0]


@functools.lru_cache(maxsize=4)
def _read(path: Path, _: tuple[int, int] | None) -> tuple[Network, str]:
    """Read once per state of the file: every replication asks for it again."""
    graph = read_graph(path)
    return build(graph), graph.foreign(NODE_FIELDS, LINK_FIELDS)
