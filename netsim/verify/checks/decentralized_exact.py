"""What peers do exactly: sums of weights, rates of mixing, lengths of codes, equal methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.registry import register
from netsim.rng import Streams
from netsim.verify.checks.decentralized import compared, models
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

Array = NDArray[np.float64]

_FAMILY: Final = "decentralized"
_STAR: Final = {
    "nodes": 4,
    "topology": {"kind": "star"},
    "model": {
        "kind": "quadratic",
        "h": [[1, 1], [1, 2], [2, 1], [1, 4]],
        "c": [[0, 0], [0, 1], [3, -1], [1, 1]],
        "x0": 1,
    },
    "local": {"steps": 3, "lr": 0.05},
}


@register("check", "decentralized_weights")
class WeightsOfGraphs:
    """Rules of weights on a random graph, a line and a ring."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "rows sum to 1, symmetric rules keep the mean, SLEM is what is left"
    source: ClassVar[str] = "Xiao, Boyd, Fast linear iterations for distributed averaging, 2004"

    def run(self) -> list[Measurement]:
        """Look at sums, and mix the slowest vector."""
        from netsim.decentralized.pattern import pattern_of
        from netsim.decentralized.spectrum import slem, stationary
        from netsim.decentralized.weights.rule import mixture_of, named
        from netsim.graphs.kind import build, read

        measured = []
        graph = build(read({"kind": "barabasi_albert", "m": 2}), Streams(1), "check", 40)
        everyone = np.ones(40, np.bool_), np.ones(graph.edge_count, np.bool_)
        sizes = Streams(1).generator("check").integers(1, 30, 40).astype(np.float64)
        for rule in ("decavg", "uniform", "metropolis", "max_degree", "optimal"):
            mixture = mixture_of(named(rule), pattern_of(graph, *everyone), sizes)
            matrix = mixture.dense()
            off = float(np.abs(matrix.sum(axis=1) - 1).max())
            measured.append(_near(f"{rule}: rows off 1 by", off, 0))
            if rule in ("decavg", "uniform"):
                held = sizes if rule == "decavg" else np.ones(40)
                near = (matrix > 0) @ held
                pi = held * near / (held * near).sum()
                off = float(np.abs(stationary(mixture) - pi).max())
                measured.append(_near(f"{rule}: stationary off n s by", off, 0))
                continue
            off = float(np.abs(matrix.sum(axis=0) - 1).max())
            measured.append(_near(f"{rule}: columns off 1 by", off, 0))
            values, vectors = np.linalg.eigh(matrix)
            slow = vectors[:, np.argsort(np.abs(values))[-2]]
            left = float(np.linalg.norm(np.linalg.matrix_power(matrix, 5) @ slow)) ** 0.2
            measured.append(
                _near(f"{rule}: slowest vector a round", left, float(slem(mixture) or 0))
            )
        for kind, nodes, value in (("ring", 6, 0.6), ("line", 8, np.cos(np.pi / 8))):
            some = build(read({"kind": kind}), Streams(1), "check", nodes)
            pattern = pattern_of(some, np.ones(nodes, np.bool_), np.ones(some.edge_count, np.bool_))
            found = slem(mixture_of(named("optimal"), pattern, np.ones(nodes)))
            measured.append(_near(f"best SLEM of a {kind} of {nodes}", float(found or 0), value))
        return measured


@register("check", "decentralized_codes")
class Codes:
    """Messages through compressors, counted in runs."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "what is counted is the length of the code"
    source: ClassVar[str] = "counted by hand for 64-32-10, 2,410 numbers of 4 bytes"

    def run(self) -> list[Measurement]:
        """Send one message each way through every code."""
        size = 2410
        lengths = {
            "none": 4 * size,
            "float16": 2 * size,
            "int8": 8 + size,
            "sign": 4 + (size + 7) // 8,
            "qsgd": 4 + size * 4 // 8,
            "topk": 100 * 8,
            "randk": 8 + 100 * 4,
        }
        measured = []
        line = {"workload": _FAMILY, "nodes": 2, "topology": {"kind": "line"}, "rounds": 1}
        for name, expected in lengths.items():
            more = {"k": 100} if name in ("topk", "randk") else {}
            result = simulate({**line, "compressor": {"kind": name, **more}})
            sent = float(result.runs[0]["bytes"] or 0)
            measured.append(Measurement(f"{name}, two messages", sent, 2.0 * expected, 0.0, "B"))
        return measured


@register("check", "decentralized_partners")
class Partners:
    """Partners that change from round to round."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "one peer a round gives 2^k nodes their exact mean in k rounds"
    source: ClassVar[str] = "Ying et al., Exponential graph is provably efficient, NeurIPS 2021"

    def run(self) -> list[Measurement]:
        """Mix 8 and 32 nodes, and let 4 of 16 teleport."""
        measured: list[Measurement] = []
        for rounds in (3, 5):
            nodes = 2**rounds
            start = [float(node**2 % 7) for node in range(nodes)]
            found = models(
                (rounds,),
                nodes=nodes,
                topology={"kind": "exponential"},
                model={"kind": "quadratic", "h": 0, "c": 0, "x0": start},
                weights="uniform",
                partners="one_peer_exponential",
            )[rounds]
            off = float(np.abs(found - np.mean(start)).max())
            measured.append(_near(f"{nodes} nodes, {rounds} rounds, off by", off, 0))
        # All models that are active start alike and go to the same minimum: 4 (1 - 0.9^t).
        found = models(
            (12,),
            nodes=16,
            topology={"kind": "complete"},
            model={"kind": "quadratic", "h": 1, "c": 4, "x0": 0},
            algorithm={"kind": "teleportation", "k": 4},
        )[12]
        best = float(found.max())
        measured.append(_near("teleportation, 12 steps", best, 4 * (1 - 0.9**12)))
        return measured


