"""The least load that any scheme needs to tolerate a straggler model in long runs.

A periodic pattern in which lambda workers fail in B of every W-1+B rounds leaves that share of the
workers' rounds useless; what is left must carry one full data set per job (Krishnan, Ramkumar et
al., Sequential Gradient Coding For Straggler Mitigation, ICLR 2023). In short runs the first and
last T rounds distort the average, so the bound is for many jobs.
"""

from __future__ import annotations

from fractions import Fraction


def bursty_bound(n: int, B: int, W: int, lam: int) -> Fraction | None:
    """Return the least load under (B, W, lambda)-bursty stragglers; None for B = W, lambda = n."""
    if B < W:
        return Fraction(W - 1 + B, n * (W - 1) + B * (n - lam))
    return Fraction(1, n - lam) if lam < n else None


def arbitrary_bound(n: int, N: int, W: int, lam: int) -> Fraction | None:
    """Return the least load under (N, W', lambda')-arbitrary stragglers, W' given as `W`."""
    if N < W:
        return Fraction(W, n * (W - N) + N * (n - lam))
    return Fraction(1, n - lam) if lam < n else None


def per_round_bound(n: int, s: int) -> Fraction | None:
    """Return the least load under s stragglers per round: the burst of one round, W = 1."""
    return bursty_bound(n, 1, 1, s)
