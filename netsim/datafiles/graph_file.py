"""Graphs from files that other tools write too: nodes and edges with free attributes.

GraphML, and JSON or YAML of nodes and links. A node's id is its name and joins it to its edges.
What else a file says of nodes and edges is kept as it stands, under the names that the file gives;
whoever builds something from it takes the attributes that he names. The others are data of other
tools (places on a screen, labels, weights), so they are no mistakes; `foreign` names them once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from netsim import registry
from netsim.findings import Findings

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_NAME: Final = 200
#: More names than these are not compared with an unknown one; it would take long.
_COMPARED: Final = 4096
_MOST_LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class FileNode:
    """A node of a file.

    Parameters
    ----------
    name
        Its id.
    attributes
        What else the file says of it: texts, numbers, truth values, or whatever JSON holds.
    line
        Where it stands, 0 if that is not known.
    """

    name: str
    attributes: Mapping[str, Any]
    line: int = 0


@dataclass(frozen=True, slots=True)
class FileEdge:
    """An edge of a file, from `a` to `b`, or in `both` directions."""

    a: str
    b: str
    both: bool
    attributes: Mapping[str, Any]
    line: int = 0


@dataclass(slots=True)
class GraphFile:
    """What a file holds: nodes by name and edges, both in its order.

    Both ends of every edge are nodes. Edges may be parallel, and lead from a node to itself.
    """

    path: Path
    nodes: dict[str, FileNode] = field(default_factory=dict)
    edges: list[FileEdge] = field(default_factory=list)
    #: Names on the level of the file that are neither its nodes nor its edges.
    others: tuple[str, ...] = ()

    def foreign(self, of_nodes: Collection[str], of_edges: Collection[str]) -> str:
        """Return one line that names the attributes which are not read, empty if there are none.

        Parameters
        ----------
        of_nodes, of_edges
            The attributes that are read.
        """
        groups: tuple[tuple[str, list[tuple[str, str | None]]], ...] = (
            ("of nodes", _others((node.attributes for node in self.nodes.values()), of_nodes)),
            ("of edges", _others((edge.attributes for edge in self.edges), of_edges)),
            ("of the file", [(name, None) for name in self.others]),
        )
        listed = [f"{words} {_listed(names)}" for words, names in groups if names]
        return f"{self.path.name}: not read: {'; '.join(listed)}" if listed else ""


def add_node(
    graph: GraphFile, name: str, attributes: Mapping[str, Any], line: int, findings: Findings
) -> None:
    """Add a node to `graph`, or what is wrong with its name to `findings`."""
    if not name or len(name) > _LONGEST_NAME or name.strip() != name or not name.isprintable():
        hint = f"1 to {_LONGEST_NAME} letters without control characters or blanks around them"
        findings.add(f"'{name[:40]}' cannot name a node", hint, line=line)
    elif name in graph.nodes:
        hint = "give every node its own name"
        findings.add(f"two nodes are called '{name[:40]}'", hint, line=line, code="duplicate")
    else:
        graph.nodes[name] = FileNode(name, attributes, line)


def add_edges(graph: GraphFile, edges: Iterable[FileEdge], findings: Findings) -> None:
    """Add edges to `graph` once all its nodes are there; edges without ends go to `findings`."""
    compared = list(graph.nodes) if len(graph.nodes) <= _COMPARED else []
    for edge in edges:
        end = next((name for name in (edge.a, edge.b) if name not in graph.nodes), None)
        if end is None:
            graph.edges.append(edge)
            continue
        hint = registry.did_you_mean(end, compared) or "list it among the nodes"
        message = f"no node named '{end[:40]}'"
        findings.add(message, hint, line=edge.line, code="unknown-name")


def _others(
    rows: Iterable[Mapping[str, Any]], known: Collection[str]
) -> list[tuple[str, str | None]]:
    """Return the names in `rows` that are not `known`, each with the known one it resembles."""
    names: set[str] = set()
    for row in rows:
        names.update(row)
    return [(name, registry.nearest(name, known)) for name in sorted(names) if name not in known]


def _listed(names: list[tuple[str, str | None]]) -> str:
    shown = [name[:40] + (f" (is it '{near}'?)" if near else "") for name, near in names]
    more = f", and {len(shown) - _MOST_LISTED} more" if len(shown) > _MOST_LISTED else ""
    return ", ".join(shown[:_MOST_LISTED]) + more
