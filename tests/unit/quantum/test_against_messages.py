"""Chains event for event as a plain program that sends every message has them."""

from __future__ import annotations

from collections import Counter
from itertools import count

import numpy as np
import pytest
from reference.repeater_chain import Chain
from reference.repeater_pairs import Habits

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.cutoffs import Cutoffs, slack_of
from netsim.quantum.decay import Decay, pauli
from netsim.quantum.generation import END, LinkRun
from netsim.quantum.links.kind import Model
from netsim.quantum.pair import Memory
from netsim.quantum.path import PathRun
from netsim.quantum.purification.bbpssw import Bbpssw
from netsim.quantum.purification.dejmps import Dejmps
from netsim.quantum.purification.double_selection import DoubleSelection
from netsim.quantum.purification.ladder import Ladder
from netsim.quantum.purification.pumping import Pumping
from netsim.quantum.purification.recurrence import Recurrence
from netsim.quantum.rules import Rules
from netsim.quantum.states import werner
from netsim.quantum.swap import Swap
from netsim.quantum.swapping.nested import Nested
from netsim.quantum.swapping.sequential import Sequential
from netsim.quantum.tables import CAUSES
from netsim.quantum.timing import Timing

ATTEMPTS = 4000
SCHEMES = {
    "bbpssw": Bbpssw,
    "dejmps": Dejmps,
    "double_selection": DoubleSelection,
    "pumping": Pumping,
    "recurrence": Recurrence,
    "ladder": Ladder,
}


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


def habits(seed):
    """Return how pairs of a small chain decay, are purified and given up, as keyword arguments."""
    random = np.random.default_rng((seed, 1))
    scheme = (None, *SCHEMES)[seed % (len(SCHEMES) + 1)]
    raw = random.uniform(0.8, 0.97)
    given = {
        "raw": werner(raw),
        "rate": random.uniform(0.2, 2) * 1e-6,
        "gate": random.uniform(0.97, 1),
        "readout": random.uniform(0.97, 1),
        "scheme": scheme,
        "target": raw + random.uniform(-0.1, 0.02 if scheme else -0.01),
        "tolerance": random.choice([1e-9, 0.05]),
    }
    cutoff = (seed // 7) % 4
    if cutoff in (1, 3):
        # Routers at odd positions may have less patience.
        ages = [int(age) for age in random.integers(30, 90, 2) * 100]
        given["cutoffs"] = (ages[0], ages[0]) if random.random() < 0.5 else tuple(ages)
        given["end_to_end"] = bool(random.random() < 0.5)
    if cutoff in (2, 3):
        given["threshold"] = raw - random.uniform(0.002, 0.02)
    return given


def rules_of(given, partners, success, handshake, delays):
    """Return the same as rules of a path, and the cutoff of either kind of router."""
    cutoffs = given.get("cutoffs", (None, None))
    slack = slack_of(delays) if given.get("end_to_end") else None
    some = cutoffs != (None, None) or "threshold" in given
    scheme = given.get("scheme")
    block = None
    if scheme is not None:
        block = SCHEMES[scheme].Config(tolerance=given["tolerance"])
    rules = Rules(
        partners,
        given.get("target", 0.0),
        success=success,
        gate=given.get("gate", 1.0),
        measurement=given.get("readout", 1.0),
        handshake=handshake,
        cutoffs=Cutoffs(slack, given.get("threshold")) if some else None,
        scheme=SCHEMES.get(scheme),
        purification=block,
    )
    return rules, cutoffs


class Watched(Agenda):
    """An agenda that looks at everything after each of its events."""

    look = staticmethod(lambda: None)

    def at(self, time, function, argument=None, order=0):
        super().at(time, self._then_look, (function, argument), order)

    def _then_look(self, called):
        function, argument = called
        function(argument)
        self.look()


def simulated(seed, end, success, handshake, given, watch=None):
    nodes, memories, rounds, delay, flight, recovery, scripts, policy = drawn(seed)
    env = Environment()
    agenda = Agenda(env) if watch is None else Watched(env)
    rows = []

    def ended(pair, now, cause):
        ends = pair.near.position, pair.far.position
        rows.append((*ends, pair.created, now, cause, round(pair.read(now, now)[0], 9)))

    delays = [[abs(a - b) * delay for b in range(nodes)] for a in range(nodes)]
    rules, cutoffs = rules_of(given, partners_of(policy, nodes), success, handshake, delays)
    decay = pauli(1e-12 / given["rate"]) if "rate" in given else Decay()

    def memory(node, index, down):
        return Memory(node, index, down, decay, cutoffs[node % 2])

    sides = [
        (
            [memory(node, index, True) for index in range(memories)],
            [memory(node + 1, index, False) for index in range(memories)],
        )
        for node in range(nodes - 1)
    ]
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
    model = Model(0.3, 0.4 if rounds == 2 else 0.0, rounds, given.get("raw", (1.0, 0.0, 0.0, 0.0)))
    for node, (up, down) in enumerate(sides):
        sources = [Script(scripts[node, index]) for index in range(memories)]
        link = LinkRun(env, agenda, timing, model, sources, up, down, path.heralded, None, False)
        path.links.append(link)
    if watch is not None:
        agenda.look = lambda: watch(path, rows, env.now)
    path.begin([1000] * nodes)
    agenda.at(end, lambda _: path.stop(), None, END)
    env.run()
    return rows


def by_messages(seed, end, success, handshake, given):
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
        Habits(**given),
        np.random.default_rng(0),
    )
    return chain.rows


