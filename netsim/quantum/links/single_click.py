"""Single-click heralding: either memory may have sent the one photon that is seen.

Both memories are bright with the small chance `bright`, so the rate goes as the square root of the
loss between the routers, and a double emission is the price: of fidelity ``1 - bright`` at best.
Phase noise of the fibres and imperfect visibility turn Phi+ into Phi- (after the correction).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from netsim.fields import Angle, Probability, Ratio, field
from netsim.quantum.links.clicks import Station, one_click
from netsim.quantum.links.kind import Hardware, LinkConfig, Model, Outcome
from netsim.quantum.links.two_round import LIKE, UNLIKE
from netsim.quantum.states import State
from netsim.registry import register


@register("link", "single_click")
class SingleClick:
    """One photon from either side, heralded by one click."""

    source: ClassVar[str] = (
        "C. Cabrillo et al., Phys. Rev. A 59, 1025, 1999; P. C. Humphreys et al., Nature 558, 268, "
        "2018"
    )

    counts_dark: ClassVar[bool] = True

    class Config(LinkConfig):
        """A station midway, weakly bright memories, and one round an attempt."""

        bright: Annotated[float, Ratio(1e-9, 0.5)] = field(
            0.05, description="population of the bright state in either memory"
        )
        visibility: Probability = field(1.0, description="two-photon visibility at the station")
        phase_noise: Angle = field(
            "0 rad", description="standard deviation of the phase between the two paths"
        )

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds with dark counts and unequal arms."""
        (a, b), u, al = hardware.arms, hardware.dark, config.bright
        click = one_click((a, b), u, (1 + config.visibility) / 2)
        lone = al * (1 - al)
        odd = lone * (click.first + click.second)
        success = odd + (1 - al) ** 2 * click.none + al**2 * click.both
        if success == 0:
            return Model(0.0, 0.0, 1, hardware.state)
        true = lone * (a + b) * (1 - u) / success
        unlike, like = odd / success - true, 1 - odd / success
        i, z, x, y = _coherent(config)
        state = (
            true * i + unlike / 2,
            true * z + unlike / 2,
            true * x + like / 2,
            true * y + like / 2,
        )
        return Model(success, 0.0, 1, state)

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Clicks:
        """Return who plays the round."""
        return Clicks(config, hardware, generator)


def _coherent(config: SingleClick.Config) -> State:
    c = math.sqrt(config.visibility) * math.exp(-(config.phase_noise**2) / 2)
    return (1 + c) / 2, (1 - c) / 2, 0.0, 0.0


class Clicks:
    """Attempts of one round, photon by photon."""

    def __init__(
        self, config: SingleClick.Config, hardware: Hardware, generator: np.random.Generator
    ) -> None:
        beta = (1 + config.visibility) / 2
        self.station = Station(hardware.arms, hardware.dark, beta, generator)
        self._bright = config.bright
        self._state = _coherent(config)
        self._random = generator.random

    def first(self) -> Outcome:
        """Prepare both memories and look for one click."""
        a, b = self._random() < self._bright, self._random() < self._bright
        passed, seen = self.station.look(a, b)
        if not passed:
            return False, None
        if a == b:
            return True, LIKE
        return True, self._state if seen else UNLIKE

    def second(self) -> Outcome:
        """There is no second round: what passes the first is a pair."""
        return False, None
