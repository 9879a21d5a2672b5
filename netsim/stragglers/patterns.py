"""Straggler models: which patterns of late workers conform, and random patterns that do.

A pattern is a Boolean array of shape (rounds, workers), true where a worker straggles; all
functions take arrays of patterns, (..., rounds, workers), and judge each. A pattern conforms to a
model iff every window of consecutive rounds does (Tandon et al. 2017; Sequential Gradient Coding
For Straggler Mitigation, ICLR 2023, section 2):

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
Verdict = NDArray[np.bool_]


def per_round(pattern: Pattern, s: int) -> Verdict:
    """Return whether every round has at most `s` stragglers."""
    return np.asarray(np.all(pattern.sum(axis=-1) <= s, axis=-1))


def bursty(pattern: Pattern, B: int, W: int, lam: int) -> Verdict:
    """Return whether patterns are (B, W, lambda)-bursty."""
    return _everywhere(pattern, W, lambda window: _bursty_window(window, B, lam))


def arbitrary(pattern: Pattern, N: int, W: int, lam: int) -> Verdict:
    """Return whether patterns are (N, W', lambda')-arbitrary, with W' given as `W`."""
    return _everywhere(
        pattern,
        W,
        lambda window: (
            _few(window, lam) & np.all(window.sum(axis=-2, dtype=np.int64) <= N, axis=-1)
        ),
    )


def bursty_or_per_round(pattern: Pattern, B: int, W: int, lam: int, s: int) -> Verdict:
    """Return whether each window of W rounds is (B, W, lambda)-bursty or has <= s in each round."""
    return _everywhere(
        pattern, W, lambda window: _bursty_window(window, B, lam) | per_round(window, s)
    )


def _everywhere(pattern: Pattern, W: int, holds: Callable[[Pattern], Verdict]) -> Verdict:
    windows = range(max(1, pattern.shape[-2] - W + 1))
    verdicts = [holds(pattern[..., first : first + W, :]) for first in windows]
    return np.asarray(np.logical_and.reduce(verdicts))


def _few(window: Pattern, lam: int) -> Verdict:
    """Return whether at most `lam` distinct workers straggle in the window."""
    few: Verdict = np.any(window, axis=-2).sum(axis=-1) <= lam
    return few


def _bursty_window(window: Pattern, B: int, lam: int) -> Verdict:
    first = window.argmax(axis=-2)
    last = window.shape[-2] - 1 - window[..., ::-1, :].argmax(axis=-2)
    short = (last - first < B) | ~np.any(window, axis=-2)
    return np.asarray(_few(window, lam) & np.all(short, axis=-1))


def sample(
    conforms: Callable[[Pattern], Verdict],
    shape: tuple[int, int, int],
    window: int,
    generator: np.random.Generator,
    density: float = 0.5,
) -> Pattern:
    """Return random patterns of `shape` (patterns, rounds, workers) that conform.

    Each is filled greedily, round by round and in a random order of the workers: a straggler that
    is proposed (with probability `density`) is kept if the window that ends now still conforms. At
    density 1 no further worker could straggle in any round given the rounds before it. Right for
    a monotone model whose windows have `window` rounds.
    """
    count, rounds, workers = shape
    patterns = np.zeros(shape, dtype=np.bool_)
    everyone = np.arange(count)
    for r in range(rounds):
        recent = patterns[:, max(0, r - window + 1) : r + 1]
        order = generator.permuted(np.tile(np.arange(workers), (count, 1)), axis=1)
        proposed = generator.random((count, workers)) < density
        for place in range(workers):
            recent[everyone, -1, order[:, place]] = proposed[:, place]
            recent[everyone, -1, order[:, place]] &= conforms(recent)
    return patterns


def sample_per_round(
    shape: tuple[int, int, int], s: int, generator: np.random.Generator, density: float = 0.5
) -> Pattern:
    """Return random patterns with at most `s` stragglers per round."""
    return sample(lambda p: per_round(p, s), shape, 1, generator, density)


def sample_bursty(
    shape: tuple[int, int, int],
    B: int,
    W: int,
    lam: int,
    generator: np.random.Generator,
    density: float = 0.5,
) -> Pattern:
    """Return random (B, W, lambda)-bursty patterns."""
    return sample(lambda p: bursty(p, B, W, lam), shape, W, generator, density)


def sample_arbitrary(
    shape: tuple[int, int, int],
    N: int,
    W: int,
    lam: int,
    generator: np.random.Generator,
    density: float = 0.5,
) -> Pattern:
    """Return random (N, W', lambda')-arbitrary patterns, with W' given as `W`."""
    return sample(lambda p: arbitrary(p, N, W, lam), shape, W, generator, density)
