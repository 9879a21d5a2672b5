"""Nested swapping: every second router swaps, then every second of those that are left."""

from __future__ import annotations

from typing import ClassVar

from netsim.quantum.swapping.policy import Partners, SwapConfig
from netsim.registry import register


@register("swap", "nested")
class Nested:
    """Double the distance at every level, whatever the number of routers."""

    source: ClassVar[str] = "H.-J. Briegel et al., Phys. Rev. Lett. 81, 5932, 1998"

    class Config(SwapConfig):
        """How inner routers join pairs."""

    @staticmethod
    def ranks(config: Config, nodes: int) -> Partners:
        """Return the partners by halving the list of routers until only the ends are left."""
        found: Partners = {}
        left = list(range(nodes))
        while len(left) > 2:
            for at in range(1, len(left) - 1, 2):
                found[left[at]] = left[at - 1], left[at + 1]
            last = left[-1]
            left = left[::2]
            if left[-1] != last:
                left.append(last)
        return found
