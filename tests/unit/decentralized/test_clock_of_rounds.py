"""Rounds take as long as the recursion of their starts says, and in the long run a cycle's mean."""

from __future__ import annotations

import numpy as np
import pytest
from clocks import ends_of_rounds, random_graph
from reference.timed import arrivals, lasting, starts

from netsim.decentralized.clock.cycle import largest_cycle_mean, round_arcs
from netsim.decentralized.clock.own_links import OwnLinks
from netsim.decentralized.clock.timing import LinksBlock
from netsim.decentralized.clock.world import World
from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.graphs.graph import graph_of
from netsim.rng import Streams

SECOND = 10**12


def random_links(generator, graph):
    """Return a block of links that all differ, and what it says, by (from, to)."""
    edges = graph.edges.tolist()
    pairs = [(a, b) for a, b in edges] + [(b, a) for a, b in edges]
    delay = {pair: int(generator.integers(1, 500)) * 10**9 for pair in pairs}
    rate = {pair: int(generator.integers(1, 50)) * 10**4 for pair in pairs}
    block = [
        {"arc": pair, "delay": f"{delay[pair]} ps", "rate": f"{rate[pair]} bps"} for pair in pairs
    ]
    return {"per_arc": tuple(block)}, delay, rate


def random_case(seed, most=6):
    generator = np.random.default_rng(seed)
    nodes = int(generator.integers(2, most + 1))
    graph = random_graph(generator, nodes, 0.5)
    compute = [int(one) * 10**10 for one in generator.integers(1, 200, nodes)]
    links, delay, rate = random_links(generator, graph)
    message = {pair: delay[pair] + lasting(1000, [rate[pair]]) for pair in delay}
    return graph, compute, links, message


def heard(graph):
    return {
        node: [int(o) for e in graph.edges.tolist() for o in e if node in e and o != node]
        for node in range(graph.node_count)
    }


@pytest.mark.parametrize("seed", range(8))
def test_starts_are_those_of_the_recursion(seed):
    graph, compute, links, message = random_case(seed)
    timing = {"mode": "sync_neighbours", "compute": tuple(f"{one} ps" for one in compute)}

    found = ends_of_rounds(graph, timing, links, 20)

    assert found == starts(graph.node_count, heard(graph), compute, message, 20)[1:]


@pytest.mark.parametrize("seed", range(8))
def test_a_global_barrier_waits_for_everybody(seed):
    graph, compute, links, message = random_case(seed)
    timing = {"mode": "sync_global", "compute": tuple(f"{one} ps" for one in compute)}
    slowest = max([*compute, *(compute[a] + lasts for (a, _), lasts in message.items())])

    found = ends_of_rounds(graph, timing, links, 5)

    assert [max(row) for row in found] == [slowest * (number + 1) for number in range(5)]


@pytest.mark.parametrize("seed", range(100, 154))
def test_the_slope_of_a_run_is_the_largest_mean_of_a_cycle(seed):
    # Once the start is forgotten, as many rounds as any cycle length divides take a whole multiple.
    graph, compute, links, message = random_case(seed)
    graph_pairs = list(message)
    timing = {"mode": "sync_neighbours", "compute": tuple(f"{one} ps" for one in compute)}
    arcs = round_arcs(graph_pairs, compute, [message[pair] for pair in graph_pairs])

    found = ends_of_rounds(graph, timing, links, 360)

    slope = (max(found[-1]) - max(found[-61])) / 60
    assert slope == pytest.approx(largest_cycle_mean(graph.node_count, arcs), rel=1e-12)


def test_two_nodes_take_the_times_worked_out_by_hand():
    graph = graph_of(2, [0], [1])
    timing = {"mode": "sync_neighbours", "compute": ("1 s", "2 s")}
    arcs = ({"arc": (0, 1), "rate": "1 Mbps"}, {"arc": (1, 0), "rate": "2 Mbps"})
    links = {"delay": "100 ms", "per_arc": arcs}

    short = ends_of_rounds(graph, timing, links, 3, size=125_000)
    long = ends_of_rounds(graph, timing, links, 2, size=500_000)

    assert np.array(short).tolist() == [
        [26 * SECOND // 10, 21 * SECOND // 10],
        [47 * SECOND // 10] * 2,
        [73 * SECOND // 10, 68 * SECOND // 10],
    ]
    assert np.array(long).tolist() == [
        [41 * SECOND // 10, 51 * SECOND // 10],
        [92 * SECOND // 10] * 2,
    ]


@pytest.mark.parametrize("fifo", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_links_on_the_agenda_equal_links_on_simpy(seed, fifo):
    generator = np.random.default_rng(seed)
    nodes = 5
    graph = graph_of(nodes, *zip(*((a, b) for a in range(5) for b in range(a)), strict=True))
    links, delay, rate = random_links(generator, graph)
    up = {node: int(generator.integers(1, 30)) * 10**4 for node in range(nodes)}
    down = {node: int(generator.integers(1, 30)) * 10**4 for node in range(nodes)}
    each = [{"node": n, "up": f"{up[n]} bps", "down": f"{down[n]} bps"} for n in range(nodes)]
    pairs = list(delay)
    messages = [
        (int(at) * 10**7 + place, *pairs[int(generator.integers(len(pairs)))], int(size))
        for place, (at, size) in enumerate(generator.integers(1, 10**5, (40, 2)))
    ]
    messages.sort()
    env = Environment()
    agenda = Agenda(env)
    block = LinksBlock(**links, per_node=tuple(each), share="fifo" if fifo else "none")
    carrier = OwnLinks(block, env, agenda, World(graph), Streams(seed))
    found = [None] * len(messages)

    def send(number):
        _, source, target, size = messages[number]
        carrier.send(source, target, size, arrive, number)

    def arrive(number, arrived):
        assert arrived
        found[number] = env.now

    for number, (at, *_) in enumerate(messages):
        agenda.at(at, send, number)
    env.run()

    assert found == arrivals(messages, delay, rate, up, down, fifo)


def test_what_is_sent_again_takes_one_over_the_chance_of_arriving():
    # Tries are geometric: mean 1 / (1 - p), variance p / (1 - p)^2.
    p, count = 0.3, 4000
    graph = graph_of(2, [0], [1])
    env = Environment()
    agenda = Agenda(env)
    block = LinksBlock(loss=p, resend=True, max_tries=1000, delay="1 s")
    carrier = OwnLinks(block, env, agenda, World(graph), Streams(3))
    came = []
    sent = [
        carrier.send(0, 1, 1, lambda n, arrived: came.append(arrived), number)
        for number in range(count)
    ]
    env.run()

    tries = np.array(sent)
    assert came.count(True) == count
    error = (p / (1 - p) ** 2 / count) ** 0.5
    assert abs(tries.mean() - 1 / (1 - p)) < 4 * error


def test_a_message_of_m_packets_survives_if_all_do():
    p, m, count = 0.05, 7, 4000
    graph = graph_of(2, [0], [1])
    env = Environment()
    agenda = Agenda(env)
    block = LinksBlock(loss=p, packet="100 B")
    carrier = OwnLinks(block, env, agenda, World(graph), Streams(3))
    came = []
    for number in range(count):
        carrier.send(0, 1, 100 * m - 50, lambda n, arrived: came.append(arrived), number)
    env.run()

    wanted = (1 - p) ** m
    assert abs(np.mean(came) - wanted) < 4 * (wanted * (1 - wanted) / count) ** 0.5
