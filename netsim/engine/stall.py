"""Who waits for what, so that a simulation which cannot go on says so."""

from __future__ import annotations

from collections.abc import Callable

from simpy.events import Event

from netsim.engine.clock import Time
from netsim.errors import StalledError

_SHOWN = 3


class Expectations:
    """Events that somebody waits for."""

    def __init__(self) -> None:
        self._waits: list[tuple[Event, str | Callable[[], str], str, int | None]] = []
        self._prune_at = 1024

    def add(
        self, event: Event, label: str | Callable[[], str], group: str, total: int | None
    ) -> None:
        """Note a wait; those that are over are forgotten now and then."""
        self._waits.append((event, label, group, total))
        if len(self._waits) > self._prune_at:
            self._waits = [wait for wait in self._waits if not wait[0].triggered]
            self._prune_at = max(1024, 2 * len(self._waits))

    def check(self, now: Time) -> None:
        """Return if nobody waits.

        Raises
        ------
        StalledError
            With time, number and the first of those who wait.
        """
        waits = [wait for wait in self._waits if not wait[0].triggered]
        if not waits:
            return
        _, _, group, total = waits[0]
        alike = [wait for wait in waits if wait[2] == group]
        count = f"{len(alike)} of {total} {group}" if total is not None else f"{len(alike)} {group}"
        labels = [label if isinstance(label, str) else label() for _, label, *_ in alike[:_SHOWN]]
        more = "; ..." if len(alike) > _SHOWN else ""
        raise StalledError(
            f"simulation stalled at t={spoken(now)}: event queue empty but {count} wait "
            f"({'; '.join(labels)}{more})"
        )


def spoken(time: Time) -> str:
    """Return `time` in the largest unit that leaves at least one whole: ``1.204 ms``."""
    for unit, size in (("s", 10**12), ("ms", 10**9), ("us", 10**6), ("ns", 10**3)):
        if time >= size:
            return f"{time / size:.10g} {unit}"
    return f"{time} ps"
