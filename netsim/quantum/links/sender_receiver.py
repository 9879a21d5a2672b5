"""A sender and a receiver: the Bell measurement stands at the responder's router.

One photon travels the whole fibre and meets one of the receiver's own, so the loss is that of the
whole length; the result has to travel back.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.quantum.links.kind import Hardware, LinkConfig, Model
from netsim.quantum.links.two_click import Coincidences
from netsim.registry import register


@register("link", "sender_receiver")
class SenderReceiver:
    """The station at the responder: one arm of full length, one of none."""

    source: ClassVar[str] = "R. Van Meter, Quantum Networking, 2014, section 8"

    #: Share of the fibre between the requester and the station.
    place: ClassVar[float] = 1.0

    class Config(LinkConfig):
        """The station at the responder: one arm of full length, one of none."""

        bell: Probability = field(
            0.5,
            description="share of the Bell measurements of two photons that tell which it was",
        )

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds: both photons arrive, and the last step works."""
        a, b = hardware.arms
        return Model(config.bell * a * b, 0.0, 1, hardware.state, from_emission=True)

    @staticmethod
    def flight(config: Config, light: int, delay: int) -> int:
        """Return the time from emission until both routers know."""
        return light + delay

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Coincidences:
        """Return who plays the round."""
        return Coincidences(config.bell, hardware, generator)
