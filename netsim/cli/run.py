"""``netsim run``: simulate one scenario."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from netsim.cli.completion import ScenarioWord, Setting
from netsim.cli.examples import examples
from netsim.cli.output import remark, say, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.estimate import Estimate
    from netsim.scenario import Scenario
    from netsim.simulate import RunResult, Watcher

#: What a process stopped by TERM ends with: 128 + 15.
TERMINATED = 143


@click.command(
    "run",
    short_help="Simulate one scenario; print a summary.",
    epilog=examples(
        "netsim run quickstart",
        "netsim run study.yaml --set routing.policy=ecmp",
        "netsim run out/RUN -o out/again",
    ),
)
@click.argument("file", metavar="FILE|RUN", type=ScenarioWord())
@click.option(
    "-o",
    "--output",
    "out",
    metavar="DIR",
    type=click.Path(),
    help="Where to write; default: out/NAME-HASH.",
)
@click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    type=Setting(),
    multiple=True,
    help="Change a field; repeatable.",
)
@click.option(
    "--seed", metavar="N", type=click.IntRange(0, 2**63 - 1), help="Seed of all random streams."
)
@click.option(
    "--replications",
    metavar="N",
    type=click.IntRange(1, 1_000_000),
    help="Number of independent runs.",
)
@click.option("-j", "jobs", metavar="N", type=click.IntRange(1, 4096), help="Replications at once.")
@click.option("--dry-run", is_flag=True, help="Say what would be run; simulate nothing.")
@click.option("--overwrite", is_flag=True, help="Replace the run that DIR holds.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    file: str,
    out: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    replications: int | None,
    jobs: int | None,
    dry_run: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    r"""Simulate the scenario in FILE, print a summary and write its tables.

    FILE is a scenario, the name of one that comes with netsim, or the directory of a run, which is
    run again as it was. --set takes dotted paths, list indices and YAML values:

    \b
      --set routing.policy=rps
      --set "topology.host_link.rate=400 Gbps"
      --set traffic.0.pattern=incast
    """
    from netsim.estimate import estimate, refuse_too_large
    from netsim.resources import is_run
    from netsim.scenario import load
    from netsim.simulate import check_directory, default_directory, run

    scenario = load(file, overrides)
    if seed is not None or replications is not None:
        scenario = scenario.with_(seed=seed, replications=replications)
    # A run that is named by its directory is shown, extended or repeated where it is.
    own = Path(file) if is_run(Path(file)) else default_directory(scenario)
    path = Path(out) if out is not None else own
    quiet = ctx.obj.quiet
    cost = estimate(scenario)
    if not as_json:
        _print_head(scenario, cost)
    known = scenario.warnings
    if not quiet:
        for note in scenario.notes:
            remark(note, head="note:")
        warn(known)
    if dry_run:
        check_directory(path, scenario, overwrite=overwrite)
        refuse_too_large(scenario, cost)
        _print_plan(scenario, path, cost, as_json=as_json)
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        if jobs is not None and jobs > 1:
            result = _spread(scenario, path, jobs, overwrite=overwrite, quiet=quiet)
        else:
            result = run(scenario, path, overwrite=overwrite, watchers=_watchers(quiet))
    except (KeyboardInterrupt, SystemExit):
        remark(f"stopped; the replications that were complete are kept in {path}")
        raise
    if not quiet:
        warn(one for one in result.warnings if one not in known)
    if as_json:
        _print_json(result)
        return
    if result.stored:
        say(f"{path} holds this run already, so nothing was simulated; --overwrite repeats it")
    say(result.summary)
    for line in getattr(scenario.family, "conclude", lambda rows: ())(result.runs):
        say(line)
    say(_written(result))


def _spread(
    scenario: Scenario, path: Path, jobs: int, *, overwrite: bool, quiet: bool
) -> RunResult:
    """Return the result of replications that `jobs` workers share."""
    from netsim.cli.sweep_execution import executor
    from netsim.simulate import run
    from netsim.sweep.asked import Asked
    from netsim.sweep.replications import OnePoint, spread

    points, asked = OnePoint(scenario), Asked()
    with (
        asked.listening(),
        executor(
            points, None, asked, jobs, None, None, None, None, fail_fast=False, quiet=quiet
        ) as execute,
    ):
        try:
            return run(scenario, path, overwrite=overwrite, spread=spread(points, execute))
        except KeyboardInterrupt:
            if asked.code == TERMINATED:
                sys.exit(TERMINATED)
            raise


def _terminate(number: int, frame: object) -> NoReturn:
    """End as if interrupted, so that open files are closed on the way out."""
    sys.exit(TERMINATED)


def _watchers(quiet: bool) -> Sequence[Watcher]:
    if quiet:
        return ()
    from netsim.progress import ProgressLine

    return (ProgressLine(sys.stderr),)


def _print_head(scenario: Scenario, cost: Estimate) -> None:
    """Print what is run, what it will cost, and what its defaults come to, a line each."""
    from netsim.effective import in_words

    model = scenario.model
    said = scenario.family.describe(model)
    times = f"seed {model.seed} x {_count(model.replications, 'replication')}"
    say(f"{scenario.name}  {scenario.family.name}, {said} | {times}")
    each = " each" if model.replications > 1 else ""
    say(f"  estimate{each}: {cost}")
    if values := in_words(scenario.effective):
        say(f"  effective: {values}")


def _print_plan(scenario: Scenario, path: Path, cost: Estimate, *, as_json: bool) -> None:
    """Print what a run would do."""
    from netsim.metrics.tables import tables_of

    model = scenario.model
    tables = [table.name for table in tables_of(scenario.family, model.record.asked_for())]
    if not as_json:
        runs = _count(model.replications, "run")
        say(f"would write {path} ({runs}, tables {', '.join(tables)})")
        return
    import json

    plan = {
        "scenario": scenario.name,
        "hash": scenario.hash,
        "seed": model.seed,
        "path": str(path),
        "point": scenario.point,
        "replications": model.replications,
        "tables": tables,
        "estimate": cost.facts(),
        "warnings": [one.to_dict() for one in scenario.warnings],
    }
    say(json.dumps(plan, indent=2))


def _print_json(result: RunResult) -> None:
    import json
    from dataclasses import asdict

    rows: list[dict[str, Any]] = []
    for row in result.summary_rows:
        entry = {"column": row.column, "label": row.label, "unit": row.unit}
        rows.append(entry | (asdict(row.value) if row.value is not None else {"mean": None}))
    summary = {
        "scenario": result.scenario.name,
        "hash": result.scenario.hash,
        "seed": result.scenario.model.seed,
        "replications": len(result.runs),
        "path": str(result.path),
        "tables": result.tables(),
        "warnings": [one.to_dict() for one in result.warnings],
        "summary": rows,
    }
    say(json.dumps(summary, indent=2))


def _written(result: RunResult) -> str:
    """Return the line that says what was written where, and how many warnings there are."""
    from netsim.warnings import counted

    path = Path(result.path or ".")
    size = sum(file.stat().st_size for file in sorted(path.glob("tables/*.parquet")))
    tables = _count(len(result.tables()), "table")
    runs = _count(len(result.runs), "run")
    hint = f"try: {shlex.join(['netsim', 'describe', str(path)])}"
    verb = "found" if result.stored else "wrote"
    warned = f", {counted(len(result.warnings))}" if result.warnings else ""
    return f"{verb} {path} ({runs}, {tables}, {_size(size)}){warned}   {hint}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _size(size: int) -> str:
    """Return an amount of bytes in three digits."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size} B"
