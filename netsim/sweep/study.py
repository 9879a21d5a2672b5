"""A sweep in a directory: what is there, what is missing, and how the missing is simulated.

Same id and replication, same result: so what is committed is skipped, whoever committed it. That is
all there is to resuming, to shards, and to a sweep that has grown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from netsim.errors import NetsimError, OutputError, WriteError
from netsim.metrics import layout
from netsim.metrics.failures import Failure, read_failures
from netsim.metrics.gathering import Order, ordered
from netsim.metrics.manifest import RunIdentity, places, read_manifest
from netsim.metrics.marks import Run, committed
from netsim.metrics.provenance import provenance
from netsim.metrics.rundir import RunDirectory, filling, other_kind
from netsim.metrics.swept import Swept
from netsim.sweep.cautions import of_all
from netsim.sweep.points import Points
from netsim.sweep.stopping import judge
from netsim.sweep.survey import Survey
from netsim.sweep.swept_columns import swept as swept_columns
from netsim.sweep.worker import Job, Outcome, in_order, known_means
from netsim.version import RESULTS_VERSION
from netsim.warnings import Caution


class SweepFailed(NetsimError):  # noqa: N818 - the sweep failed, the error says what of it
    """Some runs of a sweep failed; the others are complete and readable."""

    code = "sweep-failed"
    exit_code = 4


class Executor(Protocol):
    """Looks at points and simulates jobs somewhere."""

    def survey(self, study: Study, indices: Sequence[int]) -> Survey:
        """Return what is found at points before any is simulated."""
        ...

    def __call__(self, study: Study, jobs: Sequence[Job]) -> Outcome:
        """Simulate `jobs`, commit what is done, and say what became of them."""
        ...


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal shares of a sweep: every `count`-th point, from the `number`-th on."""

    number: int = 1
    count: int = 1

    def indices(self, points: int) -> range:
        """Return the indices of the shard's points."""
        return range(self.number - 1, points, self.count)

    @property
    def lock(self) -> str:
        """Name of the lock that keeps the same shard out."""
        return layout.LOCK if self.count == 1 else f"{layout.LOCK}-{self.number}-of-{self.count}"


@dataclass(frozen=True, slots=True)
class Options:
    """How a sweep is to go.

    Parameters
    ----------
    resume
        Whether an unfinished sweep that is there is gone on with.
    retry_failed
        Whether runs that failed are tried again.
    overwrite
        Whether a sweep that is there is replaced.
    fail_fast
        Whether the first failure ends it.
    """

    resume: bool = False
    retry_failed: bool = False
    overwrite: bool = False
    fail_fast: bool = False


@dataclass(slots=True)
class Study:
    """A sweep and its directory.

    Parameters
    ----------
    points
        The sweep.
    path
        Its directory.
    shard
        Which points are this process's.
    directory
        What is filled, once it is.
    """

    points: Points
    path: Path
    shard: Shard = field(default_factory=Shard)
    directory: RunDirectory | None = None

    def stop(self) -> None:
        """Note that it was stopped from outside, if it has begun."""
        if self.directory is not None:
            self.directory.stop()

    @property
    def hash(self) -> str:
        """Identity of the sweep."""
        return self.points.identity

    def state(self) -> Order:
        """Return the committed runs that are of this sweep."""
        manifest = {"hash": self.hash}
        return ordered(committed(self.path), places(manifest, Swept.read(self.path)))


def default_directory(points: Points) -> Path:
    """Return where a sweep is written if nothing else is said."""
    return Path("out") / f"{points.base.name}-{points.identity[:6]}"


def described(points: Points, found: Survey) -> RunIdentity:
    """Return what the directory of a sweep records of it."""
    base, model = points.base, points.base.model
    rule = points.rule
    # Of adaptive replications the fewest are known.
    replications = points.replications or (rule.least if rule is not None else 0)
    digest = points.identity
    files = dict.fromkeys((*base.inputs, *points.files.names.values(), *found.inputs))
    return RunIdentity(
        name=base.name,
        workload=base.family.name,
        hash=digest,
        seed=model.seed,
        text=base.text,
        resolved=points.recorded,
        provenance=provenance(points.recorded, model.seed, digest),
        runs=len(points) * replications,
        inputs=tuple(files),
        points=len(points),
        kind="sweep",
        warnings=tuple(one.to_dict() for one in found.warnings),
    )


