"""Networks from files: netsim's own YAML or JSON of nodes and links, and GraphML.

The own format::

    nodes:
      - {name: h0, kind: host}
      - {name: s0, kind: switch, latency: 300 ns}
    links:
      - {a: h0, b: s0, rate: 100 Gbps, delay: 1 us}
      - {a: s0, b: s1, rate: 400 Gbps, delay: 1 us, both: false}

A link works in both directions unless `both` is false. GraphML carries the same words as node and
edge attributes: `kind` (and `latency`) of nodes, `rate` and `delay` of edges, as quantities; in a
directed graph an edge is one direction. Hosts and switches are numbered in the order of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from netsim.fields import Config as Block
from netsim.fields import FilePath, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.topology.graphml import read_graphml
from netsim.topology.node_link import Parts, assemble, read_node_link

if TYPE_CHECKING:
    from pathlib import Path

    from netsim.topology.network import Network

_FORMATS: dict[str, Callable[[Path], Parts]] = {
    ".yaml": read_node_link,
    ".yml": read_node_link,
    ".json": read_node_link,
    ".graphml": read_graphml,
}


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


def read_topology(path: Path) -> Network:
    """Return the network in the file `path`.

    Raises
    ------
    ProblemsFound
        With what is wrong in the file, at most twenty problems.
    """
    read: Any = _FORMATS.get(path.suffix.lower())
    if read is None:
        hint = f"known formats: {', '.join(_FORMATS)}"
        message = f"'{path.name}' is no topology file by its suffix"
        raise ProblemsFound(Problem(message, ("file",), "bad-file", hint, file=path))
    parts: Parts = read(path)
    return assemble(parts)