@pytest.mark.parametrize("batch", range(5))
def test_small_chains_equal_a_program_that_sends_every_message(batch):
    pairs = 0
    for seed in range(45 * batch, 45 * batch + 45):
        policy = drawn(seed)[-1]
        handshake = policy == "asap" or seed % 2 == 0
        case = seed, 60_000, (1.0, 0.7)[seed % 4 > 1], handshake

        found, expected = sorted(simulated(*case, {})), sorted(by_messages(*case, {}))

        assert found == expected, seed
        pairs += len(found)
    assert pairs > 1000


@pytest.mark.parametrize("batch", range(5))
def test_purified_and_expiring_pairs_equal_a_program_that_sends_every_message(batch):
    causes, purified = Counter(), 0
    for seed in range(1000 + 50 * batch, 1000 + 50 * batch + 50):
        handshake = drawn(seed)[-1] == "asap" or seed % 3 > 0
        case = seed, 60_000, (1.0, 0.8)[seed % 5 > 2], handshake, habits(seed)

        found, expected = sorted(simulated(*case)), sorted(by_messages(*case))

        assert found == expected, seed
        causes.update(row[4] for row in found)
        purified += case[-1]["scheme"] is not None
    assert purified > 40
    assert min(causes[one] for one in CAUSES) > 10, causes


def agree(path, rows, now):
    """Check what must hold between any two events of a path that is at work."""
    if path.over:
        return
    memories = path.all_memories()
    for memory in memories:
        pair = memory.pair
        if memory.free:
            assert pair is None
            assert memory.known is None
            assert memory.claim is None
        if pair is not None:
            assert memory in (pair.near, pair.far)
            # Its router knows of the pair, or the message that says so is on its way.
            mattered = not path._certain or path._matters(memory, pair)
            assert memory.known is pair or pair.due(memory) >= now or not mattered
        claim = memory.claim
        if isinstance(claim, Swap) and not claim.lost and memory in (claim.left, claim.right):
            # A router's own swap holds both of its memories, and nothing else does.
            assert claim.left.claim is claim
            assert claim.right.claim is claim
    for pair in path.alive:
        for half in (pair.near, pair.far):
            # Each half is where the pair says, or was handed over, or given up by message.
            assert half.pair is pair or pair.handed
    held = [memory.pair for memory in memories if memory.pair is not None]
    assert all(count <= 2 for count in Counter(map(id, held)).values())


@pytest.mark.parametrize("batch", range(4))
def test_memories_serve_one_protocol_and_ends_agree_or_a_message_is_under_way(batch):
    looks = 0

    def watch(path, rows, now):
        nonlocal looks
        looks += 1
        agree(path, rows, now)

    for seed in range(3000 + 12 * batch, 3000 + 12 * batch + 12):
        handshake = drawn(seed)[-1] == "asap" or seed % 3 > 0
        given = habits(seed) if seed % 4 else {}
        case = seed, 40_000, (1.0, 0.7)[seed % 2], handshake, given

        rows = simulated(*case, watch)

        # Pairs are conserved: what swaps took they made, level by level, and nothing is left over.
        assert sorted(rows) == sorted(simulated(*case))
        used = Counter((row[3], row[4]) for row in rows if row[4] == "swapped")
        made = Counter(row[2] for row in rows)
        for (when, _), parts in used.items():
            assert parts % 2 == 0
            assert made[when] >= parts // 2
    assert looks > 1000
