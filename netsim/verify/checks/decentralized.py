"""Learning among peers on quadratics: every step by a closed form, and the points it ends at.

With curvatures H, minima c, weights W and rate r, all averaging algorithms are linear recursions;
what they end at solves a small linear system, which is written out here for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

Array = NDArray[np.float64]

_PATH: Final = {"kind": "edges", "edges": [[0, 1], [1, 2]]}
_H, _C = np.array([1.0, 2, 1]), np.array([0.0, 3, 6])
_MODEL: Final = {"kind": "quadratic", "h": [1, 2, 1], "c": [0, 3, 6], "x0": 0}
_BY_DATA = np.array([[1 / 3, 2 / 3, 0], [1 / 6, 1 / 3, 1 / 2], [0, 2 / 5, 3 / 5]])
_METROPOLIS = np.array([[2, 1, 0], [1, 1, 1], [0, 1, 2]]) / 3
_STEP = 0.1 * np.diag(_H)
_TOP_1: Final = {"kind": "topk", "k": 1}


def models(rounds: tuple[int, ...], **scenario: Any) -> dict[int, Array]:
    """Return the models after each of `rounds`, (nodes, numbers)."""
    block = {
        "workload": "decentralized",
        "topology": _PATH,
        "model": _MODEL,
        "local": {"steps": 1, "lr": 0.1},
        "rounds": max(rounds),
        "eval": {"every": max(rounds)},
        "record": {"vectors": list(rounds)},
    }
    table = simulate({**block, **scenario}).table("vectors")
    value, number = table["value"].to_numpy(), table["round"].to_numpy()
    nodes = int(table["node"].to_numpy().max()) + 1
    return {one: value[number == one].reshape(nodes, -1) for one in rounds}


def compared(name: str, found: Array, expected: Any, within: float = 1e-9) -> Iterator[Measurement]:
    """Yield one measurement per number."""
    wanted = np.ravel(np.asarray(expected, np.float64))
    for place, (one, other) in enumerate(zip(np.ravel(found), wanted, strict=True)):
        yield Measurement(f"{name} [{place}]", float(one), float(other), within, "1", "absolute")


@dataclass(frozen=True)
class Recursion:
    """An averaging algorithm on three nodes of a path.

    Parameters
    ----------
    claim
        What is measured.
    scenario
        What to simulate.
    known
        Models after so many rounds, by hand.
    limit
        What a linear system says that they end at, after `late` rounds.
    """

    claim: str
    scenario: dict[str, Any]
    known: dict[int, Any]
    limit: Any
    late: int = 600
    family: ClassVar[str] = "decentralized"
    source: ClassVar[str] = "linear recursions of quadratic losses, worked out by hand"

    def run(self) -> list[Measurement]:
        """Simulate and compare."""
        found = models((*self.known, self.late), **self.scenario)
        return [
            *(
                one
                for number, expected in self.known.items()
                for one in compared(f"after {number} rounds", found[number], expected)
            ),
            *compared("in the end", found[self.late], self.limit),
        ]


def _ends_of_averaging() -> Array:
    power = (1 - 0.1 * _H) ** 2
    found: Array = np.linalg.solve(np.eye(3) - _BY_DATA * power, _BY_DATA @ ((1 - power) * _C))
    return found


_SIZES: Final = {"data": {"sizes": [10, 20, 30]}, "local": {"steps": 2, "lr": 0.1}}
_STAR: Final = {"nodes": 3, "topology": {"kind": "star"}}
_RING_OF_ARCS: Final = {
    "topology": {"kind": "edges", "directed": True, "edges": [[0, 1], [1, 2], [2, 0], [2, 1]]},
    "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": [3, 0, 6]},
    "algorithm": "sgp",
    "disruption": [
        {"kind": "link_loss", "at": {"round": 0}, "links": [[0, 1]], "p": 1, "recover_after": 1}
    ],
}

_CASES: Final = {
    "decentralized_decavg": Recursion(
        "averaging by data ends at (I - WP)^-1 W (I - P) c",
        _SIZES,
        {1: [0.72, 0.93, 1.116], 2: [1.3112, 1.67758, 1.896456]},
        _ends_of_averaging(),
    ),
    "decentralized_isolated": Recursion(
        "isolated survivors go to their own minima, and who is gone stands still",
        {**_SIZES, "disruption": [{"kind": "node_drop", "at": {"round": 2}, "nodes": [1]}]},
        {2: [1.3112, 1.67758, 1.896456], 3: [1.062072, 1.67758, 2.67612936]},
        [0, 1.67758, 6],
    ),
    "decentralized_stationary": Recursion(
        "mixing alone ends at the mean by n_i s_i: 0.1, 0.4, 0.5",
        {
            "data": {"sizes": [10, 20, 30]},
            "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": [1, 2, 4]},
        },
        {},
        [2.9, 2.9, 2.9],
    ),
    "decentralized_combine_then_adapt": Recursion(
        "averaging before the step ends at (I - W + rH)^-1 rH c",
        {"algorithm": "dpsgd"},
        {1: [0, 0.6, 0.6], 2: [0.2, 0.88, 1.14]},
        np.linalg.solve(np.eye(3) - _METROPOLIS + _STEP, _STEP @ _C),
    ),
    "decentralized_adapt_then_combine": Recursion(
        "averaging after the step ends at (I - W (I - rH))^-1 W rH c",
        {"algorithm": {"kind": "dpsgd", "order": "adapt_then_combine"}},
        {1: [0.2, 0.4, 0.6], 2: [64 / 150, 56 / 75, 16 / 15]},
        np.linalg.solve(np.eye(3) - _METROPOLIS @ (np.eye(3) - _STEP), _METROPOLIS @ _STEP @ _C),
    ),
    "decentralized_gradient_tracking": Recursion(
        "gradient tracking ends at sum h c / sum h",
        {"algorithm": "gradient_tracking"},
        {1: [0, 0.6, 0.6], 2: [0.4, 0.68, 1.14]},
        [3, 3, 3],
    ),
    "decentralized_push_sum": Recursion(
        "push-sum reaches the plain mean over arcs, and after a message was lost",
        _RING_OF_ARCS,
        {1: [3.75, 2.4, 2.4], 2: [57 / 17, 150 / 49, 2.4]},
        [3, 3, 3],
    ),
    "decentralized_variance_correction": Recursion(
        "a corrected mean has the variance of what went in",
        {
            "topology": {"kind": "edges", "edges": [[0, 1]]},
            "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": [[1, -1, 1, -1], [1, 1, -1, -1]]},
            "weights": "uniform",
            "aggregate": {"variance_correction": True},
        },
        {},
        [2**0.5, 0, 0, -(2**0.5)] * 2,
        1,
    ),
    "decentralized_choco": Recursion(
        "copies take the largest difference each round",
        {
            "model": {"kind": "quadratic", "h": 1, "c": [[0, 0], [3, 1], [6, 2]], "x0": 0},
            "algorithm": {"kind": "choco", "gamma": 0.5},
            "compressor": _TOP_1,
        },
        {1: [0.05, 0, 0.3, 0.1, 0.55, 0.2]},
        [0.1325, 0, 0.57, 0.19, 1.0075, 0.38],
        2,
    ),
}

for _name, _case in _CASES.items():
    register("check", _name)(_case)


@register("check", "decentralized_servers")
class Servers:
    """Servers in the middle of a star."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "federated averaging drifts; its cures reach sum h c / sum h"
    source: ClassVar[str] = "linear recursions of quadratic losses, worked out by hand"

    def run(self) -> list[Measurement]:
        """Compare the server's model after some rounds and in the end."""
        pair = {"kind": "quadratic", "h": [1, 1, 2], "c": [0, 0, 3], "x0": 0}
        five = {"local": {"steps": 5, "lr": 0.1}, "model": pair, **_STAR}
        drift = np.array([1, 3]) * (1 - np.array([0.9, 0.8]) ** 5)
        plane = {
            "model": {
                "kind": "quadratic",
                "h": [[1, 1], [1, 2], [2, 1]],
                "c": [[0, 0], [0, 1], [3, -1]],
                "x0": 1,
            },
            "local": {"lr": 0.2},
            "compressor": _TOP_1,
            **_STAR,
        }
        cases: list[tuple[Any, dict[str, Any], dict[int, Any]]] = [
            (
                "fedavg",
                {**five, "data": {"sizes": [0, 1, 3]}},
                {1: [0.75 * 3 * (1 - 0.8**5)], 300: [3 * drift[1] / drift.sum()]},
            ),
            ("scaffold", five, {1: [1.5 * (1 - 0.8**5)], 600: [2]}),
            ("ef21", plane, {1: [1.3, 1], 2: [1.57, 0.8], 3: [1.726, 0.64], 3000: [2, 1 / 3]}),
            (
                {"kind": "econtrol", "eta": 0.1},
                plane,
                {1: [1.3, 0.8], 2: [1.54, 0.64], 3: [1.675, 0.48], 3000: [2, 1 / 3]},
            ),
        ]
        measured: list[Measurement] = []
        for algorithm, scenario, known in cases:
            name = algorithm if isinstance(algorithm, str) else "econtrol"
            found = models(tuple(known), **scenario, algorithm=algorithm)
            for number, expected in known.items():
                measured += compared(f"{name}, {number} rounds", found[number][0], expected)
        return measured


