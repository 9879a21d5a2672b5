"""Run scenarios: one replication at a time, in memory or into a directory.

`run_point` is the unit of work: one scenario, one replication, fresh objects, named random
streams. `run` is all replications of a scenario, one after another in one process, so that they
share compiled kernels. A replication that fails leaves the others complete; a run that is
interrupted keeps its complete replications and says so.

Nothing here knows a family: the scenario carries it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from netsim.effective import as_data
from netsim.engine.environment import Environment
from netsim.errors import NetsimError, SimulationError, UsageError, WriteError
from netsim.estimate import refuse_too_large
from netsim.family import RunContext, Scalar, Simulation
from netsim.metrics.failures import Failure
from netsim.metrics.manifest import RunIdentity
from netsim.metrics.marks import Key
from netsim.metrics.parameters import with_parameters
from netsim.metrics.part_writer import PartWriter
from netsim.metrics.provenance import provenance
from netsim.metrics.reader import RunFiles, concatenate, open_results, to_pandas
from netsim.metrics.recorder import MemorySink, Recorder, Sink
from netsim.metrics.resources import Cost, Stopwatch
from netsim.metrics.rundir import RunDirectory, check, filling
from netsim.metrics.summary import SummaryRow, render, render_html, summary_rows
from netsim.metrics.tables import tables_of
from netsim.registry import did_you_mean
from netsim.rng import Streams
from netsim.warnings import Caution, after

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from netsim.metrics.reader import Results
    from netsim.scenario import Scenario


#: Simulates runs into a directory, and returns the replications that failed with the reason.
Spread = Callable[[RunDirectory, Sequence[Key]], list[tuple[int, NetsimError]]]


class Watcher(Protocol):
    """Somebody who looks on while a run goes; it must not change anything."""

    def begin(
        self, replication: int, replications: int, simulation: Simulation, until: int | None
    ) -> None:
        """Note that a replication is built and starts now."""
        ...

    def on_slice(self, now: int, events: int) -> None:
        """Note that simulated time is `now` (ps) and `events` have been handled."""
        ...

    def end(self) -> None:
        """Note that the replication is over, or has failed."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What came out of one replication.

    Parameters
    ----------
    row
        Its row of table `runs`.
    rows
        Number of rows of each table.
    cost
        Time and memory that it took.
    """

    row: Mapping[str, Scalar]
    rows: Mapping[str, int]
    cost: Cost


def run_point(
    scenario: Scenario,
    replication: int,
    sink: Sink,
    watchers: Sequence[Watcher] = (),
    record: Mapping[str, Any] | None = None,
) -> Done:
    """Simulate one replication of `scenario` and write its tables to `sink`.

    Parameters
    ----------
    scenario
        What to simulate.
    replication
        Index of the replication from 0; it chooses the random streams.
    sink
        Where the tables go; on failure nothing becomes visible there.
    watchers
        Told about the progress.
    record
        What the tables say they came from; left out, all that it takes to make them again.
    """
    model, family = scenario.model, scenario.family
    watch = Stopwatch()
    recorder = Recorder(
        tables_of(family, model.record.asked_for()),
        sink,
        point=scenario.point,
        replication=replication,
        provenance=record or provenance(scenario.recorded, model.seed, scenario.hash),
    )
    try:
        env = Environment()
        streams = Streams(model.seed, replication)
        context = RunContext(env, streams, recorder, model.until, model.record.sample_every)
        simulation = family.build(model, context)
        for watcher in watchers:
            watcher.begin(replication, model.replications, simulation, model.until)
            env.observe(watcher)
        env.run(until=model.until)
        row: dict[str, Scalar] = {
            "scenario": scenario.name,
            "workload": family.name,
            "seed": model.seed,
            "status": "done",
            "t_end": env.now,
            "events": env.events,
            **simulation.finish(),
        }
        recorder.write_row("runs", row)
        cost = watch.read()
        recorder.write_row("perf", cost.perf_row(env.events))
        return Done(row, recorder.close(), cost)
    except BaseException:
        recorder.abort()
        raise
    finally:
        for watcher in watchers:
            watcher.end()


def prepare(scenario: Scenario) -> None:
    """Compile what `scenario` needs, and keep it for later starts; no time passes."""
    model, family = scenario.model, scenario.family
    recorder = Recorder(tables_of(family, model.record.asked_for()), MemorySink())
    try:
        context = RunContext(
            Environment(), Streams(model.seed), recorder, model.until, model.record.sample_every
        )
        # Kernels are compiled when the simulation is wired together.
        family.build(model, context)
    finally:
        recorder.abort()


@dataclass(frozen=True, slots=True, repr=False)
class RunResult:
    """The results of all replications of a scenario.

    Parameters
    ----------
    scenario
        What was run.
    runs
        Rows of table `runs`, by replication.
    path
        The run directory, or None if the tables are in memory.
    stored
        Whether the directory held all of it already, so that nothing was simulated.
    """

    scenario: Scenario
    runs: tuple[Mapping[str, Scalar], ...]
    path: Path | None
    _tables: Mapping[str, Any]
    stored: bool = False

    def tables(self) -> list[str]:
        """Return the names of the tables, sorted."""
        return self._results().tables() if self.path is not None else sorted(self._tables)

    def table(self, name: str, parameters: Sequence[str] = ()) -> pa.Table:
        """Return table `name`; units and descriptions stand in the fields' metadata.

        Parameters
        ----------
        name
            Of the table.
        parameters
            Dotted paths of fields of the scenario that become further columns.

        Raises
        ------
        UsageError
            If there is no table of that name, or no such field.
        """
        return with_parameters([self._table(name)], [self.scenario.recorded], parameters)[0]

    def _table(self, name: str) -> pa.Table:
        if self.path is not None:
            return self._results().table(name)
        if name not in self._tables:
            hint = did_you_mean(name, self._tables) or f"there are: {', '.join(self.tables())}"
            raise UsageError(f"no table named '{name}'; {hint}")
        return self._tables[name]

    def pandas(self, name: str, parameters: Sequence[str] = ()) -> pd.DataFrame:
        """Return what `table` does as a data frame, with its units in ``attrs``."""
        return to_pandas(self.table(name, parameters))

    @property
    def summary_rows(self) -> list[SummaryRow]:
        """The family's headlines as means and intervals over replications."""
        family = self.scenario.family
        return summary_rows(self.runs, family.headlines, family.run_columns)

    @property
    def summary(self) -> str:
        """The headlines as a text table."""
        return render(self.summary_rows)

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """What misleads in these results, one warning a code."""
        return warnings_of(self.scenario, self.runs)

    def _repr_html_(self) -> str:
        return render_html(self.summary_rows, repr(self))

    def __repr__(self) -> str:
        number = len(self.runs)
        where = "memory" if self.path is None else str(self.path)
        return (
            f"<RunResult of {self.scenario.name}: {number} replication{'s' * (number != 1)} "
            f"in {where}: {', '.join(self.tables())}>"
        )

    def _results(self) -> Results:
        return open_results(str(self.path))


