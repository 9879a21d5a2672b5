"""When enough replications of a point have run: the stopping rule of adaptive replications.

After ``min`` replications, then ceil(1.5 n), and so on up to ``max``, the rule looks at the values
of the first n replications alone and stops once Student's interval of their mean is narrow enough
(Law 2015, section 9.4: sequential procedures of relative or absolute precision). Looks are few, and
never depend on which replications happen to be there: workers, shards and resumed sweeps decide
alike. The interval of a sequential procedure covers the mean a little less often than its nominal
confidence says, since a sample that looks narrow by chance ends it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netsim.metrics.statistics import Interval, interval


@dataclass(frozen=True, slots=True)
class Rule:
    """How narrow an interval must be.

    Parameters
    ----------
    least, most
        Fewest and most replications.
    relative
        Half width as a share of the mean's size, or None; a mean of zero never meets it.
    absolute
        Half width in the metric's own unit, or None.
    confidence
        Of the interval, between 0 and 1.
    """

    least: int
    most: int
    relative: float | None = None
    absolute: float | None = None
    confidence: float = 0.95

    def looks(self) -> Iterator[int]:
        """Yield the numbers of replications after which the rule looks, ascending."""
        number = self.least
        while number < self.most:
            yield number
            number = min(self.most, math.ceil(1.5 * number))
        yield self.most

    def narrow(self, values: Sequence[float]) -> tuple[bool, Interval | None]:
        """Return whether the interval of `values` is narrow enough, and the interval if any."""
        if not all(map(math.isfinite, values)):
            return False, None
        found = interval(values, self.confidence)
        half = found.half_width
        if half is None:
            return False, found
        by_share = self.relative is not None and found.mean != 0
        met = by_share and half <= float(self.relative or 0) * abs(found.mean)
        return bool(met or (self.absolute is not None and half <= self.absolute)), found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of the replications so far.

    Parameters
    ----------
    needed
        How many replications there must be before it can say more; equal to those it has seen
        where it has decided.
    decided
        Whether no more are needed.
    converged
        Whether the interval is narrow enough; False where `max` was reached without.
    interval
        Of the mean at the last look, or None before the first.
    """

    needed: int
    decided: bool
    converged: bool
    interval: Interval | None


def judge(rule: Rule, values: Sequence[float]) -> Verdict:
    """Return the verdict on the first ``len(values)`` replications, in their order."""
    seen = None
    for number in rule.looks():
        if number > len(values):
            return Verdict(number, False, False, seen)
        narrow, seen = rule.narrow(values[:number])
        if narrow:
            return Verdict(number, True, True, seen)
    return Verdict(rule.most, True, False, seen)
