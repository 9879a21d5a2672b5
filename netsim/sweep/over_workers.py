"""Jobs of a sweep over many processes, here or on a cluster, by Dask's `distributed`.

The driver hands one batch at a time to a named worker that is free, about two seconds of work by
measured times, and learns only what failed: workers write what they have simulated themselves. So a
death is blamed on the batch that caused it, and what that had not committed comes back one run at a
time; a run that dies three times alone is given up. Leaving the choice of the worker to the
scheduler was tried and blames batches that only waited in a queue.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from netsim.errors import UsageError
from netsim.metrics.failures import Failure, note, read_failures
from netsim.metrics.marks import Key
from netsim.sweep import on_worker
from netsim.sweep.asked import Asked
from netsim.sweep.cluster_file import workers_of_a_queue
from netsim.sweep.on_worker import Setup
from netsim.sweep.study import Study
from netsim.sweep.worker import Job, Outcome, in_order, known_means

#: Seconds of work in a batch, most runs of one, and deaths alone after which a run is given up.
BATCH: Final = 2.0
LARGEST: Final = 1000
DEATHS: Final = 3
#: Seconds between two looks at the workers, and that all wait for the first batch, which compiles.
_LOOK: Final = 0.01
_COMPILING: Final = 30.0
_STOPPING: Final = 20.0
_REFRESH: Final = 25

#: Is told of runs done and failed since it was last told.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class OverWorkers:
    """Executes jobs over workers.

    Parameters
    ----------
    asked, tell, timeout, memory, fail_fast
        As of `netsim.sweep.in_process.InProcess`; memory is that of each worker.
    jobs
        Number of workers on this machine.
    scheduler
        Address of a scheduler that runs already, in place of those.
    cluster
        File that says how a queue starts them, in place of those.
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

    def __call__(self, study: Study, jobs: Sequence[Job]) -> Outcome:
        """Simulate `jobs`."""
        setup = Setup.of(study, self.timeout)
        with self._client() as client:
            _check_versions(client)
            client.register_plugin(on_worker.Quiet())
            return _Driver(self, study, client, setup, deque(jobs)).drive()

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        """Give a client of the workers that are asked for, which end with the block."""
        import dask
        from distributed import Client, LocalCluster

        settings = {
            "distributed.scheduler.allowed-failures": 0,
            "distributed.comm.timeouts.connect": "60s",
        }
        with contextlib.ExitStack() as stack:
            stack.enter_context(dask.config.set(settings))
            logging.getLogger("distributed").setLevel(logging.CRITICAL)
            if self.scheduler:
                address: Any = self.scheduler
            elif self.cluster:
                address = stack.enter_context(workers_of_a_queue(Path(self.cluster)))
            else:
                address = stack.enter_context(
                    LocalCluster(  # type: ignore[no-untyped-call]
                        n_workers=self.jobs,
                        threads_per_worker=1,
                        processes=True,
                        memory_limit=self.memory if self.memory is not None else "auto",
                        host="127.0.0.1",
                        dashboard_address=None,
                        silence_logs=logging.CRITICAL,
                    )
                )
            try:
                client = Client(  # type: ignore[no-untyped-call]
                    address, timeout="60s", set_as_default=False
                )
            except (OSError, ValueError) as refused:
                raise UsageError(f"no Dask scheduler answers at {address}: {refused}") from refused
            yield stack.enter_context(client)


@dataclass(slots=True)
class _Driver:
    """Hands out batches until nothing is left."""

    how: OverWorkers
    study: Study
    client: Any
    setup: Setup
    queue: deque[Job]
    outcome: Outcome = field(default_factory=Outcome)
    busy: dict[str, tuple[Any, list[Job]]] = field(default_factory=dict)
    deaths: Counter[tuple[int, int]] = field(default_factory=Counter)
    #: Jobs that are tried alone since their batch died.
    alone: deque[Job] = field(default_factory=deque)
    per_run: float = 0.0
    live: list[str] = field(default_factory=list)

    def drive(self) -> Outcome:
        """Return what became of all jobs."""
        turn = 0
        while self.queue or self.alone or self.busy:
            if self.how.asked.now:
                return self._abandon()
            halted = self.how.asked.stop or (self.how.fail_fast and self.outcome.failed)
            if halted and not self.busy:
                self.outcome.stopped = self.how.asked.stop
                return self.outcome
            if turn % _REFRESH == 0:
                self.live = list(self.client.nthreads())
            turn += 1
            compiling = not self.per_run and turn * _LOOK < _COMPILING
            if not halted and not (compiling and self.busy):
                self._hand_out(compiling)
            self._collect()
            time.sleep(_LOOK)
        return self.outcome

    def _hand_out(self, compiling: bool) -> None:
        for address in self.live:
            if address in self.busy or not (self.queue or self.alone):
                continue
            batch = [self.alone.popleft()] if self.alone else self._batch()
            future = self.client.submit(
                on_worker.simulate,
                self.setup,
                batch,
                workers=[address],
                allow_other_workers=False,
                pure=False,
                retries=0,
            )
            self.busy[address] = (future, batch)
            if compiling:
                return

    def _batch(self) -> list[Job]:
        """Return the next jobs, for about `BATCH` seconds; long ones are cut."""
        left = sum(_runs(job) for job in self.queue) if len(self.queue) < LARGEST else LARGEST
        fair = max(1, left // (2 * max(1, len(self.live))))
        most = min(LARGEST, fair, int(BATCH / self.per_run) if self.per_run else 1)
        room = self.how.batch or max(1, most)
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
            if future.status == "pending" and address in self.client.nthreads():
                continue
            del self.busy[address]
            if future.status == "finished":
                self._note(future.result())
                continue
            failure = future.exception() if future.status == "error" else None
            future.cancel()
            if failure is not None and type(failure).__name__ != "KilledWorker":
                raise failure if isinstance(failure, Exception) else RuntimeError(str(failure))
            self.live = list(self.client.nthreads())
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
        with contextlib.suppress(Exception):
            self.client.run(on_worker.commit, on_error="ignore")
        self.outcome.stopped = True
        return self.outcome


def _runs(job: Job) -> int:
    return 1 if job.replications is None else len(job.replications)


def _check_versions(client: Any) -> None:
    """Refuse workers of another Python or netsim."""
    ours = on_worker.versions()
    client.wait_for_workers(1, timeout=600)
    for address, theirs in client.run(on_worker.versions).items():
        if theirs != ours:
            raise UsageError(
                f"worker {address} has Python {theirs[0]} and netsim {theirs[1]} (results version "
                f"{theirs[2]}), this process {ours[0]}, {ours[1]} ({ours[2]}); use the same"
            )
