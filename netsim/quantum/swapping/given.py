"""Swapping in a given order of the inner routers."""

from __future__ import annotations

from typing import ClassVar

from netsim.fields import field
from netsim.problems import Problem
from netsim.quantum.swapping.policy import Partners, SwapConfig, in_order
from netsim.registry import register


@register("swap", "given")
class Given:
    """One router after the other, as the scenario lists their positions on the path."""

    source: ClassVar[str] = "S. Brand, T. Coopmans and D. Elkouss, IEEE J-SAC 38, 619, 2020"

    class Config(SwapConfig):
        """How inner routers join pairs."""

        order: tuple[int, ...] = field(
            (), description="positions of the inner routers on the path, from 1, as they swap"
        )

    @staticmethod
    def ranks(config: Config, nodes: int) -> Partners:
        """Return the neighbours that are left when a router's turn comes."""
        return in_order(config.order, nodes)

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong with the order for a path of so many routers."""
        if sorted(config.order) == list(range(1, nodes - 1)):
            return []
        message = f"the order must name every inner position of the path once: 1 to {nodes - 2}"
        return [Problem(message, ("order",), hint="for example [1, 3, 2] on five routers")]
