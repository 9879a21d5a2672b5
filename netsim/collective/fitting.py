"""Fit a network to measured times of a collective: latency and rate, and where they change.

A library changes algorithm or protocol with the size, so the times of all sizes are no straight
line; between such changes they are one, ``t = A + B s``: what latencies and overheads add up to,
and the bytes over a port. A *regime* is a range of sizes with one such line. Ranges are cut where
the sum of squared errors of log time is least (dynamic programming over the sizes), and there are
as many as the Bayesian information criterion allows, so that noise does not make regimes of its
own.

Errors of log time weigh small and large sizes alike; least squares of the times themselves would
fit the largest few alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Sizes that a regime has at least, and regimes that there are at most.
FEWEST: Final = 2
MOST_REGIMES: Final = 4
#: Relative error below which a measurement says nothing.
_RESOLUTION: Final = 1e-3
_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Regime:
    """Sizes with one line.

    Parameters
    ----------
    first, last
        Smallest and largest size (B) that was measured in it.
    base
        Seconds that a collective of no bytes would take.
    byte_time
        Seconds a byte adds.
    """

    first: float
    last: float
    base: float
    byte_time: float

    def time(self, size: Floats) -> Floats:
        """Return the seconds that collectives of these sizes (B) take."""
        return self.base + self.byte_time * size


@dataclass(frozen=True, slots=True)
class Fit:
    """Regimes, from small sizes to large ones."""

    regimes: tuple[Regime, ...]

    def time(self, size: Floats) -> Floats:
        """Return the seconds that collectives of these sizes (B) take.

        Between two regimes it is the shorter one: a library changes where that pays.
        """
        found = self.regimes[0].time(size)
        for before, after in zip(self.regimes, self.regimes[1:], strict=False):
            between = np.minimum(before.time(size), after.time(size))
            found = np.where(size > before.last, between, found)
            found = np.where(size >= after.first, after.time(size), found)
        return found


def fit(size: Floats, time: Floats) -> Fit:
    """Return the regimes of measured times.

    Parameters
    ----------
    size, time
        Bytes and seconds, one entry per size, sizes rising; at least `FEWEST`.
    """
    count = len(size)
    lines = {
        (i, j): _line(size[i:j], time[i:j])
        for i in range(count)
        for j in range(i + min(FEWEST, count), count + 1)
    }
    best = Fit((Regime(float(size[0]), float(size[-1]), *lines[0, count][:2]),))
    least = np.inf
    for regimes in range(1, MOST_REGIMES + 1):
        cuts, error = _cut(count, regimes, lines)
        if cuts is None:
            break
        score = count * np.log(max(error / count, _RESOLUTION**2))
        # Two numbers a line, and two for each cut: where it lies was searched for.
        score += (4 * regimes - 2) * np.log(count)
        if score < least - 1e-9:
            least = score
            best = Fit(
                tuple(Regime(float(size[i]), float(size[j - 1]), *lines[i, j][:2]) for i, j in cuts)
            )
    return best


def _cut(
    count: int, regimes: int, lines: dict[tuple[int, int], tuple[float, float, float]]
) -> tuple[list[tuple[int, int]] | None, float]:
    """Return the cuts into so many regimes with the least error, and that error."""
    least: dict[tuple[int, int], tuple[float, int]] = {(0, 0): (0.0, 0)}
    for made in range(1, regimes + 1):
        for j in range(1, count + 1):
            options = [
                (least[made - 1, i][0] + lines[i, j][2], i)
                for i in range(j)
                if (made - 1, i) in least and (i, j) in lines
            ]
            if options:
                least[made, j] = min(options)
    if (regimes, count) not in least:
        return None, np.inf
    cuts, j = [], count
    for made in range(regimes, 0, -1):
        i = least[made, j][1]
        cuts.append((i, j))
        j = i
    return cuts[::-1], least[regimes, count][0]


def _line(size: Floats, time: Floats) -> tuple[float, float, float]:
    """Return base, time of a byte, and the sum of squared errors of log time.

    Gauss-Newton from the weighted straight line; neither of the two may be negative.
    """
    columns = np.stack([np.ones_like(size), size], axis=1) / time[:, None]
    found = _not_negative(columns, np.ones_like(size))
    for _ in range(_STEPS):
        model = found[0] + found[1] * size
        if (model <= 0).any():
            break
        residual = np.log(time / model)
        step = _not_negative(
            np.stack([np.ones_like(size), size], axis=1) / model[:, None],
            residual + (found[0] + found[1] * size) / model,
        )
        if np.allclose(step, found, rtol=1e-12, atol=0):
            break
        found = step
    error = float((np.log(time / np.maximum(found[0] + found[1] * size, 1e-300)) ** 2).sum())
    return float(found[0]), float(found[1]), error


def _not_negative(columns: Floats, wanted: Floats) -> Floats:
    """Return the least squares solution for two unknowns that may not be negative."""
    solution = np.linalg.lstsq(columns, wanted, rcond=None)[0]
    if (solution >= 0).all():
        return np.asarray(solution)
    alone = []
    for one in (0, 1):
        column = columns[:, one]
        value = max(0.0, float(column @ wanted / (column @ column)))
        alone.append((float(((wanted - column * value) ** 2).sum()), one, value))
    _, one, value = min(alone)
    solution = np.zeros(2)
    solution[one] = value
    return solution


def left_out_error(size: Floats, time: Floats) -> float:
    """Return how far off every other size is when the others alone are fitted.

    It is the geometric mean of the ratios of both, less 1.
    """
    kept = np.arange(len(size)) % 2 == 0
    model = fit(size[kept], time[kept]).time(size[~kept])
    return mean_error(time[~kept], model)


def mean_error(time: Floats, model: Floats) -> float:
    """Return the geometric mean of the ratios of measured and modelled times, less 1."""
    return float(np.expm1(np.abs(np.log(model / time)).mean()))
