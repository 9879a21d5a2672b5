"""What is learnt from a probe: how times grow with the load, and other probes like it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netsim.datafiles import RATIO, read
from netsim.delays.laws.law import SECONDS
from netsim.delays.trace import profile
from netsim.stragglers.codes.scheme import Floats


def fit_load_slope(loads: Sequence[float], means: Sequence[float]) -> tuple[float, float]:
    """Return slope and intercept of mean finish time against load, by least squares.

    >>> slope, intercept = fit_load_slope([0, 0.5, 1], [0.7, 1.3, 1.9])
    >>> round(slope, 12), round(intercept, 12)
    (1.2, 0.7)
    """
    x, y = np.asarray(loads, dtype=np.float64), np.asarray(means, dtype=np.float64)
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    return slope, float(y.mean() - slope * x.mean())


def measured_slope(path: Path) -> tuple[float, float]:
    """Return slope and intercept of the mean times in a trace with a column `load`."""
    columns = read(path, {"load": RATIO, "seconds": SECONDS})
    loads = np.unique(columns["load"])
    return fit_load_slope(
        [float(load) for load in loads],
        [float(profile(path, float(load))[0].mean()) for load in loads],
    )


def bootstrap(
    measured: Floats, block: int, resamples: int, generator: np.random.Generator
) -> Floats:
    """Return resampled profiles, (resamples, rounds, workers): blocks of consecutive rounds.

    Blocks start at rounds drawn with replacement and wrap around (circular block bootstrap, Politis
    and Romano 1992), so that bursts shorter than a block survive.
    """
    rounds = len(measured)
    block = min(block, rounds)
    starts = generator.integers(rounds, size=(resamples, -(-rounds // block)))
    order = (starts[:, :, None] + np.arange(block)) % rounds
    resampled: Floats = measured[order.reshape(resamples, -1)[:, :rounds]]
    return resampled
