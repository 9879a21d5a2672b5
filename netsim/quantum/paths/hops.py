"""The way with the fewest links, the shorter by fibre among equals."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


@register("path", "hops")
class Hops:
    """The fewest links between the ends: each swap costs fidelity and time."""

    source: ClassVar[str] = (
        "R. Van Meter et al., Path selection for quantum repeater networks, 2013"
    )

    class Config(PathConfig):
        """The fewest links between the ends."""

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the way with the fewest links."""
        # No way is as long as this, so length decides among equals only.
        whole = 1.0 + sum(ways.length(a, b) for a, some in enumerate(ways.beside) for b in some)
        return ways.shortest(source, target, lambda a, b: 1.0 + ways.length(a, b) / whole)
