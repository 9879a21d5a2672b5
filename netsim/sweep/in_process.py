"""Jobs of a sweep one after another in this process: no scheduler, nothing to install.

A run may be limited in time and memory here too, as far as a process can limit itself: the time by
an alarm that Python heeds between two slices of a kernel, the memory by the system's limit of the
address space. What kills a process kills this one; the next start goes on behind what is committed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netsim import units
from netsim.errors import SimulationError, WriteError
from netsim.metrics.marks import Key
from netsim.reading import open_regular
from netsim.sweep.asked import Asked
from netsim.sweep.study import Study
from netsim.sweep.survey import Survey, survey
from netsim.sweep.worker import Job, Outcome, Worker

#: Is told of runs done and failed since it was last told.
Tell = Callable[[int, int], None]


class OverTime(SimulationError):  # noqa: N818 - it says what a run was
    """A run took longer than it may."""

    code = "over-time"


class OverMemory(SimulationError):  # noqa: N818 - it says what a run was
    """A run asked for more memory than it may have."""

    code = "over-memory"


@dataclass(frozen=True, slots=True)
class InProcess:
    """Executes jobs in this process.

    Parameters
    ----------
    asked
        Whether somebody asked to stop.
    tell
        Told about the progress.
    timeout
        Seconds that a run may take, or None.
    memory
        Bytes that all runs together may take beyond what this process has, or None.
    fail_fast
        Whether the first failure ends it.
    """

    asked: Asked
    tell: Tell = lambda done, failed: None
    timeout: float | None = None
    memory: int | None = None
    fail_fast: bool = False

    def survey(self, study: Study, indices: Sequence[int]) -> Survey:
        """Return what is found at points before any is simulated."""
        return survey(study.points, indices, stopped=lambda: self.asked.stop)

    def __call__(self, study: Study, jobs: Sequence[Job]) -> Outcome:
        """Simulate `jobs`; what is done is committed whatever ends them."""
        worker = Worker(study.points, study.path, study.hash, self._guard)
        outcome = Outcome()

        def last_will() -> None:
            worker.writer.commit()
            study.stop()

        self.asked.last_will = last_will
        try:
            with limited_memory(self.memory):
                for job in jobs:
                    one = worker.run([job], lambda: self.asked.stop)
                    outcome.add(one)
                    self.tell(one.done, len(one.failed))
                    if outcome.stopped or (one.failed and self.fail_fast):
                        break
            worker.writer.commit()
        except BaseException:
            with contextlib.suppress(WriteError):
                worker.writer.commit()
            raise
        return outcome

    @contextlib.contextmanager
    def _guard(self, key: Key) -> Iterator[None]:
        try:
            with self.asked.abortable(), limited_time(self.timeout):
                yield
        except MemoryError:
            more = ""
            if self.memory is not None:
                more = f" than {units.readable(self.memory, 'data')} (--memory)"
            raise OverMemory(f"it needs more memory{more}") from None


@contextlib.contextmanager
def limited_time(seconds: float | None) -> Iterator[None]:
    """Raise `OverTime` in the block after so many seconds; in the main thread alone."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: Any) -> None:
        raise OverTime(f"it took more than {seconds:g} s (--point-timeout)")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def limited_memory(size: int | None) -> Iterator[None]:
    """Let the process take `size` bytes of address space more than it has now."""
    if size is None:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_mapped() + size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _mapped() -> int:
    """Return the size of this process's address space in bytes."""
    with open_regular(Path("/proc/self/statm")) as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
