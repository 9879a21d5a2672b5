"""Who looks on while a simulation runs: observers between slices of work, probes at fixed times.

Observers (progress, checks of memory, traces) have one optional method. The environment looks once
at what they have, so an unused hook costs nothing while events run.

A probe (a sampler of a time series) is no event: it is not counted, does not move the clock and
keeps nothing alive, so a run ends when it would have ended without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from netsim.engine.clock import Time

SliceHook = Callable[[int, int], None]


@dataclass(slots=True)
class Probe:
    """Someone who looks at the simulation at fixed intervals.

    Parameters
    ----------
    every
        Interval in ps.
    look
        Called with the instant (ps), once everything before it has happened; it must not change
        the simulation. True: there is nothing to see until the next event.
    at
        When it looks next.
    """

    every: Time
    look: Callable[[Time], bool | None]
    at: Time


class Observer(Protocol):
    """Someone who is told how far a simulation is."""

    def on_slice(self, now: int, events: int) -> None:
        """Take note that `events` events are done and the clock stands at `now` (ps).

        Called between slices of work, every few milliseconds; it must not change the simulation.
        """
        ...


def slice_hooks(observers: list[Observer]) -> tuple[SliceHook, ...]:
    """Return the hooks of those `observers` that want to know of slices."""
    return tuple(
        observer.on_slice
        for observer in observers
        if getattr(observer, "on_slice", None) is not None
    )
