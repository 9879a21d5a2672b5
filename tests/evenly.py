"""Whether draws are uniform: Pearson's chi-square over a space small enough to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from scipy.stats import chisquare

#: Below this p-value a test fails; a right generator does so with one seed in a million.
LEAST_P = 1e-6


def assert_uniform(draws: Iterable[Hashable], space: Sequence[Hashable]) -> None:
    """Fail if a draw lies outside `space`, or if some of it come up too often or too rarely."""
    assert_shares(draws, dict.fromkeys(space, 1 / len(space)))


def assert_shares(draws: Iterable[Hashable], shares: Mapping[Hashable, float]) -> None:
    """Fail if a draw is not among `shares`, or if their frequencies are not those."""
    counts = Counter(draws)
    assert set(counts) <= set(shares)
    total = sum(counts.values())
    expected = [share * total for share in shares.values()]
    # Pearson's statistic is distributed as chi-square where no cell is nearly empty.
    assert min(expected) >= 10
    found = [counts[outcome] for outcome in shares]
    assert chisquare(found, expected).pvalue > LEAST_P