@dataclass(frozen=True, slots=True)
class Report:
    """How a sweep ended.

    Parameters
    ----------
    path
        Its directory.
    complete
        Whether all points of the whole sweep are done.
    simulated
        Number of runs that this process had simulated.
    stored
        Whether all was there already.
    stopped
        Whether it was asked to stop.
    not_converged
        Adaptive points that ran out of replications, in words.
    warnings
        What misleads in the results of a complete sweep.
    """

    path: Path
    complete: bool
    simulated: int = 0
    stored: bool = False
    stopped: bool = False
    not_converged: tuple[str, ...] = ()
    warnings: tuple[Caution, ...] = ()


def sweep(
    points: Points,
    path: Path,
    execute: Executor,
    *,
    shard: Shard | None = None,
    options: Options | None = None,
    warn: Callable[[Sequence[Caution]], None] = lambda cautions: None,
) -> Report:
    """Simulate what `path` lacks of `points`, and compact it once all is there.

    `warn` is told what misleads, before anything is simulated.

    Raises
    ------
    ScenarioError
        If a point is wrong; nothing is simulated then.
    OutputError
        If `path` holds something else.
    SweepFailed
        If a run failed.
    """
    shard, options = shard or Shard(), options or Options()
    study = Study(points, path, shard)
    digest = study.hash
    _refuse(study, options)
    manifest = read_manifest(path)
    if not options.overwrite and manifest is not None and manifest["hash"] == digest:
        from netsim.metrics.reader import RunFiles

        if RunFiles(path).complete and not _missing(study, options)[0]:
            warned = tuple(Caution(**one) for one in manifest.get("warnings", []))
            return Report(path, complete=True, stored=True, warnings=warned)
    found = _surveyed(study, execute, shard)
    warn(found.warnings)
    record = described(points, found)
    grown = not options.overwrite and manifest is not None and manifest["hash"] != digest
    everyone: list[str] | None = None
    if grown:
        everyone = (found if shard.count == 1 else _surveyed(study, execute, Shard())).ids
        _refuse_shrunk(study, everyone)
    columns = swept_columns(points, everyone)
    with filling(
        path,
        record,
        columns,
        overwrite=options.overwrite,
        resume=True,
        adopt=grown,
        lock=shard.lock,
    ) as directory:
        return _go_on(study, directory, execute, options)


def _surveyed(study: Study, execute: Executor, shard: Shard) -> Survey:
    """Return what is found at the points of a shard, all of which are right."""
    indices = shard.indices(len(study.points))
    found = execute.survey(study, indices)
    found.settle(study.points, indices)
    return found


def _refuse(study: Study, options: Options) -> None:
    """Raise if what the directory holds is not to be touched."""
    manifest = read_manifest(study.path)
    if options.overwrite or manifest is None:
        return
    if manifest["kind"] != "sweep":
        raise other_kind(study.path, "sweep")
    if manifest["hash"] == study.hash and manifest["status"] == "success":
        return
    joined = study.shard.count > 1 and manifest["hash"] == study.hash
    if not (options.resume or options.retry_failed or joined):
        counts = manifest["counts"]
        kind = "an unfinished" if manifest["status"] != "success" else "another"
        raise OutputError(
            f"{study.path} already holds {kind} sweep ({counts['done']} runs done); --resume goes "
            "on with it, or choose -o or --overwrite"
        )
    made = manifest["provenance"].get("results_version")
    if made != RESULTS_VERSION:
        raise OutputError(
            f"{study.path} holds results of version {made}, and this netsim gives those of "
            f"version {RESULTS_VERSION}; choose -o or --overwrite"
        )


def _refuse_shrunk(study: Study, ids: Sequence[str]) -> None:
    """Raise if a point that was recorded is none of the sweep any more."""
    recorded = {key.point for part in committed(study.path) for key in part.keys}
    lost = recorded - set(ids)
    if lost:
        raise OutputError(
            f"{study.path} holds another sweep: {len(lost)} of its {len(recorded)} recorded points "
            "are not in this one; choose -o or --overwrite"
        )


