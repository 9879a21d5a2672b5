"""Workers behind a network: the model goes out and results come back as flows of a fabric.

Worker i sits on host i and the master on the host after the last worker. In round r the master
sends job r's model to every timed worker at once, each worker computes as long as its delay and its
load say, and sends back one gradient for each task that it did; so the master's link is shared by
all results, and incast at it is part of the model. When a round ends, what is still on its way is
cancelled; when the last one ends, so does the run, whatever background traffic has left to send.

A network delivers at an instant after everything else that happens then. So a round that ends at
its threshold ends one picosecond after it, and a result that comes in exactly there is in time.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from netsim.engine.clock import NEVER
from netsim.errors import TransferError
from netsim.fields import Config, Data, field
from netsim.stragglers.codes.scheme import IDLE, Assignment, Floats, Integers
from netsim.stragglers.work import NothingComesError, to_picoseconds

if TYPE_CHECKING:
    from netsim.fabric.door import Fabric, Transfer


class MessageConfig(Config):
    """What travels between master and workers where there is a network."""

    gradient: Data = field("1 MB", description="size of one task's result")
    model: Data = field("1 MB", description="size of the model that the master sends in a round")


class NetworkedWorkers:
    """Workers whose results travel through a fabric.

    Parameters
    ----------
    fabric
        The network.
    delays
        Times in seconds, (rounds, workers).
    message
        Sizes of what travels.
    share
        Length of a result over that of the gradient.
    per_load, reference_load
        As for `netsim.stragglers.work.DrawnTimes`.
    """

    def __init__(
        self,
        fabric: Fabric,
        delays: Floats,
        message: MessageConfig,
        share: float = 1.0,
        per_load: float = 0.0,
        reference_load: float = 0.0,
    ) -> None:
        #: The network that the results travel through.
        self.fabric = fabric
        self._delays = delays
        self._result = round(message.gradient * share)
        self._model = message.model
        self._per_load = per_load
        self._reference_load = reference_load

    @property
    def bytes(self) -> int:
        """Bytes of models and results that have come in, parts of cancelled ones included."""
        return self.fabric.received_beside_traffic

    def start(self, r: int, assignment: Assignment, load: Floats) -> NetworkArrivals:
        """Send out the model and let the timed workers work."""
        finish = self._delays[r] + self._per_load * (load - self._reference_load)
        times = to_picoseconds(np.where(assignment.timed, np.maximum(finish, 0.0), np.inf))
        arrivals = NetworkArrivals(self.fabric.env)
        tasks = np.count_nonzero(assignment.kind != IDLE, axis=1)
        model = self._model if (assignment.job == r).any() else 0
        for worker in np.flatnonzero(assignment.timed):
            work = self._work(arrivals, int(worker), int(times[worker]), int(tasks[worker]), model)
            arrivals.follow(int(worker), work)
        return arrivals

    def _work(
        self, arrivals: NetworkArrivals, worker: int, time: int, tasks: int, model: int
    ) -> Generator[simpy.Event, Any, None]:
        """Receive the model, compute, send the results."""
        master = self._delays.shape[1]
        try:
            if model:
                yield from self._send(arrivals, worker, master, worker, model)
            if time == NEVER:
                return
            yield self.fabric.env.timeout(time)
            if self._result * tasks:
                yield from self._send(arrivals, worker, worker, master, self._result * tasks)
        except simpy.Interrupt:
            return
        except TransferError as lost:
            # A result that the network cannot deliver is a worker that never answers.
            arrivals.lost.append(f"worker {worker}: {lost}")
            return
        arrivals.came(worker)

    def _send(
        self, arrivals: NetworkArrivals, worker: int, source: int, target: int, size: int
    ) -> Generator[simpy.Event, Any, None]:
        transfer = self.fabric.transfer(source, target, size)
        arrivals.sending[worker] = transfer
        yield transfer
        del arrivals.sending[worker]


class NetworkArrivals:
    """The results of one round on their way through the network."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._start = int(env.now)
        self._in: list[int] = []
        self._bell = env.event()
        self._alarm: int | None = None
        self._processes: dict[int, simpy.Process] = {}
        #: What each worker has on the network.
        self.sending: dict[int, Transfer] = {}
        #: Why results will never come.
        self.lost: list[str] = []

    def follow(self, worker: int, work: Generator[simpy.Event, Any, None]) -> None:
        """Start a worker's round."""
        process = self._env.process(work)
        process.callbacks.append(lambda _: self._ended(worker))
        self._processes[worker] = process

    def came(self, worker: int) -> None:
        """Note that a worker's results are in."""
        self._in.append(worker)
        self._ring()

    def _ended(self, worker: int) -> None:
        self._processes.pop(worker, None)
        if not self._processes:
            self._ring()

    def _ring(self) -> None:
        if not self._bell.triggered:
            self._bell.succeed()

    def wait(self, until: int | None) -> Generator[simpy.Event, Any, Integers]:
        """Wait for the next results, but not beyond the instant after `until`."""
        # Deliveries at `until` come after the clock's own events of that instant.
        last = None if until is None else self._start + until + 1
        while not self._in and (last is None or self._env.now < last):
            if last is None and not self._processes:
                why = f" ({self.lost[0]})" if self.lost else ""
                raise NothingComesError(f"no further result will ever come in{why}")
            self._bell = self._env.event()
            if last is not None:
                self._ring_at(last)
            yield self._bell
        return self._taken()

    def _ring_at(self, instant: int) -> None:
        """Ring the bell at `instant`; asking again for the same one changes nothing."""
        if self._alarm != instant:
            self._alarm = instant
            alarm = self._env.timeout(instant - int(self._env.now))
            alarm.callbacks.append(lambda _: self._ring())

    def _taken(self) -> Integers:
        workers = np.array(self._in, dtype=np.int64)
        self._in = []
        return workers

    def stop(self) -> None:
        """Cancel what is on its way and end the workers' rounds."""
        for worker, process in list(self._processes.items()):
            transfer = self.sending.pop(worker, None)
            if transfer is not None:
                transfer.cancel()
            elif process.is_alive:
                process.interrupt()
