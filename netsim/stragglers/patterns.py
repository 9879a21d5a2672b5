"""Straggler models: which patterns of late workers conform, and random patterns that do.

A pattern is a Boolean array of shape (rounds, workers), true where a worker straggles. A pattern
conforms to a model iff every window of consecutive rounds does (Tandon et al. 2017; Krishnan,
Ramkumar et al. 2023):

* s-per-round: at most s stragglers in every round;
* (B, W, lambda)-bursty: in every window of W rounds at most lambda distinct workers straggle, and
  the first and last straggling round of each lie fewer than B rounds apart;
* (N, W', lambda')-arbitrary: in every window of W' rounds at most lambda' distinct workers
  straggle, each in at most N rounds.

All are monotone: removing a straggler never breaks conformity. Windows are truncated at the ends of
the pattern, which adds nothing to what the whole windows ask.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pattern = NDArray[np.bool_]


def per_round(pattern: Pattern, s: int) -> bool:
    """Return whether every round has at most `s` stragglers."""
    return bool((pattern.sum(axis=1) <= s).all())


def bursty(pattern: Pattern, B: int, W: int, lam: int) -> bool:
    """Return whether the pattern is (B, W, lambda)-bursty."""
    return all(_bursty_window(window, B, lam) for window in _windows(pattern, W))


def arbitrary(pattern: Pattern, N: int, W: int, lam: int) -> bool:
    """Return whether the pattern is (N, W', lambda')-arbitrary, with W' given as `W`."""
    return all(
        np.count_nonzero(window.any(axis=0)) <= lam and bool((window.sum(axis=0) <= N).all())
        for window in _windows(pattern, W)
    )


def bursty_or_per_round(pattern: Pattern, B: int, W: int, lam: int, s: int) -> bool:
    """Return whether each window of W rounds is (B, W, lambda)-bursty or has <= s in each round."""
    return all(
        _bursty_window(window, B, lam) or per_round(window, s) for window in _windows(pattern, W)
    )


def _windows(pattern: Pattern, W: int) -> list[Pattern]:
    rounds = len(pattern)
    return [pattern[first : first + W] for first in range(max(1, rounds - W + 1))]


def _bursty_window(window: Pattern, B: int, lam: int) -> bool:
    struck = window.any(axis=0)
    if np.count_nonzero(struck) > lam:
        return False
    first = window.argmax(axis=0)
    last = len(window) - 1 - window[::-1].argmax(axis=0)
    return bool((last - first)[struck].max(initial=0) < B)


def sample(
    conforms: Callable[[Pattern], bool],
    rounds: int,
    workers: int,
    window: int,
    generator: np.random.Generator,
    density: float = 0.5,
) -> Pattern:
    """Return a random pattern that conforms, filled greedily in random order round by round.

    Every straggler that is proposed (with probability `density`) is kept if the window that ends
    now still conforms, so at density 1 no further worker could straggle in any round given the
    rounds before it. Enough for a monotone model whose windows have `window` rounds.
    """
    pattern = np.zeros((rounds, workers), dtype=np.bool_)
    for r in range(rounds):
        recent = pattern[max(0, r - window + 1) : r + 1]
        for worker in generator.permutation(workers):
            if generator.random() < density:
                recent[-1, worker] = True
                recent[-1, worker] = conforms(recent)
    return pattern


def sample_per_round(
    rounds: int, workers: int, s: int, generator: np.random.Generator, density: float = 0.5
) -> Pattern:
    """Return a random pattern with at most `s` stragglers per round."""
    return sample(lambda p: per_round(p, s), rounds, workers, 1, generator, density)


def sample_bursty(
    rounds: int,
    workers: int,
    B: int,
    W: int,
    lam: int,
    generator: np.random.Generator,
    density: float = 0.5,
) -> Pattern:
    """Return a random (B, W, lambda)-bursty pattern."""
    return sample(lambda p: bursty(p, B, W, lam), rounds, workers, W, generator, density)


def sample_arbitrary(
    rounds: int,
    workers: int,
    N: int,
    W: int,
    lam: int,
    generator: np.random.Generator,
    density: float = 0.5,
) -> Pattern:
    """Return a random (N, W', lambda')-arbitrary pattern, with W' given as `W`."""
    return sample(lambda p: arbitrary(p, N, W, lam), rounds, workers, W, generator, density)
