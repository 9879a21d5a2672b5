"""Chains event for event as a plain program that sends every message has them."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from reference.repeater_chain import Chain

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.decay import Decay
from netsim.quantum.generation import END, LinkRun
from netsim.quantum.links.kind import Model
from netsim.quantum.pair import Memory
from netsim.quantum.path import PathRun, Rules
from netsim.quantum.states import werner
from netsim.quantum.swapping.nested import Nested
from netsim.quantum.swapping.sequential import Sequential
from netsim.quantum.timing import Timing

ATTEMPTS = 4000


class Script:
    """Attempts as written, told as a source of runs: ``-`` and ``2`` fail, ``!`` is a pair."""

    def __init__(self, attempts):
        self._runs = iter("".join(attempts).split("!"))
        self._run = ""

    def plan(self):
        self._run = next(self._runs)
        return len(self._run), self._run.count("2")

    def reaches_second(self, plan):
        return self._run[len(self._run) - plan[0]] == "2"


def drawn(seed):
    """Return the parameters of a small chain and the scripts of its memories."""
    random = np.random.default_rng(seed)
    nodes, memories = int(random.integers(2, 6)), int(random.integers(1, 4))
    rounds = int(random.integers(1, 3))
    delay = int(random.integers(1, 5)) * 100
    flight = delay if random.random() < 0.5 else int(random.integers(1, 900))
    recovery = int(random.integers(1, 2500))
    p, second = random.uniform(0.05, 0.6), 0.4 if rounds == 2 else 0.0
    law = [(1 - p) * (1 - second), (1 - p) * second, p]
    scripts = {
        (node, index): list(random.choice(["-", "2", "!"], ATTEMPTS, p=law))
        for node in range(nodes - 1)
        for index in range(memories)
    }
    policy = ("nested", "sequential", "asap")[seed % 3]
    return nodes, memories, rounds, delay, flight, recovery, scripts, policy


def partners_of(policy, nodes):
    kinds = {"nested": Nested, "sequential": Sequential}
    kind = kinds.get(policy)
    return None if kind is None else kind.ranks(kind.Config(), nodes)


def luck(seed, nodes):
    """Return a fresh generator per position, for swaps."""
    return [np.random.default_rng((seed, node)) for node in range(nodes)]


def simulated(seed, end, success, handshake):
    nodes, memories, rounds, delay, flight, recovery, scripts, policy = drawn(seed)
    env = Environment()
    agenda = Agenda(env)
    rows = []

    def ended(pair, now, cause):
        rows.append((pair.near.position, pair.far.position, pair.created, now, cause))

    sides = [
        (
            [Memory(node, index, True, Decay()) for index in range(memories)],
            [Memory(node + 1, index, False, Decay()) for index in range(memories)],
        )
        for node in range(nodes - 1)
    ]
    delays = [[abs(a - b) * delay for b in range(nodes)] for a in range(nodes)]
    rules = Rules(partners_of(policy, nodes), 0.0, success=success, handshake=handshake)
    path = PathRun(
        env,
        agenda,
        sides,
        delays,
        rules,
        count(),
        luck(seed, nodes),
        np.random.default_rng(0),
        ended,
        lambda pair, now: None,
    )
    timing = Timing(delay, flight, recovery, 0)
    model = Model(0.3, 0.4 if rounds == 2 else 0.0, rounds, werner(0.9))
    for node, (up, down) in enumerate(sides):
        sources = [Script(scripts[node, index]) for index in range(memories)]
        link = LinkRun(env, agenda, timing, model, sources, up, down, path.heralded, None, False)
        path.links.append(link)
    path.begin([1000] * nodes)
    agenda.at(end, lambda _: path.stop(), None, END)
    env.run()
    return rows


def by_messages(seed, end, success, handshake):
    nodes, memories, rounds, delay, flight, recovery, scripts, policy = drawn(seed)
    draws = luck(seed, nodes)

    def lucky(node):
        return success == 1 or draws[node].random() < success

    chain = Chain(
        nodes,
        memories,
        delay,
        flight,
        recovery,
        scripts,
        partners_of(policy, nodes),
        lucky,
        end,
        1000,
        handshake,
        rounds,
    )
    return chain.rows


@pytest.mark.parametrize("batch", range(5))
def test_small_chains_equal_a_program_that_sends_every_message(batch):
    pairs = 0
    for seed in range(45 * batch, 45 * batch + 45):
        policy = drawn(seed)[-1]
        handshake = policy == "asap" or seed % 2 == 0
        case = seed, 60_000, (1.0, 0.7)[seed % 4 > 1], handshake

        found, expected = sorted(simulated(*case)), sorted(by_messages(*case))

        assert found == expected, seed
        pairs += len(found)
    assert pairs > 1000
