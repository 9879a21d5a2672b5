"""Means over replications with honest intervals.

Replications are independent; what happens within one is not, so intervals are always over
replications: Student's t for means, a bootstrap that draws whole replications for quantiles. Two
scenarios that share their random streams (common random numbers) are compared pair by pair. Below
five replications no interval is given rather than a false one. Sums are exact (`math.fsum`), so
the order of the values does not reach the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from netsim.metrics.student import t_quantile

#: Fewest values for which an interval is given.
ENOUGH: Final = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over replications with its confidence interval.

    `half_width`, `low` and `high` are None where there are too few values for an interval. For a
    quantile the interval need not be symmetric, and `half_width` is half its length.
    """

    mean: float
    half_width: float | None
    low: float | None
    high: float | None
    minimum: float
    maximum: float
    n: int
    confidence: float = 0.95


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the mean of `values` with its Student-t interval.

    The half width is ``t * s / sqrt(n)``, with the t quantile at n - 1 degrees of freedom and the
    sample standard deviation s.

    Raises
    ------
    ValueError
        If there is no value, or one is not finite.
    """
    numbers = [float(value) for value in values]
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise ValueError("an interval needs at least one value, and only finite ones")
    n = len(numbers)
    mean = math.fsum(numbers) / n
    half = None
    if n >= ENOUGH:
        half = t_quantile(confidence, n - 1) * _standard_error(numbers, mean)
    return _around(mean, half, numbers, confidence)


def paired_difference(
    left: Sequence[float], right: Sequence[float], confidence: float = 0.95
) -> Interval:
    """Return the mean of ``left - right``, replication by replication.

    With common random numbers the pairs are positively correlated, and this interval is narrower
    than one for two independent samples.
    """
    return interval([a - b for a, b in _pairs(left, right)], confidence)


def ratio(left: Sequence[float], right: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return ``mean(left) / mean(right)`` of paired replications.

    The interval is that of the ratio estimator (Cochran 1977, section 6.4): the standard error is
    the one of the mean of ``left - r * right``, divided by ``mean(right)``. Minimum and maximum
    are those of the pairs' own ratios.

    Raises
    ------
    ValueError
        If a value of `right` is zero.
    """
    pairs = _pairs(left, right)
    if any(b == 0 for _, b in pairs):
        raise ValueError("a ratio needs denominators other than zero")
    bottom = math.fsum(b for _, b in pairs) / len(pairs)
    value = math.fsum(a for a, _ in pairs) / len(pairs) / bottom
    half = None
    if len(pairs) >= ENOUGH:
        residuals = [a - value * b for a, b in pairs]
        error = _standard_error(residuals, 0.0) / abs(bottom)
        half = t_quantile(confidence, len(pairs) - 1) * error
    return _around(value, half, [a / b for a, b in pairs], confidence)


def quantile(
    samples: Sequence[Sequence[float] | np.ndarray],
    q: float,
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> Interval:
    """Return the `q` quantile of all samples pooled, with a bootstrap interval over replications.

    A bootstrap sample draws whole replications with replacement (Davison and Hinkley 1997,
    section 3.8): values within a replication depend on each other, replications do not. The
    quantile is the smallest value that at least a share `q` of the pool does not exceed. Minimum
    and maximum are those of the replications' own quantiles.

    Parameters
    ----------
    samples
        The values of each replication.
    q
        Between 0 and 1.
    generator
        Draws the replications.
    confidence, resamples
        Of the percentile interval.
    """
    parts = [np.sort(np.asarray(sample, dtype=np.float64)) for sample in samples]
    if not parts or not all(part.size for part in parts):
        raise ValueError("a quantile needs at least one value in every replication")
    if not 0.0 <= q <= 1.0:
        raise ValueError("a quantile lies between 0 and 1")
    n = len(parts)
    pool = np.sort(np.concatenate(parts))
    value = float(_pooled(parts, pool, np.ones((1, n), dtype=np.int64), q)[0])
    own = [float(part[max(math.ceil(q * part.size) - 1, 0)]) for part in parts]
    if n < ENOUGH:
        return _around(value, None, own, confidence)
    drawn = generator.integers(0, n, size=(resamples, n))
    counts = np.stack([np.bincount(row, minlength=n) for row in drawn])
    estimates = np.sort(_pooled(parts, pool, counts, q))
    cut = (1.0 - confidence) / 2.0
    low, high = (float(estimates[_rank(share, resamples)]) for share in (cut, 1.0 - cut))
    return Interval(value, (high - low) / 2, low, high, min(own), max(own), n, confidence)


def batch_means(values: Sequence[float], batches: int = 20, confidence: float = 0.95) -> Interval:
    """Return the steady-state mean of one long run, from the means of consecutive batches.

    Values of the warm-up must be cut before. The remainder of the division by `batches` is left
    out at the front, where a rest of the warm-up would be. Batches must be long against the
    correlation time for the interval to hold (Law 2015, section 9.5.3).

    Raises
    ------
    ValueError
        If there are fewer values than batches.
    """
    length = len(values) // batches if batches > 0 else 0
    if not length:
        raise ValueError(f"{len(values)} values cannot be cut into {batches} batches")
    kept = list(values)[len(values) - length * batches :]
    means = [math.fsum(kept[at : at + length]) / length for at in range(0, len(kept), length)]
    return interval(means, confidence)


def _pooled(
    parts: Sequence[np.ndarray], pool: np.ndarray, counts: np.ndarray, q: float
) -> np.ndarray:
    """Return the pooled quantile for each row of `counts`: how often each replication was drawn.

    Bisection over the sorted pool, all rows at once: no resample is ever put together.
    """
    sizes = np.array([part.size for part in parts], dtype=np.int64)
    wanted = np.maximum(np.ceil(q * (counts @ sizes)), 1)
    low = np.zeros(len(counts), dtype=np.int64)
    high = np.full(len(counts), pool.size - 1, dtype=np.int64)
    while np.any(low < high):
        middle = (low + high) // 2
        candidates = pool[middle]
        below = np.stack(
            [np.searchsorted(part, candidates, side="right") for part in parts], axis=1
        )
        enough = np.einsum("ij,ij->i", counts, below) >= wanted
        high = np.where(enough, middle, high)
        low = np.where(enough, low, np.minimum(middle + 1, high))
    return pool[low]


def _rank(share: float, size: int) -> int:
    return min(max(math.ceil(share * size) - 1, 0), size - 1)


def _pairs(left: Sequence[float], right: Sequence[float]) -> list[tuple[float, float]]:
    if len(left) != len(right) or not len(left):
        raise ValueError("paired samples need the same number of replications, at least one")
    return [(float(a), float(b)) for a, b in zip(left, right, strict=True)]


def _standard_error(numbers: Sequence[float], mean: float) -> float:
    squares = math.fsum((number - mean) ** 2 for number in numbers)
    return math.sqrt(squares / (len(numbers) - 1) / len(numbers))


def _around(
    mean: float, half: float | None, numbers: Sequence[float], confidence: float
) -> Interval:
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return Interval(mean, half, low, high, min(numbers), max(numbers), len(numbers), confidence)
