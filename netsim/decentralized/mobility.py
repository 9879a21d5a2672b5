"""What a kind of motion is: where every node is at every moment.

A registered kind is a class with a `Config`, a `source`, and::

    mover(config, places, area, streams) -> Mover

where `places` are those at the start, (nodes, 2) in metres, and `area` the two corners of the
rectangle that nodes stay in. Each node draws from a stream of its own, so that more nodes change no
other's way. Places are asked for at ascending times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.fields import Config, OneOf, PositiveTime, field
from netsim.rng import Streams

Floats = NDArray[np.float64]
#: Least and largest x and y.
Area = tuple[float, float, float, float]
PURPOSE = "decentralized.motion"


class MobilityConfig(Config):
    """How nodes move."""

    tick: PositiveTime = field(
        "1 s", description="time after which it is seen anew who is in reach"
    )


MobilityBlock = Annotated[MobilityConfig, OneOf("mobility")]


class Mover(Protocol):
    """Knows where everybody is."""

    def places(self, time: float) -> Floats:
        """Return the places (nodes, 2) at `time` in seconds, not before the last one asked for."""
        ...


def generators(streams: Streams, nodes: int) -> list[np.random.Generator]:
    """Return one generator per node."""
    return [streams.generator(PURPOSE, node) for node in range(nodes)]


#: Returns a node's next place, the speed to it, and the pause there.
Following = Callable[[int], tuple[Floats, float, float] | None]


class Legs:
    """Nodes that go straight from place to place, each at a speed of its own, with pauses.

    Parameters
    ----------
    places
        Where they are at first, (nodes, 2).
    following
        Returns the next place of a node, the speed to it, and the pause there in seconds; None if
        the node stays where it is.
    """

    def __init__(self, places: Floats, following: Following) -> None:
        self._from = places.copy()
        self._to = places.copy()
        nodes = len(places)
        #: When the leg began, and when its pause is over.
        self._begin, self._arrive, self._end = np.zeros(nodes), np.zeros(nodes), np.zeros(nodes)
        self._following = following

    def places(self, time: float) -> Floats:
        """Return where everybody is, as `Mover.places`."""
        for node in np.flatnonzero(self._end <= time).tolist():
            while self._end[node] <= time:
                leg = self._following(node)
                self._from[node] = self._to[node]
                self._begin[node] = self._end[node]
                if leg is None:
                    self._arrive[node] = self._end[node] = np.inf
                    break
                goal, speed, pause = leg
                away = float(np.hypot(*(goal - self._from[node])))
                self._to[node] = goal
                # A leg that takes no time would never end.
                lasts = max(away / speed if speed > 0 else np.inf, 1e-6)
                self._arrive[node] = self._begin[node] + lasts
                self._end[node] = self._arrive[node] + pause
        with np.errstate(invalid="ignore"):
            share = (time - self._begin) / (self._arrive - self._begin)
        share = np.where(np.isfinite(self._arrive), np.minimum(share, 1.0), 0.0)[:, None]
        found: Floats = self._from + share * (self._to - self._from)
        return found
