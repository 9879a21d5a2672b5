"""SimPy's environment on integer picoseconds, joined to a compiled kernel.

The two engines share one clock. Before each SimPy event the kernel runs to **strictly before** that
event's time, so at one instant SimPy events come before the kernel's. The kernel comes back early,
after finishing the instant, when something is over that a process waits for; the clock is set
there, the processes' events succeed in the kernel's order of completion, and what they hand in
joins after everything that the kernel did at that instant. Probes look before either.

A kernel call handles a bounded number of events. Between calls observers are told and signals are
delivered; where calls are cut never changes a result.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """A compiled simulator with a clock of its own."""

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
        """Handle a slice of events before `limit`; return whether something awaited is over."""
        ...

    def deliver(self) -> None:
        """Succeed the events of what is over, in the order of completion."""
        ...


class Environment(simpy.Environment):
    """SimPy's environment with integer picoseconds and at most one kernel."""

    def __init__(self, initial_time: Time = 0) -> None:
        if type(initial_time) is not int:
            raise SimulationError(f"simulated time is an integer of ps, not {initial_time!r}")
        super().__init__(initial_time)
        self._kernel: Kernel | None = None
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
        """Events handled so far, SimPy's and the kernel's."""
        return self._steps + (self._kernel.events if self._kernel is not None else 0)

    def attach(self, kernel: Kernel) -> None:
        """Join `kernel` to this clock.

        Raises
        ------
        SimulationError
            If there is one already: everything in a simulation shares one fabric.
        """
        if self._kernel is not None:
            raise SimulationError("a simulation has one fabric; share it instead of adding another")
        self._kernel = kernel

    def observe(self, observer: Observer) -> None:
        """Tell `observer` how far the simulation is."""
        self._observers.append(observer)
        self._slices = slice_hooks(self._observers)

    def probe(self, every: Time, look: Callable[[Time], None]) -> None:
        """Call `look` every `every` ps from now on, with the instant, while anything is left to do.

        No event happens for it and the clock stays, so nothing depends on whether somebody looks.
        """
        if type(every) is not int or every < 1:
            raise SimulationError(f"an interval is a positive integer of ps, not {every!r}")
        self._probes.append(Probe(every, look, self.now + every))

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
        later(self.now, delay)
        super().schedule(event, priority, delay)

    def step(self) -> None:
        """Handle the next SimPy event, after all kernel events before it."""
        if self._probes:
            self._catch_up_looking()
        elif self._kernel is not None:
            self._catch_up(self._kernel, self._next_event)
        if self._kernel is not None and not self._queue:
            self._now = max(self.now, self._kernel.now)
        super().step()
        self._steps += 1
        if self._slices and self._steps % STEPS_PER_SLICE == 0:
            self._tell(self.now)

    @property
    def _next_event(self) -> Time:
        """Time of the next SimPy event, NEVER if there is none."""
        return int(self._queue[0][0]) if self._queue else NEVER

    def _catch_up(self, kernel: Kernel, limit: Time) -> bool:
        """Run the kernel to `limit`, or to the first thing that somebody waits for; say which."""
        while kernel.peek() < limit:
            awaited = kernel.advance(limit)
            self._tell(kernel.now)
            if awaited:
                self._now = kernel.now
                kernel.deliver()
                if self._next_event <= kernel.now:
                    return True
        return False

    def _catch_up_looking(self) -> None:
        """Do as `_catch_up` does up to the next SimPy event, and let probes look on the way."""
        kernel = self._kernel
        while True:
            probe = min(self._probes, key=lambda probe: probe.at)
            if kernel is not None and self._catch_up(kernel, min(self._next_event, probe.at)):
                return
            left = self._queue or (kernel is not None and kernel.peek() < NEVER)
            if not left or probe.at > self._next_event:
                return
            probe.look(probe.at)
            probe.at += probe.every

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
