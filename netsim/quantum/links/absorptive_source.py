"""A source of photon pairs midway, one pair an attempt, absorbed by memories on both sides.

A memory heralds that it absorbed a photon (memory, fibre and detector efficiency together), and
both sides tell each other.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.quantum.links.kind import Hardware, LinkConfig, Model
from netsim.quantum.links.two_click import Coincidences
from netsim.registry import register


@register("link", "absorptive_source")
class AbsorptiveSource:
    """A pair source midway and absorbing memories."""

    source: ClassVar[str] = "N. Sangouard et al., Rev. Mod. Phys. 83, 33, 2011, section III"

    class Config(LinkConfig):
        """A pair source midway and absorbing memories."""

        pair: Probability = field(
            0.1, description="chance that the source emits a pair in an attempt"
        )

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds: both photons arrive, and the last step works."""
        a, b = hardware.arms
        return Model(config.pair * a * b, 0.0, 1, hardware.state, from_emission=True)

    @staticmethod
    def flight(config: Config, light: int, delay: int) -> int:
        """Return the time from emission until both routers know."""
        return light // 2 + delay

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Coincidences:
        """Return who plays the round."""
        return Coincidences(config.pair, hardware, generator)
