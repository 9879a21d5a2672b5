"""Every n-th one."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.fields import field
from netsim.registry import register
from relay.orders.order import OrderConfig


@register("order", "strided")
class Strided:
    """Every n-th runner, round after round."""

    source: ClassVar[str] = "rules of the relay race"
    example: ClassVar[dict[str, Any]] = {"stride": 2}

    class Config(OrderConfig):
        """How many are passed over."""

        stride: int = field(description="from one runner to the next", ge=1)

    @staticmethod
    def runners(config, count):
        """Return who runs first, second, ..."""
        return [
            runner
            for first in range(config.stride)
            for runner in range(first, count, config.stride)
        ]
