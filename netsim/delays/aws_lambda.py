"""A generator fitted to measurements of 256 AWS Lambda workers (preset ``lambda``).

The authors of sequential gradient coding published times of 256 workers over 30 rounds, without a
licence, so the data cannot be shipped. What is known of them at load 0, and what this generator
gives (mean over replications of 30 rounds; in brackets the range of 90 % of them):

===================================== ========= =========================
fact, 256 workers x 30 rounds         measured  generated
===================================== ========= =========================
shortest time                         0.54 s    0.540 s
median time                           0.64 s    0.652 s (the one misfit)
mean time                             0.70 s    0.70 s [0.69, 0.71]
99th percentile                       1.45 s    1.42 s [1.35, 1.50]
longest time                          2.25 s    2.24 s [1.9, 2.7]
beyond twice the round's fastest      5.0 %     4.9 % [3.4, 6.8]
the same, worst round of 30           58        57 [27, 117]
good to bad (p of a fitted chain)     0.048     0.046 [0.032, 0.065]
bad to good (q)                       0.90      0.89 [0.866, 0.92]
bursts of 1, 2, 3, 4 rounds           315 27 2 2  305, 32, 3.4, 0.4
workers that ever straggle            55 %      54 % [48, 60]
slowest worker, sum of 26 rounds      40.76 s   42.1 s [40.0, 44.4]
===================================== ========= =========================

The model behind it: a worker is prone to straggling in a replication or not (otherwise 5 % spread
evenly over 30 rounds would touch 77 % of all workers), and the rounds have common intensities (else
no round would see 58 at once). A prone worker turns bad with probability ``p * intensity`` and good
again with q; intensities are log-normal with mean 1. A good time is a fixed part plus a gamma, a
bad one likewise. At higher loads there were fewer but far worse outliers (up to 38 s): `cold_start`
puts in 25 to 40 s. The mean time grew by 1.12 s per unit of load: ``compute: {per_load: 1.12 s}``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.delays.gilbert_elliott import chain, stationary
from netsim.delays.lanes import WIDTH, Marks, fill, generator, lanes, mark, place, width
from netsim.delays.laws.law import Law, Seconds
from netsim.delays.process import DelayConfig
from netsim.fields import Config as Block
from netsim.fields import Probability, field
from netsim.registry import register
from netsim.rng import Streams

PRONE: Final = 0.56
P: Final = 0.084
Q: Final = 0.89
SIGMA: Final = 0.97
"""Standard deviation of the logarithm of a round's intensity."""


class _Laws(Block):
    good: Law = field(
        {"dist": "gamma", "shift": "0.539 s", "mean": "0.128 s", "sd": "0.093 s"},
        description="time of a good worker-round",
    )
    bad: Law = field(
        # A gamma of shape 1.4: between an exponential, whose longest times are too long, and less.
        {"dist": "gamma", "shift": "1.1 s", "mean": "0.215 s", "sd": "0.1817 s"},
        description="time of a bad worker-round",
    )
    cold: Law = field(
        {"dist": "uniform", "low": "25 s", "high": "40 s"}, description="time of a cold start"
    )


@functools.cache
def _laws() -> _Laws:
    return _Laws()


@register("delay", "lambda")
class Lambda:
    """256 AWS Lambda workers: prone workers, rounds of common intensity, short bursts."""

    source: ClassVar[str] = (
        "fitted to facts of the measurements of Krishnan et al., Sequential Gradient Coding, 2023"
    )

    class Config(DelayConfig):
        """What load 0 did not show."""

        cold_start: Probability = field(
            0.0, description="share of worker-rounds that take 25 to 40 s; seen at loads above 0"
        )

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in good times, replaced where a worker is bad, and cold starts."""
        _, rounds, workers = out.shape
        fill(_laws().good, streams, f"{purpose}.good", out)
        turns = np.stack([_turns(source, purpose, rounds, workers) for source in streams])
        stays = mark(streams, f"{purpose}.stay", 1 - Q, rounds, workers)
        place(out, chain(turns, stays), _laws().bad, streams, f"{purpose}.bad")
        cold = mark(streams, f"{purpose}.cold", config.cold_start, rounds, workers)
        place(out, cold, _laws().cold, streams, f"{purpose}.cold_time")


def _turns(source: Streams, purpose: str, rounds: int, workers: int) -> NDArray[np.bool_]:
    """Return who would turn bad in which round: prone workers, by the round's intensity."""
    normal = generator(source, f"{purpose}.intensity").standard_normal(rounds)
    chance = P * np.exp(SIGMA * normal - SIGMA**2 / 2)
    if rounds:
        chance[0] *= stationary(P, Q) / P
    turns: Marks = np.empty((rounds, width(workers)), dtype=np.bool_)
    for lane, cells in lanes(workers):
        prone = generator(source, f"{purpose}.prone", lane).random(WIDTH) < PRONE
        draws = generator(source, f"{purpose}.turn", lane).random((rounds, WIDTH))
        turns[:, cells.start : cells.start + WIDTH] = (draws < chance[:, None]) & prone
    return turns
