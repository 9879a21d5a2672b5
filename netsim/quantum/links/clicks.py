"""A heralding station of two detectors: how often exactly one clicks, in odds and photon by photon.

Photons meet on a beam splitter and each detector tells only that it clicked. Two photons at once
are one click where both take the same detector, with chance `beta`: a half for independent photons,
``(1 + V) / 2`` for photons of visibility V. A dark count within the window is a click as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Click(NamedTuple):
    """Chance of exactly one click in a round with one, two or no photons sent; see `one_click`."""

    none: float
    first: float
    second: float
    both: float


def one_click(arms: tuple[float, float], dark: float, beta: float) -> Click:
    """Return the chances of exactly one click if no memory, the first, the second or both emit.

    Parameters
    ----------
    arms
        Chance of either photon to be detected.
    dark
        Chance of a dark count per detector.
    beta
        Chance that two photons take the same detector.
    """
    a, b = arms
    none = 2 * dark * (1 - dark)
    lone = a * (1 - b) + b * (1 - a) + beta * a * b
    return Click(
        none,
        a * (1 - dark) + (1 - a) * none,
        b * (1 - dark) + (1 - b) * none,
        lone * (1 - dark) + (1 - a) * (1 - b) * none,
    )


class Detectors:
    """The two detectors of a station, which are blind for a while after each click.

    Parameters
    ----------
    dead
        How long they are blind (ps): photons that come within it are lost, and change nothing.
    """

    def __init__(self, dead: int) -> None:
        self.dead = dead
        #: When the photons of the present round come (ps).
        self.time = 0
        self.blind = [0, 0]

    def sees(self, detector: int) -> bool:
        """Return whether a detector can click now, after which it is blind."""
        if self.time < self.blind[detector]:
            return False
        self.blind[detector] = self.time + self.dead
        return True


class Station:
    """Two detectors, played photon by photon.

    Parameters
    ----------
    arms, dark, beta
        As in `one_click`.
    generator
        Where chance comes from.
    """

    def __init__(
        self,
        arms: tuple[float, float],
        dark: float,
        beta: float,
        generator: np.random.Generator,
    ) -> None:
        self._arms, self._dark, self._beta = arms, dark, beta
        self._random = generator.random
        #: Shared by all memories of a link, None where they have recovered before every photon.
        self.detectors: Detectors | None = None

    def look(self, first: bool, second: bool) -> tuple[bool, bool]:
        """Return whether exactly one detector clicks, and whether a photon caused it.

        Parameters
        ----------
        first, second
            Whether either memory emits.
        """
        random = self._random
        a = first and random() < self._arms[0]
        b = second and random() < self._arms[1]
        clicks = [False, False]
        if a or b:
            place = random() < 0.5
            clicks[place] = True
            if a and b and random() >= self._beta:
                clicks[not place] = True
        photon = a or b
        if self._dark:
            for detector in (0, 1):
                if random() < self._dark:
                    clicks[detector] = True
        if self.detectors is not None:
            for detector in (0, 1):
                clicks[detector] = clicks[detector] and self.detectors.sees(detector)
        return clicks[0] != clicks[1], photon
