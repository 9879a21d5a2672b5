"""Gauss-Markov motion: velocities that remember, so that ways are smooth.

Every `step`, in both directions, v' = a v + (1 - a) v_mean + s sqrt(1 - a^2) N(0, 1); in the long
run v has the mean v_mean and the deviation s, whatever a is, and velocities k steps apart the
correlation a^k. Nodes are thrown back at the edges of the area.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np

from netsim.decentralized.mobility import Area, Floats, MobilityConfig, Mover, generators
from netsim.fields import Probability, Quantity, field
from netsim.registry import register
from netsim.rng import Streams

AnySpeed = Annotated[float, Quantity("speed", minimum=None)]
SpeedSpread = Annotated[float, Quantity("speed")]
Step = Annotated[float, Quantity("duration", minimum=1e-3, positive=True)]


@register("mobility", "gauss_markov")
class GaussMarkov:
    """Nodes whose velocities change little by little."""

    source: ClassVar[str] = "Liang, Haas, Predictive distance-based mobility management, 1999"
    example: ClassVar[dict[str, Any]] = {}

    class Config(MobilityConfig):
        """Mean, spread and memory of velocities."""

        memory: Probability = field(0.85, description="share of a velocity that is kept (a)")
        mean: tuple[AnySpeed, AnySpeed] = field(
            ("0 m/s", "0 m/s"), description="mean velocity in both directions"
        )
        spread: SpeedSpread = field("1 m/s", description="deviation of each (s)")
        step: Step = field("1 s", description="time after which velocities change")

    @staticmethod
    def mover(config: Config, places: Floats, area: Area, streams: Streams) -> Mover:
        """Return who knows where they are."""
        return _Drift(config, places, area, streams)


class _Drift:
    """Places and velocities, step by step."""

    def __init__(
        self, config: GaussMarkov.Config, places: Floats, area: Area, streams: Streams
    ) -> None:
        self._config = config
        self._low, self._high = np.array(area[:2]), np.array(area[2:])
        self._places, self._drawn = places.copy(), generators(streams, len(places))
        self._mean = np.array(config.mean)
        self.velocity = self._mean + config.spread * self._normal()
        self._steps = 0

    def _normal(self) -> Floats:
        return np.array([generator.standard_normal(2) for generator in self._drawn])

    def places(self, time: float) -> Floats:
        """Return where everybody is, as `Mover.places`."""
        config = self._config
        a = config.memory
        while (self._steps + 1) * config.step <= time:
            self._steps += 1
            self._places = self._ahead(config.step, turn=True)
            fresh = config.spread * np.sqrt(1 - a**2) * self._normal()
            self.velocity = a * self.velocity + (1 - a) * self._mean + fresh
        return self._ahead(time - self._steps * config.step, turn=False)

    def _ahead(self, span: float, *, turn: bool) -> Floats:
        """Return the places after `span` seconds, thrown back at the edges."""
        wide = np.maximum(self._high - self._low, 1e-9)
        gone = self._places + span * self.velocity - self._low
        folded = np.mod(gone, 2 * wide)
        back = folded > wide
        if turn:
            self.velocity = np.where(back, -self.velocity, self.velocity)
        found: Floats = self._low + np.where(back, 2 * wide - folded, folded)
        return found
