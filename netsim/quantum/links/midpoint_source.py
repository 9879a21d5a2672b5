"""A source of photon pairs midway, and memories that latch what they receive first.

The source emits into `slots` slots a round. Each side keeps its first detected photon and ignores
the rest until both sides have told each other which slot it was; they have a pair if it was the
same. With pair chance p a slot and arms e a side, a slot is seen by either side with chance
``p e (2 - e)`` and by both, given that, with ``e / (2 - e)``, and only the first such slot counts:
``P = e / (2 - e) (1 - (1 - p e (2 - e))^M)``. Without latching it would be some ``M p e^2``. For
many slots it goes as the root of the loss between the routers.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from netsim.fields import PositiveTime, Ratio, field
from netsim.quantum.links.kind import Hardware, LinkConfig, Model, Outcome
from netsim.registry import register


@register("link", "midpoint_source")
class MidpointSource:
    """Many slots a round from a pair source midway, latched on both sides."""

    source: ClassVar[str] = "C. Jones et al., New J. Phys. 18, 083015, 2016"

    class Config(LinkConfig):
        """A source of photon pairs midway."""

        pair: Annotated[float, Ratio(1e-9, 1.0)] = field(
            0.1, description="chance that the source emits a pair in a slot"
        )
        slots: int = field(100, description="slots of a round", ge=1, le=1_000_000)
        width: PositiveTime = field("12.5 ns", description="length of a slot of the source")

    @staticmethod
    def model(config: Config, hardware: Hardware) -> Model:
        """Return the odds of a round, for unequal arms as well."""
        a, b = hardware.arms
        either = a + b - a * b
        success = 0.0
        if either > 0:
            seen = -np.expm1(config.slots * np.log1p(-config.pair * either * (1 - 1e-16)))
            success = float(a * b / either * seen)
        return Model(success, 0.0, 1, hardware.state, emissions=config.slots)

    @staticmethod
    def flight(config: Config, light: int, delay: int) -> int:
        """Return the time from the round's start until both sides know: slots, light, message."""
        return config.slots * config.width + light // 2 + delay

    @staticmethod
    def play(config: Config, hardware: Hardware, generator: np.random.Generator) -> Latches:
        """Return who plays the slots."""
        return Latches(config, hardware, generator)


class Latches:
    """Rounds of a source, slot by slot."""

    def __init__(
        self, config: MidpointSource.Config, hardware: Hardware, generator: np.random.Generator
    ) -> None:
        self._config, self._hardware, self._random = config, hardware, generator.random

    def first(self) -> Outcome:
        """Play a round: either side latches its first photon."""
        emitted = self._random(self._config.slots) < self._config.pair
        first = []
        for arm in self._hardware.arms:
            seen = emitted & (self._random(self._config.slots) < arm)
            if not seen.any():
                return False, None
            first.append(int(seen.argmax()))
        passed = first[0] == first[1]
        return passed, self._hardware.state if passed else None

    def second(self) -> Outcome:
        """There is no second round: what passes the first is a pair."""
        return False, None
