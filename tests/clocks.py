"""Clocks without learning, for tests of time alone."""

from __future__ import annotations

import numpy as np

from netsim.decentralized.clock.in_step import InStep
from netsim.decentralized.clock.ledger import Ledger
from netsim.decentralized.clock.own_links import OwnLinks
from netsim.decentralized.clock.timing import LinksBlock, TimingConfig
from netsim.decentralized.clock.work import Work
from netsim.decentralized.clock.world import World
from netsim.decentralized.schedule import Schedule
from netsim.decentralized.weights.rule import named
from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.graphs.graph import graph_of
from netsim.rng import Streams


def ends_of_rounds(graph, timing, links, rounds, size=1000, spans=(), seed=1):
    """Return when each node was through with each round, (rounds, nodes), in ps."""
    env, streams = Environment(), Streams(seed)
    agenda, world = Agenda(env), World(graph)
    config = TimingConfig(**timing)
    carrier = OwnLinks(LinksBlock(**links), env, agenda, world, streams)
    nodes = graph.node_count
    ledger = Ledger(nodes, env)
    work = Work(config, world, streams, np.ones(nodes), 1)
    schedule = Schedule(graph, spans, named("uniform"), np.ones(nodes), "renormalise", streams)
    found = []

    def took(turn):
        found.append(turn.clock.end.tolist())
        return False

    clock = InStep(
        env,
        agenda,
        world,
        carrier,
        work,
        ledger,
        schedule,
        config,
        rounds,
        size,
        took,
        lambda: None,
    )
    env.run()
    assert clock.over
    return found


def random_graph(generator, nodes, chance=0.4):
    """Return an undirected random graph."""
    pairs = [(a, b) for a in range(nodes) for b in range(a + 1, nodes)]
    kept = [pair for pair in pairs if generator.random() < chance]
    return graph_of(nodes, [a for a, _ in kept], [b for _, b in kept])
