"""Errors of approximate codes over random stragglers against closed forms.

With weights a and coefficients B the error of a round is ``|a' B - 1|^2``, a sum over the n parts.
Every worker is late with probability p on its own. A part with d copies on different workers

* is lost under the best weights of fractional repetition if all its copies are late, and then errs
  by 1: p^d on average;
* has, if every result in time weighs 1/(d (1-p)), a mean coefficient of 1 with the variance of d
  Bernoulli variables: p / ((1-p) d) on average.

Means over many rounds are compared; five of their standard errors, taken from the rounds
themselves, are allowed.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

import numpy as np

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

N: Final = 64
ROUNDS: Final = 1000
LATE: Final = 0.4


@register("check", "straggler_approximate_codes")
class ApproximateCodes:
    """Mean squared error per part of repetition and random codes."""

    family: ClassVar[str] = "stragglers"
    claim: ClassVar[str] = (
        "with workers late with probability p, a part with d copies errs by p^d on average under "
        "the best weights of a repetition code, and by p/((1-p)d) under one constant weight"
    )
    source: ClassVar[str] = (
        "Charles, Papailiopoulos, Ellenberg, Approximate Gradient Coding via Sparse Random Graphs, "
        "2017; Bitar, Wootters, El Rouayheb, Stochastic Gradient Coding, 2020"
    )

    def run(self) -> list[Measurement]:
        """Simulate each code under independent stragglers."""
        repetition = {"scheme": "approximate_gc", "assignment": "repetition"}
        one_weight = {"decode": "one_step", "straggling": LATE}
        found = [
            _judged(f"repetition, d={d}, best weights", repetition | {"d": d}, LATE**d)
            for d in (1, 2, 4)
        ]
        return [
            *found,
            _judged(
                "repetition, d=2, one weight",
                repetition | one_weight | {"d": 2},
                LATE / ((1 - LATE) * 2),
            ),
            _judged(
                "random workers, d=4, one weight",
                {"scheme": "stochastic_gc", "d": 4, "straggling": LATE},
                LATE / ((1 - LATE) * 4),
            ),
        ]


def _judged(name: str, code: dict[str, Any], expected: float) -> Measurement:
    """Return the mean error per part beside the one that theory expects."""
    result = simulate(
        {
            "workload": "stragglers",
            "workers": N,
            "jobs": ROUNDS,
            "code": code,
            "delays": {
                "kind": "bernoulli_slowdown",
                "base": {"kind": "independent", "law": {"dist": "constant", "value": "1 s"}},
                "probability": LATE,
                "factor": 10,
            },
        }
    )
    errors = result.table("rounds")["squared_error"].to_numpy() / N
    tolerance = 5 * float(np.std(errors, ddof=1)) / math.sqrt(len(errors))
    return Measurement(name, float(np.mean(errors)), expected, tolerance, "1", "absolute")
