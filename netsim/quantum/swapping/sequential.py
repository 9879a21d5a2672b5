"""Sequential swapping: the pair of the first router grows link by link."""

from __future__ import annotations

from typing import ClassVar

from netsim.quantum.swapping.policy import Partners, SwapConfig, in_order
from netsim.registry import register


@register("swap", "sequential")
class Sequential:
    """One router after the other, from the initiator on."""

    source: ClassVar[str] = "K. Goodenough, T. Coopmans and D. Towsley, Quantum 9, 1744, 2025"

    class Config(SwapConfig):
        """How inner routers join pairs."""

    @staticmethod
    def ranks(config: Config, nodes: int) -> Partners:
        """Return the initiator and the next router for each."""
        return in_order(range(1, nodes - 1), nodes)
