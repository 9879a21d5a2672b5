"""Reservations: cards, messages hop by hop, refusals, early ends, and who asks when."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import quantum_blocks as blocks
from reference.reservations import Reservations

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.post import Post
from netsim.quantum.reservation import Asked, Signals, TimeCards

D = 100_000_000
MILLI = 10**9


def test_time_cards_give_the_lowest_memories_and_never_twice_at_a_time():
    cards = TimeCards([4])

    assert cards.set_aside(0, 2, 0, 10) == [0, 1]
    assert cards.set_aside(0, 1, 5, 15) == [2]
    # Closed intervals: what ends at 10 is not free at 10.
    assert cards.set_aside(0, 2, 10, 20) is None
    assert cards.set_aside(0, 3, 11, 14) == [0, 1, 3]
    cards.give_back(0, [2], 5, 15)
    assert cards.set_aside(0, 1, 5, 14) == [2]
    assert cards.load(0, 12, 13) == 1.0


def test_a_card_that_ends_early_is_free_right_after():
    cards = TimeCards([1])
    cards.set_aside(0, 1, 10, 100)

    cards.give_back(0, [0], 10, 100, now=50)

    assert cards.set_aside(0, 1, 50, 60) is None
    assert cards.set_aside(0, 1, 51, 60) == [0]


def drawn(seed):
    """Return memories, delays and requests of a small network, any two routers neighbours."""
    random = np.random.default_rng(seed)
    routers = int(random.integers(2, 6))
    counts = random.integers(1, 7, routers).tolist()
    delay = random.integers(1, 40, (routers, routers))
    delay = (delay + delay.T).tolist()
    requests = []
    for _ in range(int(random.integers(2, 12))):
        path = random.permutation(routers)[: int(random.integers(2, routers + 1))].tolist()
        sent, start = int(random.integers(0, 300)), int(random.integers(0, 500))
        end = start + int(random.integers(1, 300))
        served = None if random.random() < 0.5 else int(random.integers(0, 400))
        requests.append((sent, path, int(random.integers(1, 4)), start, end, served))
    return counts, delay, requests


def told(counts, delay, requests):
    """Return what the package's routers do, as the reference logs it."""
    env = Environment()
    agenda = Agenda(env)
    signals = Signals(Post(env, agenda), TimeCards(counts), lambda: env.now)
    log = []

    def send(numbered):
        number, (_, path, memories, start, end, served) = numbered
        hops = [delay[a][b] for a, b in itertools.pairwise(path)]

        def passed(at):
            log.append((env.now, number, "passed", at))
            if at == 0 and served is not None:
                agenda.at(env.now + served, signals.end, asked)

        asked = Asked(
            path,
            hops,
            memories,
            start,
            end,
            lambda taken: log.append((env.now, number, "granted", list(taken))),
            passed,
            lambda: log.append((env.now, number, "refused")),
        )
        signals.ask(asked)

    for numbered in enumerate(requests):
        agenda.at(numbered[1][0], send, numbered)
    env.run()
    return log


def test_small_networks_reserve_as_a_program_that_sends_every_message():
    seen = {"granted": 0, "refused": 0}
    for seed in range(300):
        given = drawn(seed)

        found, expected = told(*given), Reservations(*given).log

        assert found == expected, seed
        for entry in found:
            seen[entry[2]] = seen.get(entry[2], 0) + 1
    assert seen["granted"] > 400
    assert seen["refused"] > 500


def test_requests_that_meet_may_refuse_each_other():
    # Each holds its own end when it comes to the other's: at one instant both are refused.
    result = blocks.run(
        2,
        request=[
            {"end": "50 ms"},
            {"from": "r1", "to": "r0", "end": "50 ms"},
        ],
    )

    assert [r["accepted"] for r in blocks.rows(result, "requests")] == [False, False]


def test_who_asks_again_gets_memories_when_the_first_is_served():
    result = blocks.run(
        3,
        request=[
            {"end": "2 s", "pairs": 5},
            {"to": "r1", "end": "2 s", "retry": "10 ms", "pairs": 5},
        ],
    )
    first, second = blocks.rows(result, "requests")

    assert (first["refusals"], first["pairs"]) == (0, 5)
    assert second["accepted"]
    assert second["pairs"] == 5
    # Refused at once, then every 10 ms until the first is done and has said so.
    assert second["refusals"] == np.ceil((first["end"]) / (10 * MILLI))
    assert second["start"] > first["end"]
    assert second["time_to_serve"] == pytest.approx((second["end"] - second["arrival"]) * 1e-12)


