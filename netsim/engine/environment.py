"""SimPy's environment on integer picoseconds, joined to kernels: simulators of their own.

All share one clock. Before each SimPy event the kernels run to **strictly before** that event's
time, so at one instant SimPy events come first; then the kernels follow in the order in which they
were attached, and all of it again while any of them has something left at that instant. A kernel
comes back early, after finishing the instant, when something is over that a process waits for; the
clock is set there, the processes' events succeed in the kernel's order of completion, and what they
hand in joins after everything that the kernel did at that instant. Probes look before any of them.

A kernel call handles a bounded number of events. Between calls observers are told and signals are
delivered; where calls are cut never changes a result.

A SimPy event costs one comparison more than in SimPy alone: the environment remembers when a kernel
or a probe has something to do next, and kernels `stir` it when they are handed something. Asking
every kernel before every event halved the speed.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final, Protocol

import simpy
from simpy.core import EmptySchedule, StopSimulation
from simpy.events import NORMAL, URGENT, Event, EventPriority

from netsim.engine.clock import NEVER, Time, later
from netsim.engine.hooks import Observer, Probe, SliceHook, slice_hooks
from netsim.engine.stall import Expectations
from netsim.errors import SimulationError

#: SimPy events between two calls of the observers.
STEPS_PER_SLICE: Final = 4096


class Kernel(Protocol):
    """A simulator with a clock of its own; it calls `Environment.stir` when it is handed work."""

    @property
    def now(self) -> Time:
        """Time of the last event that it handled."""
        ...

    @property
    def events(self) -> int:
        """Events handled so far."""
        ...

    def peek(self) -> Time:
        """Return the time of the next event, NEVER if there is none."""
        ...

    def advance(self, limit: Time) -> bool:
        """Handle a slice of events before `limit`; return whether something awaited is over.

        It ends with the instant in which it changes what others have to do.
        """
        ...

    def deliver(self) -> None:
        """Succeed the events of what is over, in the order of completion."""
        ...


class Environment(simpy.Environment):
    """SimPy's environment with integer picoseconds, and kernels on the same clock."""

    def __init__(self, initial_time: Time = 0) -> None:
        if type(initial_time) is not int:
            raise SimulationError(f"simulated time is an integer of ps, not {initial_time!r}")
        super().__init__(initial_time)
        self._kernels: list[Kernel] = []
        self._roles: set[str] = set()
        #: Before SimPy events later than this, kernels or probes have something to do.
        self._first: Time = NEVER
        #: Whether events were scheduled, or kernels handed work, since a kernel was last called.
        self.stirred = False
        self._steps = 0
        self._observers: list[Observer] = []
        self._slices: tuple[SliceHook, ...] = ()
        self._probes: list[Probe] = []
        self._expectations = Expectations()

    @property
    def now(self) -> Time:
        """The simulated time in ps."""
        return self._now  # type: ignore[return-value]

    @property
    def events(self) -> int:
        """Events handled so far, SimPy's and the kernels'."""
        return self._steps + sum(kernel.events for kernel in self._kernels)

    def attach(self, kernel: Kernel, role: str = "") -> None:
        """Join `kernel` to this clock, behind those that are there.

        Parameters
        ----------
        kernel
            The simulator.
        role
            What at most one kernel of a simulation is, such as ``fabric``.

        Raises
        ------
        SimulationError
            If another kernel has that role.
        """
        if role and role in self._roles:
            raise SimulationError(
                f"a simulation has one {role}; share it instead of adding another"
            )
        self._roles.add(role)
        self._kernels.append(kernel)
        self.stir()

    def stir(self, at: Time = -1) -> None:
        """Take note that a kernel was handed something, so that all are asked what comes next.

        They are asked before the next SimPy event, or where what was handed in does nothing before
        `at`, before the first one that is later than that.
        """
        if at < self._first:
            self._first = at
        self.stirred = True

    def tell(self) -> None:
        """Tell observers how far the simulation is, from within an event that takes long.

        Nothing else happens. Pieces of about 50 ms of work between two calls keep a progress line
        alive.
        """
        self._tell(self.now)

    def observe(self, observer: Observer) -> None:
        """Tell `observer` how far the simulation is."""
        self._observers.append(observer)
        self._slices = slice_hooks(self._observers)

    def probe(self, every: Time, look: Callable[[Time], bool | None]) -> None:
        """Call `look` every `every` ps from now on, with the instant, while anything is left to do.

        No event happens for it and the clock stays, so nothing depends on whether somebody looks.
        Where `look` returns True, saying that it sees nothing until the next event, the instants
        before that are passed over but for the last one.
        """
        if type(every) is not int or every < 1:
            raise SimulationError(f"an interval is a positive integer of ps, not {every!r}")
        self._probes.append(Probe(every, look, self.now + every))
        self.stir()

    def expect(
        self,
        event: Event,
        label: str | Callable[[], str],
        *,
        group: str = "processes",
        total: int | None = None,
    ) -> None:
        """Note that somebody waits for `event`: if nothing is left to happen before, it is a stall.

        Parameters
        ----------
        event
            What they wait for.
        label
            Who waits and for what: ``rank 5: recv from 4``; a function is called only for the
            error.
        group, total
            What is counted in the error, and of how many: ``3 of 64 ranks wait``.
        """
        self._expectations.add(event, label, group, total)

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """Schedule `event` after `delay` ps, which must be an integer."""
        if type(delay) is not int:
            raise SimulationError(
                f"a delay is an integer number of ps, not {delay!r} ({type(delay).__name__}); "
                "round it once, where it is made"
            )
        at = self._now + delay
        if at >= NEVER:
            later(self.now, delay)
        self.stirred = True
        heappush(self._queue, (at, priority, next(self._eid), event))

    def step(self) -> None:
        """Handle the next SimPy event, after all that kernels do before it."""
        queue = self._queue
        if self._first < (queue[0][0] if queue else NEVER):
            self._catch_up()
        if not queue:
            self._now = max(self.now, *(kernel.now for kernel in self._kernels), 0)
            raise EmptySchedule
        # What follows is SimPy's own step, here because calling it costs a tenth of an event.
        self._now, _, _, event = heappop(queue)
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        try:
            for callback in callbacks:
                callback(event)
        except StopSimulation:
            # Those that have not been called are, first of all, when the simulation goes on.
            event.callbacks = callbacks[callbacks.index(callback) + 1 :]
            self.schedule(event, EventPriority(-1), 0)
            raise
        if not event._ok and not hasattr(event, "_defused"):
            raise _raised(event)
        self._steps += 1
        if self._slices and self._steps % STEPS_PER_SLICE == 0:
            self._tell(self.now)

    def _catch_up(self) -> None:
        """Let kernels and probes do what comes before the next SimPy event, old or newly made."""
        while True:
            upcoming = int(self._queue[0][0]) if self._queue else NEVER
            probe = min(self._probes, key=lambda probe: probe.at, default=None)
            limit = upcoming if probe is None else min(upcoming, probe.at)
            times = [kernel.peek() for kernel in self._kernels]
            earliest = min(times, default=NEVER)
            if earliest < limit:
                self._advance(times.index(earliest), times, limit)
            elif probe is None:
                self._first = earliest
                return
            elif probe.at <= upcoming and (self._queue or earliest < NEVER):
                idle = probe.look(probe.at)
                probe.at += probe.every
                if idle:
                    ahead = min(upcoming, earliest) - probe.at
                    probe.at += max(0, ahead) // probe.every * probe.every
            else:
                # A probe looks before the events of its own instant.
                self._first = min(earliest, probe.at - 1)
                return

    def _advance(self, index: int, times: list[Time], limit: Time) -> None:
        """Call the kernel that comes next; those attached behind it follow at the same instant."""
        kernel = self._kernels[index]
        for other, time in enumerate(times):
            if other != index:
                limit = min(limit, time + (index < other))
        self.stirred = False
        awaited = kernel.advance(limit)
        self._tell(kernel.now)
        if awaited:
            self._now = kernel.now
            kernel.deliver()

    def _tell(self, now: Time) -> None:
        for hook in self._slices:
            hook(now, self.events)

    def run(self, until: Time | Event | None = None) -> Any:  # type: ignore[override]
        """Let time pass until nothing is left, until a time (exclusive), or until an event is over.

        Raises
        ------
        StalledError
            If nothing is left to happen and somebody still waits.
        """
        stop = self._stop_event(until)
        if stop is not None:
            if stop.callbacks is None:
                return stop.value
            stop.callbacks.append(StopSimulation.callback)
        try:
            while True:
                self.step()
        except StopSimulation as stopped:
            return stopped.args[0]
        except EmptySchedule:
            if stop is not None:
                self.expect(stop, "the caller of run: its event")
            self._expectations.check(self.now)
        return None

    def _stop_event(self, until: Time | Event | None) -> Event | None:
        """Return the event that ends a run; one for a time comes first at its instant."""
        if until is None or isinstance(until, Event):
            return until
        if type(until) is not int or until <= self.now:
            raise SimulationError(
                f"run(until={until!r}) must be an integer time after now, {self.now} ps"
            )
        stop = Event(self)
        stop._ok = True
        stop._value = None
        self.schedule(stop, URGENT, until - self.now)
        return stop


def _raised(event: Event) -> BaseException:
    """Return the failure of `event`, which nobody has taken care of, as a new exception."""
    failure: BaseException = event._value
    again = type(failure)(*failure.args)
    again.__cause__ = failure
    return again
