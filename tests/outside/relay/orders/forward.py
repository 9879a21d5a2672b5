"""One after another."""

from __future__ import annotations

from typing import ClassVar

from netsim.registry import register
from relay.orders.order import OrderConfig


@register("order", "forward")
class Forward:
    """Runners in the order of their numbers."""

    source: ClassVar[str] = "rules of the relay race"

    class Config(OrderConfig):
        """Nothing to choose."""

    @staticmethod
    def runners(config, count):
        """Return who runs first, second, ..."""
        return list(range(count))
