"""Graphs from files that other tools write: GraphML, and JSON or YAML of nodes and links.

The id of a node is its name. Read are ``Latitude`` and ``Longitude`` of nodes in degrees (capital
letters or not), ``x`` and ``y`` of nodes and ``length`` of edges as quantities (``"3 km"``; a bare
number is a place on somebody's screen, or a weight). Edges without a length get the distance of
their ends: along the great circle where both have a latitude and longitude, else in a straight
line. Whatever else all nodes or all edges have becomes a column of the graph, of which a family
takes those that it knows; `notes` names the others once.

Edges that join the same nodes are one (the shortest of them), and an edge from a node to itself is
none: they mean nothing to who talks to whom.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim import units
from netsim.datafiles.graph_file import FileEdge, FileNode, GraphFile
from netsim.datafiles.read_graph import read_graph
from netsim.datafiles.text_file import state_of
from netsim.fields import FilePath, field
from netsim.findings import Findings
from netsim.graphs.graph import Columns, Floats, Graph, Integers, distances, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.problems import Problem
from netsim.registry import register

#: Mean radius of the Earth in metres (H. Moritz, Geodetic Reference System 1980, Bull. Geod. 1980).
EARTH: Final = 6_371_008.8
_DEGREES: Final = {"latitude": 90.0, "longitude": 180.0}
_PLACES: Final = ("x", "y")
_LENGTH: Final = "length"


@register("graph", "file")
class GraphOfFile:
    """Nodes and edges of a file: .graphml, or .json or .yaml of nodes and links."""

    source: ClassVar[str] = (
        "U. Brandes et al., GraphML Progress Report, 2001; R. W. Sinnott, Virtues of the "
        "haversine, Sky and Telescope 68, 1984"
    )
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(GraphConfig):
        """The file."""

        file: FilePath = field(description="graph file, .graphml, .json or .yaml")
        directed: bool | None = field(
            None, description="true: arcs, false: edges; default: as the file says"
        )
        length: MaybeLength = length_field(" of which the file gives neither length nor places")

    @staticmethod
    def size(config: Config) -> int | None:
        """Return the number of nodes in the file."""
        return len(_read(config.file.path, state_of(config.file.path)).names)

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return nothing: what is wrong in the file shows when its nodes are counted."""
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the number of edges in the file."""
        return len(_read(config.file.path, state_of(config.file.path)).source)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the graph of the file; draws nothing."""
        found = _read(config.file.path, state_of(config.file.path))
        directed = found.directed if config.directed is None else config.directed
        edge, source, target = found.simple(directed)
        length = found.length[edge]
        if config.length is not None:
            length = np.where(np.isnan(length), config.length, length)
        return graph_of(
            nodes,
            source,
            target,
            names=found.names,
            directed=directed,
            length=None if np.isnan(length).any() else length,
            x=found.x,
            y=found.y,
            node_columns=found.node_columns,
            edge_columns={name: column[edge] for name, column in found.edge_columns.items()},
        )

    @staticmethod
    def notes(
        config: Config, of_nodes: Collection[str] = (), of_edges: Collection[str] = ()
    ) -> list[str]:
        """Return what users should know: what is not read, merged, or has no length.

        `of_nodes` and `of_edges` are the columns that the family takes.
        """
        found = _read(config.file.path, state_of(config.file.path))
        foreign = found.file.foreign({*found.read_of_nodes, *of_nodes}, {_LENGTH, *of_edges})
        notes = [foreign] if foreign else []
        directed = found.directed if config.directed is None else config.directed
        edge, *_ = found.simple(directed)
        # An edge both ways makes two arcs, which are no duplicates.
        left_out = len(found.source) - len(np.unique(edge))
        if left_out:
            what = "parallel edges or edges from a node to itself are left out"
            notes.append(f"{config.file.path.name}: {left_out} {what}")
        bare = int(np.isnan(found.length[edge]).sum())
        if config.length is None and 0 < bare < len(edge):
            hint = "none is taken; 'length: 10 km' would stand for theirs"
            message = f"{bare} of {len(edge)} edges have no length"
            notes.append(f"{config.file.path.name}: {message}, so {hint}")
        return notes


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What a file says, checked: nodes and edges as columns, in its order. NaN: not said."""

    file: GraphFile
    names: tuple[str, ...]
    source: Integers
    target: Integers
    both: NDArray[np.bool_]
    length: Floats
    x: Floats | None
    y: Floats | None
    node_columns: Columns
    edge_columns: Columns
    read_of_nodes: tuple[str, ...]

    @property
    def directed(self) -> bool:
        """Whether any edge goes one way alone."""
        return not self.both.all()

    def simple(self, directed: bool) -> tuple[Integers, Integers, Integers]:
        """Return row, source and target of the edges that a graph keeps, each pair once."""
        row, source, target = np.arange(len(self.source)), self.source, self.target
        if directed:
            # An edge in both directions is two arcs.
            row = np.concatenate((row, row[self.both]))
            source = np.concatenate((self.source, self.target[self.both]))
            target = np.concatenate((self.target, self.source[self.both]))
        else:
            source, target = np.minimum(source, target), np.maximum(source, target)
        # The shortest first (NaN comes last), then the first of the file.
        order = np.lexsort((row, self.length[row], target, source))
        order = order[source[order] != target[order]]
        key = source[order] * len(self.names) + target[order]
        kept = order[np.unique(key, return_index=True)[1]]
        return row[kept], source[kept], target[kept]


@functools.lru_cache(maxsize=4)
def _read(path: Path, _: tuple[int, int] | None) -> _Found:
    """Read once per state of the file: it is asked for its size, its notes and its graph."""
    file = read_graph(path)
    findings = Findings(path)
    if not file.nodes:
        findings.add("the file holds no node", "a graph has at least one")
    nodes = list(file.nodes.values())
    number = {name: place for place, name in enumerate(file.nodes)}
    latitude, longitude = (_degrees(nodes, name, findings) for name in _DEGREES)
    x, y = (_lengths(nodes, name, findings) for name in _PLACES)
    length = _lengths(file.edges, _LENGTH, findings)
    findings.raise_any()
    source = np.array([number[edge.a] for edge in file.edges], np.int64)
    target = np.array([number[edge.b] for edge in file.edges], np.int64)
    measured = great_circle(latitude, longitude, source, target)
    measured = np.where(np.isnan(measured), distances(x, y, source, target), measured)
    if np.isnan(x + y).any():
        x, y = _plane(latitude, longitude)
    return _Found(
        file=file,
        names=tuple(file.nodes),
        source=source,
        target=target,
        both=np.array([edge.both for edge in file.edges], np.bool_),
        length=np.where(np.isnan(length), measured, length),
        x=None if np.isnan(x).any() else x,
        y=None if np.isnan(y).any() else y,
        node_columns=_columns(node.attributes for node in nodes),
        edge_columns=_columns(edge.attributes for edge in file.edges),
        read_of_nodes=(*_DEGREES, *map(str.capitalize, _DEGREES), *_measured(nodes)),
    )


def _measured(nodes: Sequence[FileNode]) -> list[str]:
    """Return which of `x` and `y` are places and not points on a screen."""
    return [
        name
        for name in _PLACES
        if any(isinstance(node.attributes.get(name), str) for node in nodes)
    ]


def _degrees(nodes: Sequence[FileNode], name: str, findings: Findings) -> Floats:
    """Return the latitude or longitude of every node, NaN where it has none."""
    found = np.full(len(nodes), np.nan)
    most = _DEGREES[name]
    for place, node in enumerate(nodes):
        value = node.attributes.get(name.capitalize(), node.attributes.get(name))
        if value is None:
            continue
        number = float(value) if isinstance(value, int | float) else np.nan
        if not -most <= number <= most:
            message = f"'{str(value)[:40]}' is no {name}"
            hint = f"degrees from {-most:g} to {most:g}"
            findings.add(message, hint, line=node.line, code="out-of-range")
        found[place] = number
    return found


def _lengths(rows: Sequence[FileNode | FileEdge], name: str, findings: Findings) -> Floats:
    """Return an attribute of every row in metres, NaN where it has none, or no unit."""
    found = np.full(len(rows), np.nan)
    for place, row in enumerate(rows):
        value = row.attributes.get(name)
        if not isinstance(value, str) or not value.strip():
            continue
        try:
            found[place] = units.parse(value, "length")
        except units.UnitError as bad:
            findings.add(str(bad), bad.hint, line=row.line, code="bad-unit")
            continue
        if name == _LENGTH and not found[place] > 0:
            message = f"'{value[:40]}' must be positive"
            findings.add(message, "'20 km'", line=row.line, code="out-of-range")
    return found


def great_circle(latitude: Floats, longitude: Floats, source: Integers, target: Integers) -> Floats:
    """Return the distances along the Earth between nodes `source` and `target`, in metres.

    Degrees in; by the haversine, which stays exact for near places.
    """
    north, east = np.radians(latitude), np.radians(longitude)
    up = np.sin((north[target] - north[source]) / 2) ** 2
    across = np.sin((east[target] - east[source]) / 2) ** 2
    half = np.minimum(up + np.cos(north[source]) * np.cos(north[target]) * across, 1)
    apart: Floats = 2 * EARTH * np.arcsin(np.sqrt(half))
    return apart


def _plane(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Return places on a map in metres, right at its middle (equirectangular projection)."""
    middle = np.radians(latitude.mean())
    east = np.radians(longitude)
    # The mean direction, so that places on either side of 180 degrees are near each other.
    centre = np.arctan2(np.sin(east).mean(), np.cos(east).mean())
    aside = (east - centre + np.pi) % (2 * np.pi) - np.pi
    return EARTH * np.cos(middle) * aside, EARTH * (np.radians(latitude) - middle)


def _columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return what all rows have, each of one type, by name."""
    listed = list(rows)
    columns = {}
    for name in listed[0] if listed else ():
        values = [row.get(name) for row in listed]
        kinds = {float if type(value) is int else type(value) for value in values}
        if kinds <= {float, str, bool} and len(kinds) == 1:
            columns[name] = np.array(values)
    return columns
