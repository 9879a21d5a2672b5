"""How a sweep is executed: in this process, over workers of this machine, or over a cluster."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from netsim.cli.output import remark
from netsim.errors import MissingExtraError
from netsim.sweep.in_process import InProcess

if TYPE_CHECKING:
    from netsim.sweep.asked import Asked
    from netsim.sweep.points import Points
    from netsim.sweep.study import Executor, Shard


def cores() -> int:
    """Return how many cores this process may use."""
    given = os.environ.get("SLURM_CPUS_PER_TASK", "")
    if given.isdigit() and int(given):
        return int(given)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


@contextlib.contextmanager
def executor(
    points: Points,
    shard: Shard | None,
    asked: Asked,
    jobs: int | None,
    scheduler: str | None,
    cluster: str | None,
    timeout: float | None,
    memory: int | None,
    *,
    fail_fast: bool,
    quiet: bool,
) -> Iterator[Executor]:
    """Give what executes the jobs of a sweep, as the options say.

    Raises
    ------
    MissingExtraError
        If workers are asked for and the extra that brings them is not installed.
    """
    from netsim.progress import CountLine

    share = shard.indices(len(points)) if shard is not None else range(len(points))
    total = len(share) * (points.replications or 0)
    line = None if quiet else CountLine(sys.stderr, total)
    tell = line.tell if line is not None else (lambda done, failed: None)
    try:
        number = _workers(jobs, scheduler, cluster, quiet=quiet)
        if number == 1 and not scheduler and not cluster:
            yield InProcess(asked, tell, timeout, memory, fail_fast)
        else:
            from netsim.sweep.over_workers import OverWorkers

            over = OverWorkers(
                asked, tell, timeout, memory, fail_fast,
                jobs=number, scheduler=scheduler, cluster=cluster,
            )  # fmt: skip
            with contextlib.closing(over):
                yield over
    finally:
        if line is not None:
            line.end()


def _workers(jobs: int | None, scheduler: str | None, cluster: str | None, *, quiet: bool) -> int:
    """Return the number of workers on this machine."""
    there = installed("distributed")
    if cluster and not installed("dask_jobqueue"):
        raise missing("--cluster")
    if (scheduler or cluster or (jobs or 1) > 1) and not there:
        raise missing("--scheduler" if scheduler else "--cluster" if cluster else f"-j {jobs}")
    if jobs is not None:
        return jobs
    number = cores()
    if number > 1 and not there:
        if not quiet:
            remark(
                f'one point at a time; for {number}: pip install "netsim-communication[cluster]"',
                head="note:",
            )
        return 1
    return number


def installed(package: str) -> bool:
    """Return whether an optional package is there."""
    return importlib.util.find_spec(package) is not None


def missing(option: str) -> MissingExtraError:
    """Return the error that an option needs workers."""
    return MissingExtraError(f'{option} needs: pip install "netsim-communication[cluster]"')
