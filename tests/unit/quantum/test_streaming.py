"""Streams played at once against the same streams played event by event: equal to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks

import netsim
from netsim.quantum import assembly
from netsim.quantum.streaming import layout, loop, stream

FIGURES = ("pairs", "rate", "fidelity_mean", "time_to_first", "key_rate", "key_bound", "status")
TABLES = ("entanglements", "requests", "keys")


def played(given, monkeypatch, at_once):
    """Return all that a run gives, and whether its stream was played at once."""
    used = []
    make = assembly.Streaming

    def noted(*args):
        used.append(True)
        return make(*args)

    monkeypatch.setattr(assembly, "worth", lambda *_: at_once)
    monkeypatch.setattr(assembly, "Streaming", noted)
    result = netsim.run(netsim.load(given))
    found = {name: result.table(name).drop(["point"]).to_pylist() for name in TABLES}
    found["runs"] = [{name: row.get(name) for name in FIGURES} for row in result.runs]
    return found, bool(used)


@pytest.fixture
def plainly(monkeypatch):
    """Let the loop run as it is written, without a compiler."""
    monkeypatch.setattr(stream, "compiled", lambda: loop.run)
    with np.errstate(over="ignore"):
        yield


def drawn(seed):
    """Return a random scenario whose stream may be played at once."""
    random = np.random.default_rng(seed)

    def one(*of):
        return of[int(random.integers(len(of)))]

    routers = one(2, 3, 4, 5, 6)
    memory = {"count": int(random.integers(1, 5)), "raw_fidelity": float(random.uniform(0.9, 1))}
    if random.random() < 0.6:
        memory |= one({"coherence": "0.1 s"}, {"t1": "0.2 s", "t2": "0.1 s"})
    swap = {
        "policy": one("nested", "sequential"),
        "success": one(1.0, 0.7),
        "handshake": bool(random.random() < 0.7),
    }
    swap |= one({"degradation": 0.97}, {"gate_fidelity": 0.98, "measurement_fidelity": 0.99}, {})
    request = {"end": f"{random.uniform(0.1, 0.3):.4f} s", "fidelity": one(0.25, 0.6)}
    request |= one({}, {"pairs": 5}, {"use": "measure"})
    if random.random() < 0.3:
        request |= {"from": f"r{routers - 1}", "to": "r0"}
    return blocks.scenario(
        routers,
        one(1, 10, 20),
        memory=memory,
        swap=swap,
        request=request,
        link={"kind": one("two_round", "two_round", "single_click", "two_click", "memory_memory")},
        record={"pairs": one("all", "all", "delivered")},
        seed=int(seed),
    )


@pytest.mark.parametrize("seed", range(24))
def test_random_streams_give_equal_tables_either_way(seed, plainly, monkeypatch):
    given = drawn(seed)

    one, at_once = played(given, monkeypatch, True)
    other, never = played(given, monkeypatch, False)

    assert at_once
    assert not never
    assert one == other


@pytest.mark.parametrize("name", ["rows", "pairs", "events", "luck"])
def test_a_stream_that_runs_out_of_room_goes_on_with_more(name, plainly, monkeypatch):
    given = blocks.scenario(
        4,
        5,
        memory={"count": 3, "coherence": "0.2 s"},
        swap={"policy": "nested", "success": 0.6, "gate_fidelity": 0.99},
        request={"end": "0.6 s", "fidelity": 0.25},
    )
    wanted = {"rows": loop.FULL, "pairs": loop.PLACES, "events": loop.EVENTS, "luck": loop.LUCK}
    asked = []
    make = stream._state

    def small(*args):
        state = make(*args)
        if name == "rows":
            state.fixed[layout.ROOM] = 100
        if name == "pairs":
            # A ring so short that pairs which wait are met again.
            ring = 128
            state.fixed[layout.RING] = ring
            state = state._replace(
                pairs=state.pairs[: ring * layout.ROW],
                states=state.states[: 4 * ring],
                waits=state.waits[:ring],
            )
        if name == "events":
            state.fixed[layout.EVENTS] = 80
            state = state._replace(heap=state.heap[:80], events=stream._chained(80, layout.EVENT))
        return state

    serve = stream.Streaming._serve

    def noted(self, what, write):
        asked.append(what)
        serve(self, what, write)

    monkeypatch.setattr(stream, "_state", small)
    monkeypatch.setattr(stream.Streaming, "_serve", noted)
    one, _ = played(given, monkeypatch, True)
    other, _ = played(given, monkeypatch, False)

    assert one == other
    assert len(one["entanglements"]) > 300
    assert wanted[name] in asked


@pytest.mark.parametrize(
    "changes",
    [
        {"swap": {"policy": "asap"}, "memory": {"cutoff": "20 ms"}},
        {"purification": {"scheme": "bbpssw"}},
        {"link": {"kind": "two_round", "slot": "1 us"}},
        {"link": {"kind": "two_round", "engine": "attempt"}},
        {"link": {"kind": "two_round", "control": "ideal"}},
        {"swap": {"policy": "nested", "select": "oldest"}},
        {"record": {"tables": ["memories"], "sample_every": "1 ms"}},
        {"request": [{"to": "r1", "end": "0.1 s"}, {"from": "r1", "to": "r2", "end": "0.1 s"}]},
        {"phases": {"external": "20 ms", "internal": "5 ms"}},
    ],
    ids=str,
)
def test_what_others_may_interrupt_is_played_event_by_event(changes, monkeypatch):
    given = blocks.scenario(3, request={"end": "0.1 s"}) | changes
    if "memory" in changes:
        given["memory"] = {**blocks.MEMORY, **changes["memory"]}

    _, at_once = played(given, monkeypatch, True)

    assert not at_once


def test_a_short_stream_is_not_worth_loading_machine_code_for():
    loaded = netsim.load(blocks.scenario(2, request={"end": "1 s"}))
    from netsim.quantum.wiring import Routers
    from netsim.rng import Streams

    routers = Routers(loaded.model, Streams(1))
    edge = routers.edge(0, 1)
    hops = [(routers.timing(edge, 0, 1), edge.model)]

    # A pair in 11 ms.
    assert not stream.worth(hops, 1, 10**12)
    assert stream.worth(hops, 1, 10**14)
    assert stream.worth(hops, 100, 10**12)


def test_machine_code_gives_the_bytes_of_the_plain_loop(monkeypatch):
    for seed in (3, 8, 15):
        given = drawn(seed)
        one, at_once = played(given, monkeypatch, True)
        with monkeypatch.context() as plain, np.errstate(over="ignore"):
            plain.setattr(stream, "compiled", lambda: loop.run)
            other, _ = played(given, plain, True)

        assert at_once
        assert one == other
