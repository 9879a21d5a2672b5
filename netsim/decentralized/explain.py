"""What is known of a scenario before it runs: sizes of models and messages, speed of mixing."""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np

from netsim.decentralized.clock.cycle import largest_cycle_mean, round_arcs
from netsim.decentralized.clock.own_links import OwnLinks
from netsim.decentralized.clock.timing import default_links
from netsim.decentralized.clock.work import Work, samples_of
from netsim.decentralized.clock.world import World
from netsim.decentralized.company import known_graph, weights_of
from netsim.decentralized.cost import memory_of, sizes_of
from netsim.decentralized.mixing_speed import predicted
from netsim.decentralized.pattern import pattern_of
from netsim.decentralized.schema import DecentralizedScenario
from netsim.decentralized.spectrum import slem
from netsim.decentralized.weights.rule import mixture_of
from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.fields import implementation
from netsim.graphs.graph import Graph
from netsim.graphs.kind import node_count
from netsim.rng import Streams

#: Most nodes of which cycles are looked at.
MOST_IN_CYCLES: Final = 500


def explain(scenario: DecentralizedScenario) -> list[str]:
    """Return lines for users."""
    nodes = node_count(scenario.topology, scenario.nodes)
    size, samples, _ = sizes_of(scenario, nodes)
    dtype = np.float64 if not samples else np.dtype(scenario.dtype)
    code = implementation("compressor", scenario.compressor)
    example = np.linspace(-1, 1, size).astype(dtype)
    message = code.encode(
        scenario.compressor, example, lambda: np.random.Generator(np.random.Philox(0))
    )
    memory = sum(memory_of(scenario, nodes).values())
    lines = [
        f"{size:,} parameters a model, {len(message):,} B a message and vector, "
        f"{memory / 1e6:.3g} MB for models and data"
    ]
    graph = known_graph(scenario)
    if graph is not None and graph.node_count <= 1000:
        everyone = np.ones(graph.node_count, np.bool_)
        pattern = pattern_of(graph, everyone, np.ones(graph.edge_count, np.bool_))
        sizes = getattr(scenario.data, "sizes", None)
        weighed = np.ones(graph.node_count) if sizes is None else np.array(sizes, np.float64)
        found = slem(mixture_of(weights_of(scenario), pattern, weighed))
        speed = predicted(scenario, graph, pattern, weighed, found)
        if found is not None:
            said = "" if sizes is not None or not samples else ", if all hold as much data"
            lines.append(f"SLEM {found:.6g}, the second largest modulus of the weights{said}")
        if speed is not None:
            rounds = "" if not 0 < speed < 1 else f": to a tenth in {log(0.1) / log(speed):.3g}"
            lines.append(f"predicted contraction {speed:.6g} a round, without training{rounds}")
        lines += _cycle_time(scenario, graph, size, len(message))
    return lines


def _cycle_time(
    scenario: DecentralizedScenario, graph: Graph, parameters: int, message: int
) -> list[str]:
    """Return how long rounds take in the long run, where links of one's own say it."""
    mode = scenario.timing.mode
    if mode not in ("sync_neighbours", "sync_global") or scenario.network is not None:
        return []
    if scenario.radio is not None or graph.node_count > MOST_IN_CYCLES:
        return []
    env, world, streams = Environment(), World(graph), Streams(scenario.seed)
    sizes = np.ones(graph.node_count)
    samples = samples_of(scenario.local, sizes)
    work = Work(scenario.timing, world, streams, samples, parameters).mean()
    links = scenario.links if scenario.links is not None else default_links()
    own = OwnLinks(links, env, Agenda(env), world, streams)
    size = scenario.timing.message if scenario.timing.message is not None else message
    pairs = [(a, b) for a, b in graph.edges.tolist()]
    if not graph.directed:
        pairs += [(b, a) for a, b in pairs]
    lasts = [own.lone_time(a, b, int(size)) for a, b in pairs]
    arcs = round_arcs(pairs, work, lasts)
    found: float | None = max(weight for _, _, weight in arcs)
    if mode == "sync_neighbours":
        found = largest_cycle_mean(graph.node_count, arcs)
    if found is None:
        return []
    return [f"cycle time {found:.6g} s a round, at mean times and if links are not shared"]
