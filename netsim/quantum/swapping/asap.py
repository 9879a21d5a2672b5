"""Swap as soon as possible: any router with a pair on either side swaps."""

from __future__ import annotations

from typing import ClassVar

from netsim.quantum.swapping.policy import Partners, SwapConfig
from netsim.registry import register


@register("swap", "asap")
class Asap:
    """Wait for no partner in particular."""

    source: ClassVar[str] = "K. Goodenough, T. Coopmans and D. Towsley, Quantum 9, 1744, 2025"

    class Config(SwapConfig):
        """How inner routers join pairs."""

    @staticmethod
    def ranks(config: Config, nodes: int) -> Partners | None:
        """Return None: any two partners will do."""
        return None
