"""Which links an entry is about: named, counted, a share, or all."""

from __future__ import annotations

import numpy as np

from netsim.decentralized.disruption import DisruptionConfig, Integers, Scene
from netsim.fields import Probability, field
from netsim.graphs.graph import Graph
from netsim.problems import Problem


class LinksConfig(DisruptionConfig):
    """Which links."""

    links: tuple[tuple[int, int], ...] | None = field(
        None, description="links by the nodes that they join; default: chosen at random, or all"
    )
    fraction: Probability | None = field(None, description="share of all links, chosen at random")
    count: int | None = field(None, description="number of links, chosen at random", ge=0)


def arcs_of(config: LinksConfig, scene: Scene, *, one_way: bool) -> Integers:
    """Return the arcs, 2 e or 2 e + 1 for edge e, both of a link unless `one_way` and named."""
    graph = scene.graph
    if config.links is not None:
        numbers = edge_numbers(graph)
        found = []
        for a, b in config.links:
            forward = numbers.get((a, b))
            arc = 2 * forward if forward is not None else 2 * numbers[b, a] + 1
            found += [arc] if one_way else [arc, arc ^ 1]
        return np.unique(np.array(found, np.int64))
    edges = np.arange(graph.edge_count)
    if config.fraction is not None or config.count is not None:
        count = config.count
        if count is None:
            count = round((config.fraction or 0.0) * graph.edge_count)
        edges = np.sort(scene.generator().permutation(graph.edge_count)[:count])
    return np.sort(np.concatenate((2 * edges, 2 * edges + 1)))


def edge_numbers(graph: Graph) -> dict[tuple[int, int], int]:
    """Return the number of each edge by its nodes, in the order of the graph."""
    return {(a, b): edge for edge, (a, b) in enumerate(graph.edges.tolist())}


def link_problems(config: LinksConfig, graph: Graph | None, nodes: int) -> list[Problem]:
    """Return what is wrong with how links are chosen."""
    found = []
    given = [n for n in ("links", "fraction", "count") if getattr(config, n) is not None]
    if len(given) > 1:
        message = f"which links? both '{given[0]}' and '{given[1]}' say it"
        found.append(Problem(message, (given[1],), hint="give one of them"))
    numbers = edge_numbers(graph) if graph is not None and config.links is not None else None
    for index, (a, b) in enumerate(config.links or ()):
        if not (0 <= a < nodes and 0 <= b < nodes) or (
            numbers is not None
            and (a, b) not in numbers
            and (graph is None or graph.directed or (b, a) not in numbers)
        ):
            message = f"there is no link [{a}, {b}]"
            hint = "name two nodes that the topology joins"
            found.append(Problem(message, ("links", index), "out-of-range", hint))
    return found
