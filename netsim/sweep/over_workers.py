"""Jobs of a sweep over many processes, here or on a cluster, by Dask's `distributed`.

The driver hands one batch at a time to a named worker that is free, about two seconds of work by
measured times, and learns only what failed: workers write what they have simulated themselves. So a
death is blamed on the batch that caused it, and what that had not committed comes back one run at a
time; a run that dies three times alone is given up. Leaving the choice of the worker to the
scheduler was tried and blames batches that only waited in a queue.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from netsim import units
from netsim.metrics.failures import Failure, note, read_failures
from netsim.metrics.marks import Key
from netsim.metrics.resources import now, since
from netsim.sweep import on_worker
from netsim.sweep.asked import Asked
from netsim.sweep.on_worker import Setup
from netsim.sweep.pool import Pool
from netsim.sweep.study import Study
from netsim.sweep.survey import Survey, survey
from netsim.sweep.worker import Job, Outcome, in_order, known_means

#: Seconds of work in a batch, the least of them, most runs of one, and deaths alone after which a
#: run is given up.
BATCH: Final = 2.0
LEAST: Final = 0.25
LARGEST: Final = 1000
DEATHS: Final = 3
#: Seconds between two looks at the workers if nothing ends, and looks between two counts of them.
_LOOK: Final = 0.2
_REFRESH: Final = 10
#: Seconds that all wait for what is compiled before the first run.
_PATIENCE: Final = 300.0
#: Seconds within which all ends after TERM.
_STOPPING: Final = 25.0
#: Points that this process looks at before it starts workers, and that they look at in one batch.
_FIRST_LOOK: Final = 500
_SHARE: Final = 1000
#: Kernels that are compiled before the first run; what a sweep has beyond is compiled on its way.
_KERNELS: Final = 64

#: Is told of runs done and failed since it was last told.
Tell = Callable[[int, int], None]


@dataclass(slots=True)
class OverWorkers:
    """Executes jobs over workers, which end when it is closed.

    Parameters
    ----------
    asked, tell, timeout, memory, fail_fast
        As of `netsim.sweep.in_process.InProcess`; memory is that of each worker.
    jobs, scheduler, cluster
        As of `netsim.sweep.pool.Pool`.
    batch
        Runs of a batch; by measured times where it is left out.
    """

    asked: Asked
    tell: Tell = lambda done, failed: None
    timeout: float | None = None
    memory: int | None = None
    fail_fast: bool = False
    jobs: int = 1
    scheduler: str | None = None
    cluster: str | None = None
    batch: int | None = None
    _pool: Pool | None = None

    @property
    def pool(self) -> Pool:
        """The workers."""
        if self._pool is None:
            self._pool = Pool(self.asked, self.jobs, self.scheduler, self.cluster, self.memory)
        return self._pool

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.close()

    def survey(self, study: Study, indices: Sequence[int]) -> Survey:
        """Return what is found at points before any is simulated.

        Ordinary mistakes are found at the first points, so these are looked at here, before
        workers are started.
        """
        found = survey(study.points, indices[:_FIRST_LOOK], stopped=lambda: self.asked.stop)
        rest = indices[_FIRST_LOOK:]
        if found.hopeless or found.faults or not rest:
            return found
        setup, client = Setup.of(study, self.timeout), self.pool.client
        shares = [rest[at : at + _SHARE] for at in range(0, len(rest), _SHARE)]
        looks = [client.submit(on_worker.look, setup, share, pure=False) for share in shares]
        for share, look in zip(shares, looks, strict=True):
            while look.status == "pending":
                if self.asked.stop:
                    raise KeyboardInterrupt
                time.sleep(_LOOK)
            done = look.status == "finished"
            # What a worker could not look at is looked at here, where it is told why.
            found.add(look.result() if done else survey(study.points, share))
            if found.hopeless:
                break
        return found

    def __call__(self, study: Study, jobs: Sequence[Job]) -> Outcome:
        """Simulate `jobs`."""
        # Workers are given time to answer and to end before this process is.
        self.asked.patience = _STOPPING
        self.asked.last_will = study.stop
        setup = Setup.of(study, self.timeout)
        shapes = {shape(study.points.values(job.index)): job.index for job in reversed(jobs)}
        first = sorted(shapes.values())[:_KERNELS]
        return _Driver(self, study, self.pool, setup, deque(jobs), first).drive()


#: What a worker is to do, and of what.
_Task = tuple[Callable[..., Any], Any]


@dataclass(slots=True)
class _Driver:
    """Hands out batches until nothing is left."""

    how: OverWorkers
    study: Study
    pool: Pool
    setup: Setup
    queue: deque[Job]
    #: Points whose kernels are still to be compiled, each by one worker.
    unprepared: Sequence[int]
    outcome: Outcome = field(default_factory=Outcome)
    busy: dict[str, tuple[Any, list[Job]]] = field(default_factory=dict)
    deaths: Counter[tuple[int, int]] = field(default_factory=Counter)
    #: Jobs that are tried alone since their batch died.
    alone: deque[Job] = field(default_factory=deque)
    per_run: float = 0.0
    live: list[str] = field(default_factory=list)
    #: Set whenever a worker has ended something.
    ended: threading.Event = field(default_factory=threading.Event)

    def drive(self) -> Outcome:
        """Return what became of all jobs."""
        self.prepare()
        turn = 0
        while True:
            if self.how.asked.now:
                return self._abandon()
            if turn % _REFRESH == 0:
                self.live = self.pool.addresses
            turn += 1
            # First what has ended: whom that frees is handed work before anything is waited for.
            self._collect()
            if not (self.queue or self.alone or self.busy):
                return self.outcome
            halted = self.how.asked.stop or (self.how.fail_fast and self.outcome.failed)
            if halted and not self.busy:
                self.outcome.stopped = self.how.asked.stop
                return self.outcome
            if not halted:
                self._hand_out()
            self._wait()

    def prepare(self) -> None:
        """Have each kernel compiled once, and every worker load what it needs.

        So no two compile the same, and all begin at one time. What goes wrong with it goes wrong
        with the runs as well, and is told of them.
        """
        first, free = self.unprepared[0], len(self.pool.addresses)
        kernels: list[_Task] = [(on_worker.prepare, point) for point in self.unprepared]
        others: list[_Task] = [(on_worker.look, [first])] * max(0, free - len(kernels))
        self._spread([*kernels, *others])
        self._spread([(on_worker.prepare, first)] * free)

    def _spread(self, tasks: Sequence[_Task]) -> None:
        """Have workers do `tasks`, one at a time each, and wait for all that do not die.

        None is waited for much longer than a kernel takes: where a point cannot be put together,
        the others go on without its worker.
        """
        left = deque(tasks)
        busy: dict[str, Any] = {}
        began = now()
        while (left or busy) and not self.how.asked.stop and since(began) < _PATIENCE:
            self.live = self.pool.addresses
            for address in self.live:
                if left and address not in busy:
                    busy[address] = self._submit(address, *left.popleft())
            busy = {
                address: future
                for address, future in busy.items()
                if future.status == "pending" and address in self.live
            }
            self._wait()

    def _submit(self, address: str, what: Callable[..., Any], of: Any) -> Any:
        """Hand something to one worker and no other."""
        future = self.pool.client.submit(
            what,
            self.setup,
            of,
            workers=[address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        future.add_done_callback(lambda _: self.ended.set())
        return future

    def _wait(self) -> None:
        """Wait until something has ended, or until it is time to look at the workers."""
        self.ended.wait(_LOOK)
        self.ended.clear()

    def _hand_out(self) -> None:
        for address in self.live:
            if address in self.busy or not (self.queue or self.alone):
                continue
            batch = [self.alone.popleft()] if self.alone else self._batch()
            self.busy[address] = (self._submit(address, on_worker.simulate, batch), batch)

    def _batch(self) -> list[Job]:
        """Return the next jobs, for about `BATCH` seconds; long ones are cut."""
        # Of many jobs the runs are not counted, which are as many at least.
        many = len(self.queue) >= LARGEST
        left = len(self.queue) if many else sum(_runs(job) for job in self.queue)
        room = self.how.batch or room_of(left, len(self.live), self.per_run)
        batch: list[Job] = []
        while self.queue and room > 0:
            job = self.queue.popleft()
            if job.replications is not None and len(job.replications) > room:
                rest = job.replications[room:]
                self.queue.appendleft(replace(job, replications=rest))
                job = replace(job, replications=job.replications[:room])
            batch.append(job)
            room -= _runs(job)
        return batch

    def _collect(self) -> None:
        """Take in what has ended: done, or dead."""
        for address, (future, batch) in list(self.busy.items()):
            if future.status == "pending" and address in self.live:
                continue
            if future.status == "pending" and address in self.pool.addresses:
                continue
            del self.busy[address]
            if future.status == "finished":
                self._note(future.result())
                continue
            failure = future.exception() if future.status == "error" else None
            future.cancel()
            if failure is not None and type(failure).__name__ != "KilledWorker":
                raise failure if isinstance(failure, Exception) else RuntimeError(str(failure))
            self.live = self.pool.addresses
            self._blame(batch)

    def _note(self, one: Outcome) -> None:
        self.outcome.add(one)
        self.how.tell(one.done, len(one.failed))
        runs = one.done + len(one.failed)
        if runs:
            measured = max(one.seconds / runs, 1e-5)
            self.per_run = measured if not self.per_run else (self.per_run + measured) / 2

    def _blame(self, batch: Sequence[Job]) -> None:
        """Bring back what a dead worker had not committed, one run at a time."""
        single = len(batch) == 1 and _runs(batch[0]) == 1
        left = [one for job in batch for one in self._uncommitted(job)]
        if not single:
            self.alone.extend(left)
            return
        for job in left:
            replication = min(job.replications) if job.replications else len(job.known)
            run = (job.index, replication)
            self.deaths[run] += 1
            final = self.deaths[run] >= DEATHS
            key = Key(job.index, self.study.points.scenario(job.index).point, replication)
            why = self._why(key)
            times = f"died {self.deaths[run]} times alone ({why})"
            swept = self.study.points.values(job.index)
            code = "over-time" if "--point-timeout" in why else "died"
            note(self.study.path, Failure(key, times, code, swept, final=final))
            if final:
                self.outcome.failed.append((*run, times))
                self.how.tell(0, 1)
            else:
                self.alone.append(job)

    def _uncommitted(self, job: Job) -> list[Job]:
        """Return the runs of a job that are not committed, each as a job."""
        order = self.study.state()
        done = {key.replication for key in order.keys if key.index == job.index}
        if job.replications is not None:
            left = [one for one in job.replications if one not in done]
            return [replace(job, replications=(one,)) for one in left]
        table, column = self.study.points.metric
        means = known_means(order, table, column) if table in order.tables else {}
        known = {
            key.replication: means[key.point, key.replication]
            for key in order.keys
            if key.index == job.index
        }
        return [replace(job, known=dict(enumerate(in_order(known))))]

    def _why(self, key: Key) -> str:
        """Return why a run's worker died, as far as anybody knows."""
        said = [
            one.message
            for one in read_failures(self.study.path)
            if one.key == key and one.error == "over-time"
        ]
        if said:
            return said[-1]
        limit = f", limit {self.how.memory / 2**30:.3g} GiB" if self.how.memory else ""
        return f"its worker was killed, perhaps for its memory{limit}"

    def _abandon(self) -> Outcome:
        """Have the workers commit what is finished, and wait for nothing else."""
        self.pool.tell_all(on_worker.commit)
        self.outcome.stopped = True
        return self.outcome


def room_of(left: int, workers: int, seconds: float) -> int:
    """Return how many runs the next batch takes.

    Parameters
    ----------
    left
        Runs that no worker has yet.
    workers
        Workers among which they are shared.
    seconds
        What a run takes, in processor time; 0 while that is not known.

    Returns
    -------
    int
        One run while nothing is measured; then what takes `BATCH` seconds, towards the end half of
        a worker's share, so that all end together. Each batch is a commit, so none is made smaller
        than what takes `LEAST` seconds.
    """
    if not seconds:
        return 1
    share = left // (2 * max(1, workers))
    room = min(max(share, int(LEAST / seconds)), int(BATCH / seconds), LARGEST)
    return max(1, room)


def _runs(job: Job) -> int:
    return 1 if job.replications is None else len(job.replications)


def shape(value: Any) -> Any:
    """Return what a value has beside numbers and quantities: the names in it, which choose code."""
    if isinstance(value, Mapping):
        return tuple((key, shape(entry)) for key, entry in value.items())
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(map(shape, value)))
    if isinstance(value, str) and units.split(value) is None:
        return value
    return value if value is None or isinstance(value, bool) else 0
