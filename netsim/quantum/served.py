"""A request while it is dealt with: what was asked, which way it goes, and what it got."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from netsim.quantum.results import Tally

if TYPE_CHECKING:
    from netsim.quantum.schema import RequestConfig
    from netsim.quantum.streaming.stream import Streaming


class AtWork(Protocol):
    """The routers of a path while they make pairs for a request."""

    over: bool

    def stop(self) -> None:
        """End everything."""
        ...

    def memories(self, position: int) -> list[Any]:
        """Return the memories of a router."""
        ...


class Served:
    """A request, its path and what it got.

    Parameters
    ----------
    number
        Of the request, in the order in which they came up.
    config
        What is asked for.
    ends
        Router that asks, and router at the other end.
    asked
        When it came up (ps).
    over
        Called once when it is through: served, ended, or refused for good.
    again
        After a refusal, how long until the same is asked for again (ps), or None: never.
    renew
        Called when it is asked for again; returns what is asked for then. None: the same.
    """

    def __init__(
        self,
        number: int,
        config: RequestConfig,
        ends: tuple[int, int],
        asked: int,
        over: Callable[[Served], None] | None = None,
        again: int | None = None,
        renew: Callable[[Served], RequestConfig] | None = None,
    ) -> None:
        self.number, self.config, self.ends, self.asked = number, config, ends, asked
        self.over, self.again, self.renew = over, again, renew
        self.tally = Tally(number, asked, asked)
        self.refusals = 0
        #: Routers of the way that was tried last.
        self.path: list[int] = []
        #: Indices of the memories set aside by position, None before they are.
        self.taken: list[list[int]] | None = None
        #: On each side, where they are set aside; of its largest link where links are shared.
        self.memories = 0
        self.delays: list[list[int]] = []
        self.run: AtWork | None = None
        self.trial = 0
        self.began = 0
        self.done = False
        #: Its stream, where that is played at once, and when its routers begin.
        self.stream: Streaming | None = None
        self.wakes: list[tuple[int, int]] = []
        #: Whether it is a router and its leaves that share GHZ states, not a path.
        self.star = False

    @property
    def accepted(self) -> bool:
        """Whether all routers of its path have set memories aside."""
        return self.taken is not None