@register("check", "decentralized_coincide")
class Coincide:
    """Methods that are others in disguise, or end at the same point."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "Scallion without a code is Scaffold; weighted EF21 has EF21's end"
    source: ClassVar[str] = "sum h c / sum h of quadratics; arXiv 2308.08165, 2402.10774"

    def run(self) -> list[Measurement]:
        """Compare server models round by round, and in the end."""
        scaffold, scallion = (
            models((1, 5, 20), algorithm=name, **_STAR) for name in ("scaffold", "scallion")
        )
        measured: list[Measurement] = []
        for rounds in (1, 5, 20):
            name = f"scallion and scaffold, {rounds} rounds"
            measured += compared(name, scallion[rounds][0], scaffold[rounds][0])
        optimum = [7 / 4, 5 / 7]
        top: dict[str, Any] = {"compressor": {"kind": "topk", "k": 1}}
        for algorithm in (
            {"kind": "ef21", "clients_by": "smoothness"},
            {"kind": "scallion", "alpha": 0.5},
        ):
            found = models((1500,), algorithm=algorithm, **_STAR, **top)[1500][0]
            measured += compared(f"{algorithm['kind']}, in the end", found, optimum)
        return measured


@register("check", "decentralized_edge_rates")
class EdgeRates:
    """How often edges talk at the least."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "DADAO's total rate: sqrt(2 chi1 chi2), less with rates of their own"
    source: ClassVar[str] = "Nabli, Oyallon, DADAO, ICML 2023; best rates by a semidefinite program"

    def run(self) -> list[Measurement]:
        """Compare total rates of five graphs."""
        from netsim.decentralized.rates import best_rates, constants_of, total_rate

        cliques = [(a, b) for a in range(8) for b in range(a + 1, 8) if a // 4 == b // 4]
        cases = [
            ("barbell of two K4", 8, [*cliques, (3, 4)], 21.84184, 13.21),
            ("star of 10", 10, [(0, i) for i in range(1, 10)], 9.0, 9.0),
            ("line of 8", 8, [(i, i + 1) for i in range(7)], 17.94041, 17.94),
            ("ring of 8", 8, [(i, (i + 1) % 8) for i in range(8)], 9.77742, 9.777),
            ("K6", 6, [(a, b) for a in range(6) for b in range(a + 1, 6)], 12.5**0.5, 3.536),
        ]
        measured = []
        for name, nodes, edges, equal, best in cases:
            found = total_rate(*constants_of(nodes, edges))
            measured.append(Measurement(f"{name}, equal", found, equal, 1e-5, "1", "relative"))
            rates = best_rates(nodes, edges)
            found = total_rate(*constants_of(nodes, edges, rates))
            measured.append(Measurement(f"{name}, best", found, best, 5e-4, "1", "relative"))
        return measured


@register("check", "decentralized_liars")
class Liars:
    """Forged models against averages that withstand them."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "two liars of ten move honest nodes no further than honest models lie"
    source: ClassVar[str] = "medians, trimmed means and clipped differences, by hand"

    def run(self) -> list[Measurement]:
        """Let two of ten nodes send 1,000, and look at the others."""
        return list(self._measure())

    def _measure(self) -> Iterator[Measurement]:
        block: dict[str, Any] = {
            "nodes": 10,
            "topology": {"kind": "complete"},
            "weights": "uniform",
            "attack": {"kind": "same_value", "value": 1000, "nodes": [8, 9]},
        }
        still = {"kind": "quadratic", "h": 0, "c": 0, "x0": list(range(10))}
        for defence, expected in (
            # Of 0 to 7 and two of 1,000 the middle two are 4 and 5; without two at either end 2 to
            # 7 are left.
            ("median", 4.5),
            ({"kind": "trimmed_mean", "b": 2}, 4.5),
        ):
            found = models((1,), **block, model=still, defence=defence)[1][0, 0]
            name = defence if isinstance(defence, str) else "trimmed mean"
            yield _near(f"{name}, one round", float(found), expected)
        alike = {"kind": "quadratic", "h": 0, "c": 0, "x0": 0}
        clipped = {"kind": "clipped_gossip", "tau": 0.5}
        found = models((1,), **block, model=alike, defence=clipped)[1]
        # A tenth of the weight and a norm of 0.5 for each of two.
        yield _near("clipped gossip, one round", float(found[0, 0]), 0.1)
        plain = models((1,), **block, model=alike)[1]
        yield _near("no defence, one round", float(plain[0, 0]), 200.0)


def _near(name: str, found: float, expected: float) -> Measurement:
    return Measurement(name, found, float(expected), 1e-9, "1", "absolute")
