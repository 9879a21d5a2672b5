"""What a kind of graph is, and how a family gets the graph that its scenario asks for.

A registered kind is a class with a `Config`, a `source`, and::

    pairs(config, nodes) -> float           edges, or candidates for edges, that building looks at
    build(config, nodes, stream) -> Graph   `stream()` is a fresh generator, `stream(1)` another

and optionally::

    size(config) -> int | None              number of nodes that the other fields already say
    least(config) -> int                    number of nodes where nothing says it
    notes(config, of_nodes, of_edges)       lines for users: what of a file is not read, ...
    problems(config, nodes) -> list         what keeps it from having so many nodes

How many nodes there are may be said by the graph (``nodes``, or ``rows`` and ``columns``), by the
scenario around it, or by both alike. All draws are from the streams of one purpose, named by the
family (``decentralized.graph``), so nothing else that a simulation draws changes its graph. A
family writes::

    topology: GraphBlock = field(description="who talks to whom")
    ...
    found = problems(scenario.topology, scenario.nodes, also=("nodes",))
    graph = build(scenario.topology, streams, "decentralized.graph", scenario.nodes)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Protocol

import numpy as np
from pydantic import TypeAdapter

from netsim.fields import Config, OneOf, Quantity, field, implementation
from netsim.graphs.graph import Graph
from netsim.problems import Problem, ProblemsFound
from netsim.rng import Streams

#: Most edges, or candidates for edges, of one graph: some seconds and two gigabytes.
MOST_PAIRS: Final = 50_000_000
MOST_NODES: Final = 1_000_000

Path = tuple[str | int, ...]
#: Opens the generators of a graph: ``stream()`` and, where one is not enough, ``stream(1)``, ...
Stream = Callable[..., np.random.Generator]


class GraphConfig(Config):
    """Who is joined to whom."""

    nodes: int | None = field(
        None,
        description="number of nodes; default: as the rest of the scenario says",
        ge=1,
        le=MOST_NODES,
    )
    largest_component: bool = field(
        False, description="true: keep the largest component alone, with the names of its nodes"
    )


#: Annotation of a field that holds a graph: ``topology: GraphBlock = field(...)``.
GraphBlock = Annotated[GraphConfig, OneOf("graph")]


def length_field(more: str = "") -> Any:
    """Return the field ``length`` of the kinds whose edges are all equally long."""
    return field(None, description=f"length of every edge{more}; default: no lengths")


PositiveLength = Annotated[float, Quantity("length", positive=True)]
MaybeLength = PositiveLength | None


class GraphKind(Protocol):
    """What a class registered under kind ``graph`` offers."""

    Config: type[GraphConfig]
    source: ClassVar[str]

    @staticmethod
    def pairs(config: Any, nodes: int) -> float:
        """Return how many edges, or candidates for edges, building looks at."""
        ...

    @staticmethod
    def build(config: Any, nodes: int, stream: Stream) -> Graph:
        """Return the graph of `nodes` nodes."""
        ...


def read(block: Mapping[str, Any]) -> GraphConfig:
    """Return the block ``{kind: NAME, ...}`` as a scenario would, validated.

    >>> read({"kind": "ring", "nodes": 5}).nodes
    5
    """
    return _adapter().validate_python(block)


@functools.cache
def _adapter() -> TypeAdapter[GraphConfig]:
    return TypeAdapter(GraphBlock)


def build(config: GraphConfig, streams: Streams, purpose: str, nodes: int | None = None) -> Graph:
    """Return the graph that `config` describes.

    Parameters
    ----------
    config
        A block of a registered kind.
    streams, purpose
        Where random graphs draw from.
    nodes
        Number of nodes that the scenario around the graph has, if it says so.

    Raises
    ------
    ProblemsFound
        If `problems` finds any.
    """
    found = problems(config, nodes)
    if found:
        raise ProblemsFound(*found)
    kind = implementation("graph", config)
    stream = functools.partial(streams.generator, purpose)
    graph: Graph = kind.build(config, _said(config, nodes)[0], stream)
    each = getattr(config, "length", None)
    if each is not None and graph.length is None:
        graph = replace(graph, length=np.full(graph.edge_count, each))
    return graph.largest_component() if config.largest_component else graph


def problems(
    config: GraphConfig, nodes: int | None = None, at: Path = ("topology",), also: Path = ()
) -> list[Problem]:
    """Return what keeps `config` from being built.

    `at` is where the scenario holds the graph, `also` where it holds `nodes`.
    """
    kind = implementation("graph", config)
    name = getattr(config, "kind", "?")
    try:
        said = _said(config, nodes)
    except ProblemsFound as found_in_a_file:
        return [replace(one, at=(*at, *one.at)) for one in found_in_a_file.problems]
    if not said:
        message = f"nothing says how many nodes the graph '{name}' has"
        return [Problem(message, at, "missing-field", "add 'nodes: 10' to it")]
    if len(set(said)) > 1:
        message = f"the graph '{name}' has {said[0]:,} nodes, not {said[-1]:,}"
        hint = "let one of the two follow from the other: leave it out"
        return [Problem(message, at, "unsatisfiable", hint, also=also)]
    if said[0] > MOST_NODES:
        message = f"the graph '{name}' has {said[0]:,} nodes, more than {MOST_NODES:,}"
        return [Problem(message, at, "too-large", "make it smaller")]
    find: Callable[[Any, int], list[Problem]] | None = getattr(kind, "problems", None)
    found = [] if find is None else list(find(config, said[0]))
    pairs = 0.0 if found else kind.pairs(config, said[0])
    if pairs > MOST_PAIRS:
        message = f"the graph '{name}' of {said[0]:,} nodes has some {pairs:.2g} pairs to draw"
        found.append(Problem(message, code="too-large", hint=f"at most {MOST_PAIRS:,} are"))
    return [replace(one, at=(*at, *one.at)) for one in found]


def notes(
    config: GraphConfig, of_nodes: Collection[str] = (), of_edges: Collection[str] = ()
) -> list[str]:
    """Return what users should know of the graph: what of its file is not read, or left out.

    `of_nodes` and `of_edges` are the columns that the family takes.
    """
    find = getattr(implementation("graph", config), "notes", None)
    return [] if find is None else list(find(config, of_nodes, of_edges))


def node_count(config: GraphConfig, nodes: int | None = None) -> int:
    """Return how many nodes a graph without `problems` is built of."""
    return _said(config, nodes)[0]


def _said(config: GraphConfig, nodes: int | None) -> list[int]:
    """Return every number of nodes that is said: by the kind's fields, the block, the scenario."""
    kind = implementation("graph", config)
    size: Callable[[Any], int | None] = getattr(kind, "size", lambda _: None)
    said = [count for count in (size(config), config.nodes, nodes) if count is not None]
    return said or ([kind.least(config)] if hasattr(kind, "least") else [])


def too_few(nodes: int, least: int, what: str) -> list[Problem]:
    """Return the problem that `what` needs at least `least` nodes, if it has fewer."""
    if nodes >= least:
        return []
    return [Problem(f"{what} needs at least {least:,} nodes, not {nodes:,}", hint="add nodes")]
