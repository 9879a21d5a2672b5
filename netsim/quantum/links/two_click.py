"""Two-click heralding in a single round: both photons must arrive and be told apart.

Each memory emits one photon for certain, entangled with it in polarisation or time bin, and a
Bell measurement of linear optics recognises half of the outcomes. The chance of a pair goes as the
loss between the routers. The halves are in the memories from the emission on.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.quantum.links.kind import Hardware, LinkConfig, Model, Outcome
from netsim.registry import register


@register("link", "two_click")
class TwoClick:
    """Both photons meet at a station, in one round."""

    source: ClassVar[str] = "N. Sangouard et al., Rev. Mod. Phys. 83, 33, 2011, section V"

    class Config(LinkConfig):
        """A Bell measurement midway, and one round an attempt."""

        bell: Probability = field(
            0.5,
            description="share of the Bell measurements of two photons that tell which state it "
            "was: a half with linear optics alone",
        )

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds of both photons and of the measurement."""
        a, b = hardware.arms
        return Model(config.bell * a * b, 0.0, 1, hardware.state, from_emission=True)

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Coincidences:
        """Return who plays the round."""
        return Coincidences(config.bell, hardware, generator)


class Coincidences:
    """Attempts in which two things must arrive and a last step must work.

    Parameters
    ----------
    works
        Chance of the last step.
    hardware
        Whose arms say how often either arrives.
    generator
        Where chance comes from.
    """

    def __init__(self, works: float, hardware: Hardware, generator: np.random.Generator) -> None:
        self._works, self._hardware, self._random = works, hardware, generator.random

    def first(self) -> Outcome:
        """Send both photons and measure what arrives."""
        a = self._random() < self._hardware.arms[0]
        b = self._random() < self._hardware.arms[1]
        passed = a and b and self._random() < self._works
        return passed, self._hardware.state if passed else None

    def second(self) -> Outcome:
        """There is no second round: what passes the first is a pair."""
        return False, None
