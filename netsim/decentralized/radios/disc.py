"""Disc radio: everybody within a distance is heard, nobody beyond."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from netsim.decentralized.radio import Flags, Floats, RadioConfig
from netsim.fields import Quantity, field
from netsim.registry import register

Reach = Annotated[float, Quantity("length", positive=True)]


@register("radio", "disc")
class Disc:
    """Two nodes hear each other if they are near enough."""

    source: ClassVar[str] = "Clark, Colbourn, Johnson, Unit disk graphs, 1990"
    example: ClassVar[dict[str, Any]] = {"range": "100 m"}

    class Config(RadioConfig):
        """How near."""

        range: Reach = field(description="greatest distance of two nodes that hear each other")

    @staticmethod
    def reaches(config: Config, distance: Floats, drawn: Floats) -> Flags:
        """Return which pairs are near enough."""
        found: Flags = distance <= config.range
        return found

    @staticmethod
    def rate(config: Config, distance: float, drawn: float) -> float | None:
        """Return that links say it."""
        return None