def run(
    scenario: Scenario,
    out: str | Path | None = None,
    *,
    overwrite: bool = False,
    watchers: Sequence[Watcher] = (),
    spread: Spread | None = None,
) -> RunResult:
    """Simulate all replications of `scenario`, one after another.

    What `out` holds of them already is not simulated again.

    Parameters
    ----------
    scenario
        What to simulate.
    out
        Directory to write to; left out, the tables stay in memory.
    overwrite
        Whether a run that `out` holds is replaced.
    watchers
        Told about the progress.
    spread
        Simulates replications into a directory otherwise than one after another.

    Raises
    ------
    OutputError
        If `out` holds something else already.
    ScenarioError
        If a replication would take more memory than this process may use, or too many samples.
    SimulationError
        If a replication fails. With `out` the others are run and stay readable.
    """
    refuse_too_large(scenario)
    if out is not None:
        return _run_into(Path(out), scenario, overwrite, watchers, spread)
    rows, sinks = [], []
    for replication in range(scenario.model.replications):
        sink = MemorySink()
        rows.append(run_point(scenario, replication, sink, watchers).row)
        sinks.append(sink)
    tables = {name: concatenate([sink.tables[name] for sink in sinks]) for name in sinks[0].tables}
    return RunResult(scenario, tuple(rows), None, tables)


def warnings_of(scenario: Scenario, rows: Sequence[Mapping[str, Scalar]]) -> tuple[Caution, ...]:
    """Return what was known before the run to mislead in it, and what its `rows` show."""
    known = scenario.warnings
    codes = {one.code for one in known}
    found = after(scenario.family, scenario.model, rows)
    return known + tuple(one for one in found if one.code not in codes)


def default_directory(scenario: Scenario) -> Path:
    """Return where the command line writes a run if it is not told."""
    return Path("out") / identity(scenario).directory_name


