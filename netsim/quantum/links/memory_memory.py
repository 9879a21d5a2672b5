"""From memory to memory: a photon of one is absorbed by the other.

There is no station. The responder's memory heralds that it absorbed the photon, as well as a
detector would, and tells the requester.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.quantum.links.kind import Hardware, LinkConfig, Model
from netsim.quantum.links.two_click import Coincidences
from netsim.registry import register


@register("link", "memory_memory")
class MemoryMemory:
    """Emission at one router, absorption at the other."""

    source: ClassVar[str] = "S. Ritter et al., Nature 484, 195, 2012"

    #: Share of the fibre between the requester and the station.
    place: ClassVar[float] = 1.0

    class Config(LinkConfig):
        """Emission at one router, absorption at the other."""

        absorption: Probability = field(
            1.0, description="chance that a photon which arrives is absorbed"
        )

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds: the photon arrives and is absorbed."""
        return Model(
            config.absorption * hardware.arms[0], 0.0, 1, hardware.state, from_emission=True
        )

    @staticmethod
    def flight(config: Config, light: int, delay: int) -> int:
        """Return the time from emission until both routers know."""
        return light + delay

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Coincidences:
        """Return who plays the round."""
        alone = replace(hardware, arms=(hardware.arms[0], 1.0))
        return Coincidences(config.absorption, alone, generator)
