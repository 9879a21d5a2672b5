"""Two-round heralding: exactly one click, both memories flipped, exactly one click again.

Each memory is in an even superposition of a dark and a bright state, and the bright one emits. If
one of them emitted and its photon came through, the flip makes the other one emit in round two. Two
emitters, or none, can pass a round by loss or dark counts, never both rounds without a dark count.
With ``g0, g1, g2`` the chances of one click of no, one and two emitters, an attempt succeeds with
chance ``(g1 g1' + g0 g2) / 2`` and passes its first round with ``(g0 + g1 + g1' + g2) / 4``. Of
the heralds the share ``eta eta' (1-u)^2 / (2 P)`` is true; the others have no coherence, and equal
or unequal bits as the memories' emissions were.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.quantum.links.clicks import Station, one_click
from netsim.quantum.links.kind import Hardware, LinkConfig, Model, Outcome
from netsim.quantum.states import State
from netsim.registry import register

#: Pairs without coherence: unlike and like bits, as seen after the correction.
UNLIKE: State = (0.5, 0.5, 0.0, 0.0)
LIKE: State = (0.0, 0.0, 0.5, 0.5)


@register("link", "two_round")
class TwoRound:
    """Barrett and Kok's scheme: one click in each of two rounds."""

    source: ClassVar[str] = "S. D. Barrett and P. Kok, Phys. Rev. A 71, 060310(R), 2005"

    counts_dark: ClassVar[bool] = True

    class Config(LinkConfig):
        """A station of two detectors midway, and two rounds an attempt."""

        visibility: Probability = field(
            0.0,
            description="two-photon visibility at the station; it changes how often an attempt "
            "reaches round two in vain, not how often it succeeds",
        )

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds with dark counts and unequal arms."""
        (a, b), u = hardware.arms, hardware.dark
        click = one_click((a, b), u, (1 + config.visibility) / 2)
        success = (click.first * click.second + click.none * click.both) / 2
        passed = sum(click) / 4
        true = a * b * (1 - u) ** 2 / 2
        unlike = click.first * click.second / 2 - true
        like = click.none * click.both / 2
        state = (
            tuple(
                (true * t + unlike * o + like * e) / success
                for t, o, e in zip(hardware.state, UNLIKE, LIKE, strict=True)
            )
            if success
            else hardware.state
        )
        second = (passed - success) / (1 - success)
        return Model(success, second, 2, (state[0], state[1], state[2], state[3]))

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Rounds:
        """Return who plays both rounds."""
        return Rounds(config, hardware, generator)


class Rounds:
    """Attempts of two rounds, photon by photon."""

    def __init__(
        self, config: TwoRound.Config, hardware: Hardware, generator: np.random.Generator
    ) -> None:
        beta = (1 + config.visibility) / 2
        self.station = Station(hardware.arms, hardware.dark, beta, generator)
        self._state = hardware.state
        self._random = generator.random
        self._bright = (False, False)
        self._seen = False

    def first(self) -> Outcome:
        """Prepare both memories and look for one click."""
        self._bright = self._random() < 0.5, self._random() < 0.5
        passed, self._seen = self.station.look(*self._bright)
        return passed, None

    def second(self) -> Outcome:
        """Flip both memories and look again."""
        a, b = self._bright
        passed, seen = self.station.look(not a, not b)
        if not passed:
            return False, None
        if a == b:
            return True, LIKE
        return True, self._state if seen and self._seen else UNLIKE