def identity(scenario: Scenario) -> RunIdentity:
    """Return what a run directory records of `scenario`."""
    model = scenario.model
    return RunIdentity(
        name=scenario.name,
        workload=scenario.family.name,
        hash=scenario.hash,
        seed=model.seed,
        text=scenario.text,
        resolved={**scenario.recorded, **as_data(scenario.effective)},
        provenance=provenance(scenario.recorded, model.seed, scenario.hash),
        runs=model.replications,
        inputs=scenario.inputs,
        warnings=tuple(one.to_dict() for one in scenario.warnings),
    )


def check_directory(path: str | Path, scenario: Scenario, *, overwrite: bool = False) -> None:
    """Raise what `run` into `path` would raise of the directory, and change nothing there.

    Raises
    ------
    OutputError
        If `path` holds something else already, is being filled, or cannot be made.
    """
    check(path, identity(scenario), overwrite=overwrite, resume=True)


def _run_into(
    path: Path,
    scenario: Scenario,
    overwrite: bool,
    watchers: Sequence[Watcher],
    spread: Spread | None,
) -> RunResult:
    """Run all replications into a run directory that is locked meanwhile."""
    record = identity(scenario)
    if not overwrite:
        check(path, record, resume=True)
        if (stored := _stored(path, record)) is not None:
            return RunResult(scenario, stored, path, {}, stored=True)
    with filling(path, record, overwrite=overwrite, resume=True) as directory:
        done = directory.done()
        keys = [Key(0, scenario.point, replication) for replication in range(record.runs)]
        missing = [key for key in keys if (key.point, key.replication) not in done]
        rows = _fill(directory, missing, scenario, watchers, spread)
    if done:
        rows = _rows(path)
    return RunResult(scenario, tuple(rows), path, {})


def _rows(path: Path) -> list[Mapping[str, Scalar]]:
    """Return the rows of table `runs` that the directory `path` holds."""
    rows: list[Mapping[str, Scalar]] = open_results(path).table("runs").to_pylist()
    return rows


def _stored(path: Path, record: RunIdentity) -> tuple[Mapping[str, Scalar], ...] | None:
    """Return the rows of `runs` if `path` holds the whole run already, as good as it is now."""
    try:
        files = RunFiles(path)
    except NetsimError:
        return None
    if files.manifest["hash"] != record.hash or not files.complete:
        return None
    if files.manifest["counts"]["runs"] < record.runs:
        return None
    return tuple(files.table("runs").to_pylist())


def _fill(
    directory: RunDirectory,
    keys: Sequence[Key],
    scenario: Scenario,
    watchers: Sequence[Watcher],
    spread: Spread | None = None,
) -> list[Mapping[str, Scalar]]:
    """Run all `keys` and mark how it ended; one that fails does not stop the others.

    A disk that fails stops them all: what it did to one it does to the next, and the first file
    that failed is the one to name.
    """
    rows: list[Mapping[str, Scalar]] = []
    failures: list[tuple[int, NetsimError]] = []
    writer = PartWriter(directory.path, directory.hash)
    record = provenance(scenario.recorded, scenario.model.seed, scenario.hash)
    try:
        if spread is not None:
            failures = spread(directory, keys)
            rows = [] if failures else _rows(directory.path)
        for key in keys if spread is None else ():
            try:
                done = run_point(scenario, key.replication, writer.sink(key), watchers, record)
                rows.append(done.row)
            except WriteError:
                raise
            except NetsimError as failure:
                directory.note(Failure.of(key, failure))
                failures.append((key.replication, failure))
            except Exception as bug:
                directory.note(Failure.of(key, bug))
                raise
        writer.commit()
        if not failures:
            # What was there already counts as well.
            every = rows if len(rows) == scenario.model.replications else _rows(directory.path)
            found = [one.to_dict() for one in warnings_of(scenario, every)]
            directory.complete(warnings=found)
    except Exception:
        with contextlib.suppress(WriteError):
            writer.commit()
        directory.give_up()
        raise
    except BaseException:
        with contextlib.suppress(WriteError):
            writer.commit()
            directory.stop()
        raise
    if failures:
        directory.fail(len(failures))
        raise _failed(failures, scenario.model.replications, directory.path)
    return rows


def _failed(
    failures: Sequence[tuple[int, NetsimError]], replications: int, path: Path
) -> SimulationError:
    """Return the error that names the first failure, how many there were, and where to look."""
    replication, first = failures[0]
    if replications == 1:
        text = f"{first} (run directory: {path})"
    else:
        text = (
            f"{len(failures)} of {replications} replications failed; replication {replication}: "
            f"{first} (run directory: {path}; the others are complete)"
        )
    error = SimulationError(text)
    error.__cause__ = first
    return error
