"""Links that serve several requests: event for event, and what can never happen."""

from __future__ import annotations

from itertools import count, pairwise

import numpy as np
import pytest
import quantum_blocks as blocks
from reference.shared_network import SharedNetwork

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.decay import Decay
from netsim.quantum.generation import END, RESULT, LinkRun
from netsim.quantum.links.kind import Model
from netsim.quantum.pair import Memory
from netsim.quantum.rules import Rules
from netsim.quantum.shared import Share, SharedLink, SharedRun
from netsim.quantum.states import werner
from netsim.quantum.swapping.nested import Nested
from netsim.quantum.swapping.sequential import Sequential
from netsim.quantum.timing import Timing

ATTEMPTS = 3000
STOP = 40_000


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
    """Return a small network: a tree with a few more links, requests along its paths."""
    random = np.random.default_rng(seed)
    routers = int(random.integers(3, 7))
    edges = {(int(random.integers(0, at)), at) for at in range(1, routers)}
    for _ in range(int(random.integers(0, 3))):
        one, other = sorted(random.choice(routers, 2, replace=False).tolist())
        edges.add((one, other))
    delay = int(random.integers(1, 5)) * 100
    hops = distances(routers, edges)
    gaps = [[delay * hops[a][b] for b in range(routers)] for a in range(routers)]
    requests = []
    for _ in range(int(random.integers(1, 5))):
        a, b = random.choice(routers, 2, replace=False).tolist()
        path = way(edges, hops, a, b)
        kind = (Nested, Sequential, None)[int(random.integers(0, 3))]
        partners = None if kind is None else kind.ranks(kind.Config(), len(path))
        begin = int(random.integers(0, 3000))
        known = [begin + gaps[path[-1]][one] for one in path]
        until = None if random.random() < 0.5 else int(random.integers(10_000, STOP))
        requests.append((path, partners, known, until))
    rounds = int(random.integers(1, 3))
    p, second = random.uniform(0.05, 0.6), 0.4 if rounds == 2 else 0.0
    law = [(1 - p) * (1 - second), (1 - p) * second, p]
    used = {tuple(sorted(ends)) for path, *_ in requests for ends in pairwise(path)}
    memories = {ends: int(random.integers(1, 4)) for ends in sorted(used)}
    scripts = {
        (*ends, index): list(random.choice(["-", "2", "!"], ATTEMPTS, p=law))
        for ends, number in memories.items()
        for index in range(number)
    }
    flight, recovery = int(random.integers(1, 900)), int(random.integers(1, 2500))
    return memories, gaps, flight, recovery, scripts, requests, STOP, rounds, delay


def distances(routers, edges):
    hops = np.full((routers, routers), 99)
    for at in range(routers):
        hops[at, at] = 0
    for a, b in edges:
        hops[a, b] = hops[b, a] = 1
    for middle in range(routers):
        hops = np.minimum(hops, hops[:, [middle]] + hops[[middle], :])
    return hops.tolist()


def way(edges, hops, a, b):
    path = [a]
    while path[-1] != b:
        here = path[-1]
        beside = sorted({y if x == here else x for x, y in edges if here in (x, y)})
        path.append(next(one for one in beside if hops[one][b] == hops[here][b] - 1))
    return path


def simulated(memories, gaps, flight, recovery, scripts, requests, stop, rounds, delay):
    env = Environment()
    agenda = Agenda(env)
    rows = []
    timing = Timing(delay, flight, recovery, 0)
    model = Model(0.3, 0.4 if rounds == 2 else 0.0, rounds, werner(0.9))

    def ended(pair, now, cause):
        number = None if pair.request is None else pair.request.number
        ends = pair.near.position, pair.far.position
        rows.append((*ends, pair.created, now, cause, number))

    def make(low, high, run):
        number = memories[low, high]
        up = [Memory(low, index, True, Decay()) for index in range(number)]
        down = [Memory(high, index, False, Decay()) for index in range(number)]
        sources = [Script(scripts[low, high, index]) for index in range(number)]
        link = LinkRun(env, agenda, timing, model, sources, up, down, run.heralded, None, False)
        link.place = sorted(memories).index((low, high))
        return SharedLink(up, down, link)

    shared = SharedRun(
        env, agenda, gaps, Rules(None, 0.0), count(), {}, np.random.default_rng(0), ended, make
    )
    shares = []
    for number, (path, partners, known, until) in enumerate(requests):
        share = Share(number, path, Rules(partners, 0.0), lambda pair, now: None, shared)
        shares.append(share)
        shared.join_in(share)
        for position in reversed(range(len(path))):
            agenda.at(
                known[position], lambda told: shared.know(*told), (share, path[position]), RESULT
            )
        if until is not None:
            agenda.at(until, lambda share: share.stop(), share, END)
    agenda.at(stop, lambda _: [share.stop() for share in shares], None, END)
    env.run(until=stop + 1)
    return rows