@register("check", "decentralized_dadao")
class RandomTimes:
    """Gradients and exchanges at random times, between two nodes."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "DADAO plays given events exactly, and random ones to the optimum"
    source: ClassVar[str] = "Nabli, Oyallon, DADAO, ICML 2023; four events by a matrix exponential"

    def run(self) -> list[Measurement]:
        """Compare both nodes at a given time and after 400 gradients each."""
        pair = {
            "topology": {"kind": "edges", "edges": [[0, 1]]},
            "model": {"kind": "quadratic", "h": [1, 2], "c": [0, 3], "x0": [1, -1]},
        }
        events = [[0.3, "grad", 0], [0.5, "comm", 0, 1], [0.9, "grad", 1], [1.4, "comm", 0, 1]]
        given = {"kind": "dadao", "events": events, "read_at": 2}
        first = models((1,), **pair, algorithm=given)[1]
        last = models((400,), **pair, algorithm="dadao")[400]
        return [
            *compared("four events, at 2", first, [0.8219881264, 0.0989073267]),
            *compared("random events, at 400", last, [2, 2], 1e-6),
        ]


@register("check", "decentralized_messages")
class Messages:
    """What models and messages weigh, and how graphs mix."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "four bytes a parameter; rings of n mix at (1 + 2 cos(2 pi / n)) / 3"
    source: ClassVar[str] = "counted by hand; eigenvalues of circulant matrices"

    def run(self) -> list[Measurement]:
        """Count a round of two nodes, and take eigenvalues of rings."""
        line = {"workload": "decentralized", "nodes": 2, "topology": {"kind": "line"}, "rounds": 1}
        sent = simulate(line).runs[0]["bytes"]
        measured = [Measurement("64-32-10 from two nodes", float(sent or 0), 2.0 * 9640, 0.0, "B")]
        for nodes in (6, 9, 20):
            ring = {"topology": {"kind": "ring"}, "model": "quadratic", "weights": "metropolis"}
            found = simulate({**line, **ring, "nodes": nodes}).runs[0]["slem"]
            expected = (1 + 2 * np.cos(2 * np.pi / nodes)) / 3
            name = f"SLEM of a ring of {nodes}"
            measured.append(
                Measurement(name, float(found or 0), float(expected), 1e-12, "1", "absolute")
            )
        return measured