def test_requests_that_arrive_are_served_one_after_another():
    request = {"arrivals": {"rate": "40 /s"}, "pairs": 5, "deadline": "0.2 s", "end": "5 s"}
    rows = blocks.rows(blocks.run(2, request=request), "requests")
    sent = [row for row in rows if row["accepted"]]

    assert [row["arrival"] for row in rows] == sorted(row["arrival"] for row in rows)
    # Poisson: 200 expected.
    assert 143 < len(rows) < 257
    for before, after in itertools.pairwise(sent):
        assert after["start"] > before["end"]
    for row in sent:
        assert row["end"] <= row["arrival"] + 200 * MILLI
    served = [row for row in sent if row["time_to_serve"] is not None]
    assert {row["pairs"] for row in served} == {5}
    # They come faster than they are served, so many are given up in the line.
    assert 20 < len(sent) < len(rows)


def test_gaps_between_arrivals_are_exponential():
    from scipy import stats

    # A thousand seconds of fibre that never makes a pair.
    request = {"arrivals": {"rate": "3 /s"}, "deadline": "1 ms", "end": "1000 s"}
    result = blocks.run(2, 20, memory={"efficiency": 0.0}, request=request)
    arrivals = [row["arrival"] * 1e-12 for row in blocks.rows(result, "requests")]

    assert abs(len(arrivals) - 3000) < 4 * 3000**0.5
    assert stats.kstest(np.diff(arrivals), "expon", args=(0, 1 / 3)).pvalue > 0.001


RANDOM = {"application": {"kind": "random_requests", "memories": [1, 3], "fidelity": [0.5, 0.6]}}


def test_every_router_asks_random_others_again_and_again():
    result = blocks.run(4, memory={"count": 4, "efficiency": 0.01}, until="200 s", request=RANDOM)
    rows = blocks.rows(result, "requests")

    assert {row["src"] for row in rows} == {"r0", "r1", "r2", "r3"}
    assert all(row["src"] != row["dst"] for row in rows)
    whole = [row for row in rows if row["accepted"] and row["end"] < 199e12]
    for row in whole:
        assert 10e12 <= row["end"] - row["start"] < 20e12
    by_source = [row for row in whole if row["src"] == "r0"]
    for before, after in itertools.pairwise(by_source):
        gap = after["start"] - before["end"]
        # One to 1.9 s from the end of the last, or from the last refusal, a second apart.
        assert gap >= 10**12
        assert after["arrival"] == before["end"]
    assert sum(row["refusals"] for row in rows) > 10


def test_another_request_elsewhere_shifts_no_draws_of_a_link():
    def rows(requests):
        result = blocks.run(4, request=requests)
        return [
            (row["created"], row["ended"], row["cause"])
            for row in blocks.rows(result)
            if row["request"] == 0
        ]

    alone = [{"to": "r1", "end": "1 s"}]

    assert rows(alone) == rows([*alone, {"from": "r2", "to": "r3", "end": "1 s"}])


def of_request(result, number=0):
    """Return what became of the pairs of a request, without their numbers."""
    kept = ("created", "ended", "cause", "fidelity", "attempts", "node_a", "node_b")
    rows = blocks.rows(result)
    return [tuple(row[name] for name in kept) for row in rows if row["request"] == number]


@pytest.mark.parametrize("engine", ["jump", "attempt"])
def test_another_router_shifts_no_draws_of_a_link_in_a_chain(engine):
    def rows(routers):
        found = of_request(
            blocks.run(
                routers,
                memory={"count": 2, "coherence": "1 s", "cutoff": "40 ms"},
                swap={"policy": "asap", "success": 0.7},
                link={"kind": "two_round", "engine": engine},
                request={
                    "from": f"r{0:0{len(str(routers - 1))}d}",
                    "to": f"r{2:0{len(str(routers - 1))}d}",
                    "memories": 2,
                    "end": "0.5 s",
                },
            )
        )
        # From eleven routers on names have two digits.
        return [(*row[:-2], int(row[-2][1:]), int(row[-1][1:])) for row in found]

    assert len(rows(3)) > 50
    assert rows(3) == rows(4) == rows(12)


@pytest.mark.parametrize("sharing", ["reserved", "statistical"])
def test_another_router_shifts_no_draws_of_a_link_in_a_graph(sharing, tmp_path):
    names, links = ["b", "c", "d"], [("b", "c"), ("c", "d")]

    def rows(more, fibres):
        nodes = [{"name": name} for name in more + names]
        edges = [{"a": a, "b": b, "length": "20 km"} for a, b in fibres + links]
        file = tmp_path / "net.json"
        file.write_text(json.dumps({"nodes": nodes, "links": edges}))
        request = {"from": "b", "to": "d", "end": "0.5 s"}
        return of_request(
            blocks.run(
                chain=None,
                topology={"kind": "file", "file": str(file)},
                memory={"count": 4, "coherence": "1 s"},
                swap={"policy": "asap", "success": 0.7},
                request=request if sharing == "statistical" else {**request, "memories": 2},
                sharing=sharing,
            )
        )

    alone = rows([], [])
    assert len(alone) > 50
    # The new one comes first, so that all others get another number.
    assert rows(["a"], [("a", "b")]) == alone
    assert rows(["z", "a"], [("a", "z"), ("z", "d")]) == alone
