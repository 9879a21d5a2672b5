"""A message for an older pair changes nothing: old ones are delivered again, at random instants."""

from __future__ import annotations

from collections import Counter

import numpy as np
import quantum_blocks as blocks

import netsim.quantum.run as quantum_run
from netsim.quantum.path import PathRun
from netsim.quantum.purifying import Purifier

Agenda = quantum_run.Agenda
TABLES = ("entanglements", "requests", "keys")


def drawn(seed):
    """Return a random chain whose pairs are purified, swapped, given up and lost."""
    random = np.random.default_rng(seed)

    def one_of(*values):
        return values[int(random.integers(len(values)))]

    given = {
        "routers": int(random.integers(2, 7)),
        "km": one_of(5, 20),
        "memory": {"count": int(random.integers(1, 5)), "raw_fidelity": 0.93},
        "swap": {
            "policy": one_of("nested", "asap", "sequential"),
            "success": one_of(1.0, 0.7),
            "handshake": one_of(True, False),
        },
        "request": {"end": "0.4 s", "fidelity": one_of(0.25, 0.5)},
        "seed": seed,
    }
    # Without this chains would be played where messages that change nothing are never sent.
    given["memory"] |= {"coherence": "80 ms", "cutoff": one_of("8 ms", "20 ms")}
    if random.random() < 0.5:
        given["purification"] = {"scheme": one_of("bbpssw", "dejmps"), "tolerance": 0.05}
        given["request"]["fidelity"] = 0.85
        given["swap"]["success"] = 1.0
    return given


def tables(given):
    result = blocks.run(**given)
    return [result.table(name).drop(["point"]) for name in TABLES]


class Echo:
    """Remembers what routers were told, and tells them of older pairs again."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.told = []
        self.count = Counter()

    def remember(self, kind, function, run, argument):
        self.told.append((kind, function, run, argument))

    @staticmethod
    def old(kind, told):
        """Return whether a message is of a pair, or a protocol, that its memory is done with."""
        if kind == "_learn":
            process = told[0]
            return all(one.near.claim is not process for one in process.pairs)
        if kind == "_release":
            return told[0].claim is not told[1]
        pair, memory = told
        return memory.pair is not pair

    def again(self, _):
        old = [each for each in self.told if self.old(each[0], each[3])]
        if not old:
            return
        for at in self.random.choice(len(old), min(4, len(old)), replace=False):
            kind, function, run, argument = old[int(at)]
            function(run, argument)
            self.count[kind] += 1


def test_old_messages_that_come_again_change_nothing(monkeypatch):
    count = Counter()
    for seed in range(24):
        given = drawn(seed)
        undisturbed = tables(given)
        echo = Echo(seed)

        def kept(owner, name, echo=echo):
            function = getattr(owner, name)

            def told(self, argument):
                echo.remember(name, function, self, argument)
                function(self, argument)

            return told

        def beside(env, echo=echo):
            env.probe(700_000_000, echo.again)
            return Agenda(env)

        with monkeypatch.context() as patch:
            for name in ("_told", "_lose", "_release"):
                patch.setattr(PathRun, name, kept(PathRun, name))
            patch.setattr(Purifier, "_learn", kept(Purifier, "_learn"))
            patch.setattr(quantum_run, "Agenda", beside)
            disturbed = tables(given)

        for one, other in zip(undisturbed, disturbed, strict=True):
            assert one.num_rows
            assert one.equals(other), (seed, given)
        count += echo.count

    assert min(count[name] for name in ("_told", "_lose", "_release", "_learn")) > 50, count


def test_messages_for_older_pairs_do_come_by_themselves(monkeypatch):
    cases = [drawn(seed) for seed in range(8)]
    right = [tables(given) for given in cases]

    def lose_any(self, told):
        if not self.over:
            self._abandon(told[1])
            self.free(told[1])

    monkeypatch.setattr(PathRun, "_lose", lose_any)
    wrong = [tables(given) for given in cases]

    assert any(a[0] != b[0] for a, b in zip(right, wrong, strict=True))
