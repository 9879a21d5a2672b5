"""Round times of ignoring, coding, asynchronous and partial schemes against closed forms.

With n independent exponential times the k-th of them comes after ``(H_n - H_{n-k}) / rate`` on
average (Renyi 1953). Expectations are compared with the mean over many rounds, whose standard error
is known from the variance of the same order statistics; five of them are allowed.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

N: Final = 64
ROUNDS: Final = 500
SHIFT: Final = 0.5
MEAN: Final = 0.5
X_MIN: Final = 1.0
SHAPE: Final = 2.5


def harmonic(n: int, power: int = 1) -> float:
    """Return ``1 + 1/2^power + ... + 1/n^power``."""
    return math.fsum(float(i) ** -power for i in range(1, n + 1))


def exponential_order_statistic(k: int) -> tuple[float, float]:
    """Return mean and standard deviation of the k-th of n times ``SHIFT + MEAN Exp(1)``."""
    mean = SHIFT + MEAN * (harmonic(N) - harmonic(N - k))
    return mean, MEAN * math.sqrt(harmonic(N, 2) - harmonic(N - k, 2))


def pareto_order_statistic(k: int) -> tuple[float, float]:
    """Return mean and standard deviation of the k-th of n Pareto times."""

    def moment(order: int) -> float:
        a = order / SHAPE
        logs = math.lgamma(N + 1) + math.lgamma(N - k + 1 - a)
        relative = math.exp(logs - math.lgamma(N - k + 1) - math.lgamma(N + 1 - a))
        return relative * float(X_MIN**order)

    mean = moment(1)
    return mean, math.sqrt(moment(2) - mean * mean)


def _measured(code: dict[str, Any], law: dict[str, Any], **more: Any) -> float:
    result = simulate(
        {
            "workload": "stragglers",
            "workers": N,
            "jobs": ROUNDS,
            "code": code,
            "delays": {"kind": "independent", "law": law},
            **more,
        }
    )
    total = result.runs[0]["total_time"]
    return float(total or math.nan) / ROUNDS


def _judged(name: str, measured: float, expected: tuple[float, float]) -> Measurement:
    mean, deviation = expected
    tolerance = 5 * deviation / math.sqrt(ROUNDS)
    return Measurement(name, measured, mean, tolerance, "s", "absolute")


@register("check", "straggler_order_statistics")
class OrderStatistics:
    """Mean round times of k-sync, first-decodable coding and uncoded work."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = "a round that waits for k of n results lasts as their order statistic"
    source: ClassVar[str] = (
        "Renyi, On the theory of order statistics, 1953; Lee et al., Speeding Up Distributed "
        "Machine Learning Using Codes, 2018"
    )

    def run(self) -> list[Measurement]:
        """Simulate each scheme with shifted exponential or Pareto times."""
        exponential = {
            "dist": "shifted_exponential",
            "shift": f"{SHIFT} s",
            "mean": f"{MEAN} s",
        }
        pareto = {"dist": "pareto", "scale": f"{X_MIN} s", "shape": SHAPE}
        first = {"wait": {"stop": "first_decodable"}}
        found = [
            _judged(
                "uncoded, exponential",
                _measured({"scheme": "uncoded"}, exponential),
                exponential_order_statistic(N),
            )
        ]
        for k in (60, 48):
            k_sync, coded = {"scheme": "k_sync", "k": k}, {"scheme": "gc", "s": N - k}
            found += [
                _judged(
                    f"k-sync k={k}, exponential",
                    _measured(k_sync, exponential),
                    exponential_order_statistic(k),
                ),
                _judged(
                    f"gradient code s={N - k}, Pareto",
                    _measured(coded, pareto, **first),
                    pareto_order_statistic(k),
                ),
            ]
        return found


@register("check", "straggler_asynchronous")
class Asynchronous:
    """Mean time and staleness of updates with memoryless workers."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = (
        "with exponential times a k-async update takes (H_n - H_{n-k})/rate, a k-batch-sync one "
        "k/(n rate), and gradients of a k-async master are n/k - 1 updates old on average"
    )
    source: ClassVar[str] = (
        "Dutta et al., Slow and Stale Gradients Can Win the Race, AISTATS 2018; Little's law"
    )

    def run(self) -> list[Measurement]:
        """Simulate k-async, k-batch-sync and fully asynchronous updates."""
        law = {"dist": "exponential", "mean": "1 s"}
        k = 16
        mean = harmonic(N) - harmonic(N - k)
        deviation = math.sqrt(harmonic(N, 2) - harmonic(N - k, 2))
        waiting = simulate(
            {
                "workload": "stragglers",
                "workers": N,
                "jobs": ROUNDS,
                "code": {"scheme": "k_async", "k": k},
                "delays": {"kind": "independent", "law": law},
            }
        ).runs[0]
        return [
            _judged(
                f"k-async k={k}",
                float(waiting["total_time"] or math.nan) / ROUNDS,
                (mean, deviation),
            ),
            _judged(
                f"k-batch-sync k={k}",
                _measured({"scheme": "k_batch_sync", "k": k}, law),
                (k / N, math.sqrt(k) / N),
            ),
            _judged("asynchronous", _measured({"scheme": "async_sgd"}, law), (1 / N, 1 / N)),
            Measurement(
                f"staleness, k-async k={k}",
                float(waiting["staleness_mean"] or math.nan),
                N / k - 1,
                0.05,
                "1",
                "relative",
            ),
        ]
