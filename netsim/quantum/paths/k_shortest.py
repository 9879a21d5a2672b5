"""Of the k shortest ways the one with most memories left.

Loads are those of the time cards when the request sets out, as if the router that asks knew them;
what is on its way then, nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.fields import field
from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


@register("path", "k_shortest")
class KShortest:
    """Of the k shortest ways the least loaded one."""

    source: ClassVar[str] = "J. Y. Yen, Finding the k shortest loopless paths in a network, 1971"
    #: Whether the way depends on when it is asked for.
    changes: ClassVar[bool] = True

    class Config(PathConfig):
        """Of the k shortest ways the least loaded one."""

        k: int = field(3, description="ways that are looked at, by length", ge=1, le=64)

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the way whose busiest router has most memories left, the shortest of equals."""
        found = ways.cheapest(source, target, ways.length, config.k)
        if not found:
            return None
        start, end = wish.start, wish.end
        return min(found, key=lambda way: max(ways.load(one, start, end) for one in way))
