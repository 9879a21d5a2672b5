"""The widest way: whose slowest link makes pairs fastest, the shortest among equals.

With pairs per second as capacities it is the single path that carries most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


@register("path", "widest")
class Widest:
    """The fastest slowest link."""

    source: ClassVar[str] = (
        "S. Pirandola, End-to-end capacities of a quantum communication network, 2019"
    )

    class Config(PathConfig):
        """The fastest slowest link."""

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the widest way."""
        pairs = [(a, b) for a, some in enumerate(ways.beside) for b in some if a < b]
        slowest = sorted({ways.seconds(a, b) for a, b in pairs})
        low, high = 0, len(slowest) - 1
        found = None
        while low <= high:
            middle = (low + high) // 2
            way = _within(ways, source, target, slowest[middle])
            if way is None:
                low = middle + 1
            else:
                found, high = way, middle - 1
        return found


def _within(ways: Ways, source: int, target: int, most: float) -> list[int] | None:
    """Return the shortest way over links whose pairs take at most so long (s)."""
    return ways.shortest(source, target, ways.length, along=lambda a, b: ways.seconds(a, b) <= most)
