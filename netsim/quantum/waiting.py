"""How long pairs take: closed forms for links that wait for each other.

Times are counted in attempts of equal length that all links begin together. A stream of pairs is
faster than one over these means, since links refill while later swaps run; the forms are for the
first pair from idle. Nested swapping: Shchukin, Schmidt and van Loock, Phys. Rev. A 100, 032322
(2019); Brand, Coopmans and Elkouss, IEEE J. Sel. Areas Commun. 38, 619 (2020). The forms with a
cutoff follow from the Markov chain of the older pair's age, solved by hand.
"""

from __future__ import annotations

import math

import numpy as np

from netsim.quantum.states import Floats

#: Beyond so many links the alternating sum cancels, and the tail is summed instead.
_MOST_TERMS = 30


def all_links(p: float, links: int) -> float:
    """Return the mean number of attempts until each of `links` has a pair.

    >>> round(all_links(0.1, 2), 4)
    14.7368
    """
    if p >= 1:
        return 1.0
    if links > _MOST_TERMS:
        return _tail_sum(p, links)
    rate = math.log1p(-p)
    return math.fsum(
        math.comb(links, k) * (-1) ** (k + 1) / -math.expm1(k * rate) for k in range(1, links + 1)
    )


def _tail_sum(p: float, links: int) -> float:
    """Return the sum over t of P(T > t), which is ``1 - (1 - (1-p)^t)^links`` from t = 1 on."""
    total, first, step = 1.0, 1, 1 << 16
    while True:
        unmade = np.exp(np.arange(first, first + step) * math.log1p(-p))
        beyond = -np.expm1(links * np.log1p(-unmade))
        total += float(beyond.sum())
        if beyond[-1] < 1e-18:
            return total
        first += step


def nested(p: float, success: float, levels: int, longest: int = 1 << 17) -> list[float]:
    """Return the mean number of attempts of a nested chain, by level from a single link up.

    At each level two chains of the level below wait for each other and are swapped; a failure
    begins both anew. The exact law is followed: the maximum squares the distribution function, and
    the geometric number of tries is ``s f / (1 - (1 - s) f)`` on the transform f.

    Parameters
    ----------
    p
        Success probability of an attempt.
    success
        Of a swap.
    levels
        Swapping levels; ``2**levels`` links.
    longest
        Attempts after which the law is cut; the mean must lie well below.
    """
    law = nested_law(p, success, 0, longest)
    means = []
    for level in range(levels + 1):
        means.append(float((1 - np.cumsum(law)[:-1]).sum()))
        if level < levels:
            law = _joined(law, success)
    return means


def nested_law(p: float, success: float, levels: int, longest: int = 1 << 17) -> Floats:
    """Return the probabilities that a nested chain takes 0, 1, 2, ... attempts."""
    t = np.arange(longest)
    law = np.diff(1 - (1 - p) ** t, prepend=0.0)
    for _ in range(levels):
        law = _joined(law, success)
    return law


def _joined(law: Floats, success: float) -> Floats:
    both = np.diff(np.cumsum(law) ** 2, prepend=0.0)
    f = np.fft.rfft(both, 2 * len(both))
    again: Floats = np.fft.irfft(success * f / (1 - (1 - success) * f), 2 * len(both))
    return again[: len(both)]


def two_links(p: float, cutoff: int) -> float:
    """Return the mean attempts until two links both have a pair at most `cutoff` attempts old.

    >>> round(two_links(0.1, 5), 8)
    20.75117247
    """
    q = 1 - p
    kept = 1 - q**cutoff
    return (1 + 2 * q * kept) / (p * p + 2 * p * q * kept)


def two_links_ages(p: float, cutoff: int) -> Floats:
    """Return the probabilities that the older pair is 0, 1, ..., `cutoff` attempts old at the swap.

    Parameters
    ----------
    p
        Success probability of an attempt.
    cutoff
        Attempts after which a waiting pair is given up.
    """
    weights: Floats = 2 * (1 - p) ** np.arange(cutoff + 1.0)
    weights[0] = 1.0
    weights /= weights.sum()
    return weights


def two_links_werner(p: float, decay: float, cutoff: int | None = None) -> float:
    """Return the mean factor by which waiting lowers the Werner parameter of two swapped links.

    The mean of `decay` to the power of the older pair's age at the swap.

    Parameters
    ----------
    p
        Success probability of an attempt.
    decay
        Factor of the Werner parameter per attempt of waiting, both halves together.
    cutoff
        Attempts after which a waiting pair is given up; None: never.

    Examples
    --------
    >>> lam = math.exp(-8 / 3 * 0.02)
    >>> w = ((4 * 0.95 - 1) / 3) ** 2
    >>> round((1 + 3 * w * two_links_werner(0.1, lam)) / 4, 9)
    0.684271382
    >>> round((1 + 3 * w * two_links_werner(0.1, lam, 10)) / 4, 9)
    0.77633813
    """
    q = 1 - p
    x = q * decay
    if cutoff is None:
        return p * (1 + x) / ((2 - p) * (1 - x))
    if x == 1:
        return 1.0
    lived = 1 + 2 * x * (1 - x**cutoff) / (1 - x)
    return lived / (1 + 2 * q * (1 - q**cutoff) / (1 - q))