def _missing(
    study: Study, options: Options, shard: Shard | None = None
) -> tuple[list[Job], list[str]]:
    """Return what is still to be simulated, and which adaptive points have not converged."""
    points, order = study.points, study.state()
    done: dict[int, set[int]] = {}
    for key in order.keys:
        done.setdefault(key.index, set()).add(key.replication)
    skipped = [] if options.retry_failed else _failed(study)
    rule = points.rule
    means: dict[int, dict[int, float]] = {}
    if rule is not None:
        table, column = points.metric
        known = known_means(order, table, column) if table in order.tables else {}
        for key in order.keys:
            value = known[key.point, key.replication]
            means.setdefault(key.index, {})[key.replication] = value
    failed = {(failure.key.index, failure.key.replication) for failure in skipped}
    jobs: list[Job] = []
    loose: list[str] = []
    for index in (shard or Shard()).indices(len(points)):
        if rule is not None:
            seen = means.get(index, {})
            verdict = judge(rule, in_order(seen))
            if not verdict.decided and not any(point == index for point, _ in failed):
                jobs.append(Job(index, None, seen))
            elif verdict.decided and not verdict.converged:
                loose.append(points.name(index))
            continue
        have = done.get(index, set())
        wanted = [
            replication
            for replication in range(points.replications or 0)
            if replication not in have and (index, replication) not in failed
        ]
        if wanted:
            jobs.append(Job(index, tuple(wanted)))
    return jobs, loose


def _failed(study: Study) -> list[Failure]:
    """Return the last failure of each run that failed for good and is not done."""
    done: set[Run] = {(key.point, key.replication) for key in study.state().keys}
    last = {one.run: one for one in read_failures(study.path) if one.final}
    return [failure for run, failure in last.items() if run not in done]


def _go_on(study: Study, directory: RunDirectory, execute: Executor, options: Options) -> Report:
    """Simulate what is missing of the shard, and end the sweep if nothing is missing of it all."""
    study.directory = directory
    jobs, _ = _missing(study, options, study.shard)
    try:
        outcome = execute(study, jobs) if jobs else Outcome()
        if outcome.stopped:
            directory.stop()
            return Report(study.path, complete=False, simulated=outcome.done, stopped=True)
        return _end(study, directory, outcome)
    except SweepFailed:
        raise
    except Exception:
        directory.give_up()
        raise
    except BaseException:
        with contextlib.suppress(WriteError):
            directory.stop()
        raise


def _end(study: Study, directory: RunDirectory, outcome: Outcome) -> Report:
    """Compact a sweep of which nothing is missing, or say what is."""
    failures = sorted(_failed(study), key=lambda one: (one.key.index, one.key.replication))
    order = study.state()
    if failures:
        directory.fail(len(failures))
        raise SweepFailed(_told(study, failures, len(order.keys)))
    jobs, loose = _missing(study, Options(retry_failed=True))
    if jobs:
        # Other shards are not done yet; whoever comes last compacts.
        return Report(study.path, complete=False, simulated=outcome.done)
    twins = {
        (key.index, key.point)
        for part in committed(study.path)
        for key in part.keys
        if part.study == study.hash
    }
    study.points.refuse_twins(sorted(twins))
    known = [Caution(**one) for one in directory.warnings]
    warned = of_all(study.points, order, known if study.shard.count == 1 else None)
    directory.complete(len(order.keys), loose, [one.to_dict() for one in warned])
    return Report(
        study.path,
        complete=True,
        simulated=outcome.done,
        not_converged=tuple(loose),
        warnings=tuple(warned),
    )


#: Failed runs that are named.
_NAMED: Final = 5


def _told(study: Study, failures: Sequence[Failure], done: int) -> str:
    """Return what to say of failed runs."""
    lines = []
    for failure in failures[:_NAMED]:
        key = failure.key
        name = study.points.name(key.index).removesuffix(")")
        why = failure.message.splitlines()[0] if failure.message else failure.error
        lines.append(f"{name}, replication {key.replication}): {why}")
    if len(failures) > _NAMED:
        lines.append(f"... and {len(failures) - _NAMED} more (netsim status {study.path})")
    one = len(failures) == 1
    failed = "1 run" if one else f"{len(failures)} runs"
    lines.append(
        f"{failed} of the sweep failed; the other {done} are complete. "
        f"netsim sweep ... -o {study.path} --resume --retry-failed repeats "
        + ("it" if one else "them")
    )
    return "\n       ".join(lines)


def facts_of(report: Report) -> dict[str, Any]:
    """Return a report for programs."""
    return {
        "path": str(report.path),
        "complete": report.complete,
        "simulated": report.simulated,
        "stored": report.stored,
        "not_converged": list(report.not_converged),
        "warnings": [one.to_dict() for one in report.warnings],
    }
