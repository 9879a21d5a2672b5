"""Observers of a running simulation: progress, checks of memory, traces.

The interface has one optional method. The environment looks once at what observers have, so an
unused hook costs nothing while events run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

SliceHook = Callable[[int, int], None]


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
