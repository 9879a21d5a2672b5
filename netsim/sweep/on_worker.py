"""What runs in a worker process of Dask: jobs, a watch over each run, a commit at the end.

The worker keeps its `Worker` between batches, so that the scenario is parsed once and small parts
are merged. A run that takes too long ends its process, since nothing else ends a kernel that loops;
why is noted before.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from distributed import WorkerPlugin, get_worker

from netsim import simulate as simulation
from netsim.metrics.failures import Failure, note
from netsim.metrics.marks import Key
from netsim.scenario import Scenario
from netsim.sweep.points import Points
from netsim.sweep.replications import OnePoint
from netsim.sweep.study import Study
from netsim.sweep.survey import Survey, survey
from netsim.sweep.worker import Job, Outcome, Worker
from netsim.version import RESULTS_VERSION, __version__

#: Seconds within which a kernel is compiled, on a busy machine too.
_COMPILING: Final = 150.0


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker needs to know of a sweep; files are meant as every worker sees them.

    Parameters
    ----------
    file, overrides, folder
        The scenario, and the working directory by which both are meant.
    directory, study
        Where the sweep is stored, and its hash.
    timeout
        Seconds that a run may take, or None.
    scenario
        Of a run, whose replications are the sweep; then no file is read.
    """

    file: str
    overrides: tuple[str, ...]
    folder: str
    directory: str
    study: str
    timeout: float | None
    scenario: Scenario | None = None

    @classmethod
    def of(cls, study: Study, timeout: float | None) -> Setup:
        """Return what workers of `study` need to know."""
        points, path = study.points, str(study.path.absolute())
        one = points.base if isinstance(points, OnePoint) else None
        return cls(points.file, points.overrides, os.getcwd(), path, study.hash, timeout, one)

    def points(self) -> Points:
        """Return the points of the sweep, as this process sees them."""
        if self.scenario is not None:
            return OnePoint(self.scenario)
        os.chdir(self.folder)
        found = Points(self.file, self.overrides)
        if found.identity != self.study:
            raise RuntimeError(f"{self.file} is not the same file here as for the driver")
        return found


def simulate(setup: Setup, jobs: Sequence[Job]) -> Outcome:
    """Simulate `jobs` in this worker; what is done is committed when it returns."""
    worker = _worker(setup)
    outcome = worker.run(jobs)
    worker.writer.commit()
    return outcome


def look(setup: Setup, indices: Sequence[int]) -> Survey:
    """Return what is found at points before any is simulated."""
    return survey(_worker(setup).points, indices)


def prepare(setup: Setup, index: int) -> None:
    """Compile what a point needs, and keep it for all workers of the machine.

    Where runs are limited in time, a point that takes minutes to be put together ends this process.
    """
    limit = None if setup.timeout is None else max(setup.timeout, _COMPILING)
    with _killed_after(limit), contextlib.suppress(Exception):
        simulation.prepare(_worker(setup).points.scenario(index))


def commit(dask_worker: Any) -> None:
    """Commit what this worker has finished; a run may go on meanwhile."""
    for worker in getattr(dask_worker, "netsim", {}).values():
        worker.writer.commit()


def versions() -> tuple[str, str, int]:
    """Return the versions that must agree everywhere: Python, netsim, results."""
    return platform.python_version(), __version__, RESULTS_VERSION


class Quiet(WorkerPlugin):
    """Lets a worker leave Ctrl-C to the driver, and commit when it is told to end."""

    name = "netsim"
    idempotent = True

    def setup(self, worker: Any) -> None:
        """Start to ignore Ctrl-C, which a terminal sends to everybody."""
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: Any) -> None:
        """Commit what is finished."""
        commit(worker)


def _worker(setup: Setup) -> Worker:
    """Return this process's worker of the sweep, made when it is first asked for."""
    from netsim.threads import one_blas_thread

    process = get_worker()
    known: dict[Setup, Worker] = process.__dict__.setdefault("netsim", {})
    if setup not in known:
        one_blas_thread()
        points = setup.points()
        directory = Path(setup.directory)

        def watch(key: Key) -> contextlib.AbstractContextManager[None]:
            return _watched(directory, key, points, setup.timeout)

        known[setup] = Worker(points, directory, setup.study, watch)
    return known[setup]


def _watched(
    directory: Path, key: Key, points: Points, timeout: float | None
) -> contextlib.AbstractContextManager[None]:
    """Return what ends this process if its block takes too long, and notes why."""

    def tell() -> None:
        message = f"it took more than {timeout:g} s (--point-timeout)"
        note(directory, Failure(key, message, "over-time", points.values(key.index), final=False))

    return _killed_after(timeout, tell)


@contextlib.contextmanager
def _killed_after(timeout: float | None, tell: Callable[[], None] = lambda: None) -> Iterator[None]:
    """End this process if the block takes more than `timeout` seconds."""
    if timeout is None:
        yield
        return

    def end() -> None:
        with contextlib.suppress(Exception):
            tell()
        os.kill(os.getpid(), signal.SIGKILL)

    timer = threading.Timer(timeout, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
