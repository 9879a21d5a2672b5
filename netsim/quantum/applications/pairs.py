"""End-to-end pairs as a request says: once, or whenever a Poisson stream has another one.

Those that arrive wait in line, first come first served: one of a line is under way at a time. A
request whose deadline comes before its turn is given up in the line.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar, Final

from netsim.quantum.applications.application import ApplicationConfig
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.demand import Demand
    from netsim.quantum.schema import RequestConfig
    from netsim.quantum.served import Served

#: How long those that arrive wait after a refusal (ps), where nothing says so.
_RETRY: Final = 10_000_000_000


@register("application", "pairs")
class Pairs:
    """Pairs between two routers, as the request says."""

    source: ClassVar[str] = "W. Dai, T. Peng, M. Z. Win, Quantum queuing delay, IEEE JSAC 2020"

    class Config(ApplicationConfig):
        """Pairs between two routers."""

    @staticmethod
    def begin(request: RequestConfig, block: int, demand: Demand) -> None:
        """Ask once, or begin a stream of arrivals."""
        if request.arrivals is None:
            served = demand.come_up(request, demand.routers.ends(request), again=request.retry)
            demand.send(served)
        else:
            Line(request, block, demand)


class Line:
    """Requests that arrive at random and are served one after another.

    Parameters
    ----------
    request, block
        What each of them asks for, and its number in the scenario.
    demand
        The simulation.
    """

    def __init__(self, request: RequestConfig, block: int, demand: Demand) -> None:
        assert request.arrivals is not None
        self._request, self._demand = request, demand
        self._ends = demand.routers.ends(request)
        self._draws = demand.draws(self._ends[0], block)
        self._mean = 1e12 / request.arrivals.rate
        ends = [time for time in (request.end, demand.until) if time is not None]
        self._last = min(ends)
        self._waiting: deque[Served] = deque()
        self._busy = False
        self._next(request.start or 0)

    def _next(self, after: int) -> None:
        gap = self._draws.exponential() * self._mean
        # A gap beyond the end may be longer than any integer time.
        if after + gap < self._last:
            self._demand.at(after + round(gap), self._arrive)

    def _arrive(self, _: object) -> None:
        now = self._demand.now
        self._next(now)
        alone = self._request.model_copy(update={"start": None})
        again = alone.retry or _RETRY
        self._waiting.append(self._demand.come_up(alone, self._ends, self._over, again))
        self._serve()

    def _over(self, served: Served) -> None:
        self._busy = False
        self._serve()

    def _serve(self) -> None:
        if not self._busy and self._waiting:
            self._busy = True
            self._demand.send(self._waiting.popleft())
