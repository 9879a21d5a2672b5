"""Requests at random, as network studies make them: every router asks for pairs with some other.

A router draws a responder, a start one to two seconds from now, how long, how many memories, and
how good. Refused, it asks the same responder for the same fidelity again after a while, with other
times and memories; when a reservation has ended it draws the next. Which way a router draws does
not depend on what others do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, cast

import numpy as np

from netsim.fields import PositiveTime, Ratio, Time, field
from netsim.quantum.applications.application import ApplicationConfig
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.demand import Demand
    from netsim.quantum.schema import RequestConfig
    from netsim.quantum.served import Served

_TENTH: Final = 100_000_000_000
_SECOND: Final = 1_000_000_000_000
_Fidelity = Annotated[float, Ratio(0.25, 1.0)]


@register("application", "random_requests")
class RandomRequests:
    """Every router asks a random other one for pairs, again and again."""

    source: ClassVar[str] = (
        "X. Wu et al., SeQUeNCe: a customizable discrete-event simulator of quantum networks, 2021"
    )

    class Config(ApplicationConfig):
        """Every router asks a random other one for pairs, again and again."""

        duration: tuple[PositiveTime, PositiveTime] = field(
            ("10 s", "20 s"), description="least length of a reservation, and what it stays below"
        )
        memories: tuple[int, int] = field(
            (10, 25), description="fewest memories, and what their number stays below"
        )
        fidelity: tuple[_Fidelity, _Fidelity] = field(
            (0.8, 1.0), description="least fidelity asked for, and what it stays below"
        )
        first: Time = field("0 s", description="when the first requests are made")

    @staticmethod
    def begin(request: RequestConfig, block: int, demand: Demand) -> None:
        """Let the request's router ask, or all of them."""
        routers = demand.routers
        if request.source is not None:
            asking = [routers.numbers[request.source]]
        else:
            asking = list(range(len(routers.names)))
        for router in asking:
            _Asker(router, request, demand, demand.draws(router, block))


class _Asker:
    """One router's application."""

    def __init__(
        self, router: int, request: RequestConfig, demand: Demand, draws: np.random.Generator
    ) -> None:
        self._router, self._request, self._demand = router, request, demand
        self._draws = draws
        self._config = cast("RandomRequests.Config", request.application)
        demand.at(self._config.first, self._ask)

    def _drawn(self, fidelity: float) -> RequestConfig:
        """Return a request for that fidelity, with times and memories drawn."""
        draws, config = self._draws, self._config
        start = self._demand.now + int(draws.integers(10, 20)) * _TENTH
        low, high = config.duration
        end = start + (int(draws.integers(low, high)) if high > low else low)
        few, many = config.memories
        memories = int(draws.integers(few, many)) if many > few else few
        given = {"start": start, "end": end, "memories": memories, "fidelity": fidelity}
        return self._request.model_copy(update=given)

    def _ask(self, _: object) -> None:
        demand = self._demand
        if demand.until is not None and demand.now >= demand.until:
            return
        others = demand.routers.reachable(self._router)
        target = others[int(self._draws.integers(len(others)))]
        low, high = self._config.fidelity
        config = self._drawn(low + (high - low) * float(self._draws.random()))
        retry = self._request.retry or _SECOND
        ends = self._router, target
        served = demand.come_up(config, ends, self._over, retry, self._renewed)
        demand.send(served)

    def _renewed(self, served: Served) -> RequestConfig:
        return self._drawn(served.config.fidelity)

    def _over(self, served: Served) -> None:
        self._demand.at(self._demand.now, self._ask)