def sides(row):
    """Return a row with its ends in order: which is near depends on who made the pair."""
    return (*sorted(row[:2]), *row[2:5], -1 if row[5] is None else row[5])


@pytest.mark.parametrize("batch", range(5))
def test_small_networks_equal_a_program_that_sends_every_message(batch):
    pairs = delivered = 0
    for seed in range(60 * batch, 60 * batch + 60):
        given = drawn(seed)

        found = sorted(map(sides, simulated(*given)))
        expected = sorted(map(sides, SharedNetwork(*given).rows))

        assert found == expected, seed
        pairs += len(found)
        delivered += sum(row[4] == "delivered" for row in found)
    assert pairs > 1000
    assert delivered > 300


FORK = [["a", "b"], ["b", "c"], ["b", "d"]]


def shared(**given):
    """Return two requests that meet on one link of a fork."""
    return blocks.run(
        chain=None,
        topology={"kind": "file", "file": str(given.pop("file"))},
        memory={"count": 6, "raw_fidelity": 0.95},
        swap={"policy": "asap"},
        request=given.pop("request"),
        **given,
    )


@pytest.fixture
def fork(tmp_path):
    """Return the file of three links of 20 km around router b."""
    import json

    links = [{"a": a, "b": b, "length": "20 km"} for a, b in FORK]
    file = tmp_path / "fork.json"
    file.write_text(json.dumps({"nodes": [{"name": n} for n in "abcd"], "links": links}))
    return file


TWO = [
    {"from": "a", "to": "c", "end": "2 s", "fidelity": 0.5},
    {"from": "a", "to": "d", "end": "3 s", "fidelity": 0.5},
]


def test_the_first_request_is_served_first_and_the_other_by_what_it_leaves(fork):
    result = shared(file=fork, request=TWO, sharing="statistical")
    first, second = blocks.rows(result, "requests")
    rows = blocks.rows(result)

    assert first["accepted"]
    assert second["accepted"]
    both = [row["request"] for row in rows if row["cause"] == "delivered" and row["ended"] < 2e12]
    assert both.count(0) > 1.5 * both.count(1) > 0
    # Memory for memory: a pair is one request's, or nobody's while its link's.
    for row in rows:
        if row["cause"] in ("delivered", "swapped"):
            assert row["request"] in (0, 1)
    # Nothing of the first request outlives it, and the second gets all of the link then.
    assert max(row["ended"] for row in rows if row["request"] == 0) <= 2e12
    last = [row for row in rows if row["cause"] == "delivered" and row["created"] > 2e12]
    assert {row["request"] for row in last} == {1}
    assert len(last) > 50


def test_a_single_request_for_a_link_gets_what_reserved_memories_would_give(fork):
    few = [{"router": "a", "memory": {"count": 3}}, {"router": "b", "memory": {"count": 3}}]
    request = {"from": "a", "to": "b", "end": "2 s", "fidelity": 0.5}
    reserved = shared(file=fork, request=request | {"memories": 3}, overrides=few)
    statistical = shared(file=fork, request=request, sharing="statistical", overrides=few)
    keys = ("node_a", "node_b", "created", "ended", "cause", "fidelity", "request")
    found = [
        sorted(tuple(row[key] for key in keys) for row in blocks.rows(result))
        for result in (reserved, statistical)
    ]

    assert len(found[0]) > 300
    assert found[0] == found[1]


def test_pairs_are_conserved_and_memories_hold_one_at_a_time(fork):
    result = shared(
        file=fork,
        request=[
            *TWO,
            {"from": "c", "to": "d", "end": "1 s"},
            {"from": "b", "to": "a", "end": "2 s"},
        ],
        sharing="statistical",
        purification={"scheme": "dejmps"},
    )
    rows = blocks.rows(result)
    made, used = {}, {}
    for row in rows:
        if row["level"] > 1:
            made[row["created"]] = made.get(row["created"], 0) + row["level"]
        if row["cause"] == "swapped":
            used[row["ended"]] = used.get(row["ended"], 0) + row["level"]

    assert made == used
    # What waits for either request is nobody's when it goes.
    assert {row["cause"] for row in rows if row["request"] is None} <= {
        "ended",
        "measured",
        "failed",
    }
    assert len({row["pair"] for row in rows}) == len(rows)
    for ends in FORK:
        steps = []
        for row in rows:
            if row["level"] == 1 and {row["node_a"], row["node_b"]} == set(ends):
                steps += [(row["created"], 1), (row["ended"], -1)]
        held = np.cumsum([step for _, step in sorted(steps)])
        assert held.max() <= {"a": 6, "b": 2}[min(ends, key=lambda name: name != "b")]
