"""Link state: routers flood what they know of their fibres, and go by what has reached them.

News of a fibre sets out from both of its ends when the simulation begins and takes the delay of
every hop. A router knows a way once the news of all its fibres is there; until then its requests
wait, and the first way that it knows may be a longer one than it will know later.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, ClassVar, Literal

from netsim.fields import field
from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Cost, Ways


@register("path", "link_state")
class LinkState:
    """The shortest way among the fibres that the asking router has heard of."""

    source: ClassVar[str] = "J. Moy, OSPF Version 2, RFC 2328, 1998"
    #: Whether the way depends on when it is asked for.
    changes: ClassVar[bool] = True
    #: Whether it matters who asks.
    one_sided: ClassVar[bool] = True

    class Config(PathConfig):
        """The shortest way among the fibres that the asking router has heard of."""

        cost: Literal["length", "time"] = field(
            "length", description="length: of fibre; time: mean time of a link's pair"
        )

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the shortest way that `source` knows by now."""
        cost = ways.length if config.cost == "length" else ways.seconds
        return _known(ways, source, target, _news(ways, source), ways.now(), cost)

    @staticmethod
    def since(config: Config, ways: Ways, source: int, target: int) -> int:
        """Return when (ps) `source` first knows a way to `target`."""
        news = _news(ways, source)
        instants = sorted({heard(news, a, b) for a, some in enumerate(ways.beside) for b in some})
        low, high = 0, len(instants) - 1
        while low < high:
            middle = (low + high) // 2
            way = _known(ways, source, target, news, instants[middle])
            low, high = (middle + 1, high) if way is None else (low, middle)
        return instants[low] if instants else 0


def _known(
    ways: Ways, source: int, target: int, news: list[int], now: int, cost: Cost | None = None
) -> list[int] | None:
    """Return the cheapest way over fibres whose news is there at `now`."""
    return ways.shortest(
        source, target, cost or ways.length, along=lambda a, b: heard(news, a, b) <= now
    )


def heard(news: list[int], one: int, other: int) -> int:
    """Return when the news of a fibre comes: from the end that is heard of first."""
    return min(news[one], news[other])


def _news(ways: Ways, source: int) -> list[int]:
    """Return when (ps) what any router says is heard at `source`."""
    best = [1 << 62] * len(ways.names)
    best[source] = 0
    heap = [(0, source)]
    while heap:
        time, node = heapq.heappop(heap)
        if time > best[node]:
            continue
        for other in ways.beside[node]:
            there = time + ways.edge(node, other).delay
            if there < best[other]:
                best[other] = there
                heapq.heappush(heap, (there, other))
    return best
