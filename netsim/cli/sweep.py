"""``netsim sweep``: simulate all points of a parameter study."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netsim.cli.completion import ScenarioWord, Setting
from netsim.cli.examples import examples
from netsim.cli.output import remark, say, warn
from netsim.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.sweep.points import Points
    from netsim.sweep.study import Report, Shard
    from netsim.warnings import Caution


class ShardOf(click.ParamType):  # type: ignore[type-arg]
    """``I/N`` with 1 <= I <= N."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Shard:
        """Return the shard that `value` names."""
        from netsim.sweep.study import Shard

        if isinstance(value, Shard):
            return value
        found = re.fullmatch(r"([0-9]{1,7})/([0-9]{1,7})", value)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"'{value}' is no shard; write I/N with I from 1 to N: 1/3, 2/3, 3/3")
        return Shard(int(found[1]), int(found[2]))


class Quantity(click.ParamType):  # type: ignore[type-arg]
    """A value with its unit."""

    def __init__(self, dimension: str) -> None:
        self.name = dimension

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return `value` in the unit of the dimension."""
        from netsim import units

        if not isinstance(value, str):
            return value
        try:
            return units.parse(value, self.name)
        except ValueError as wrong:
            self.fail(str(wrong))


@click.command(
    "sweep",
    short_help="Simulate all points of a block 'sweep'.",
    epilog=examples(
        "netsim sweep study.yaml --dry-run",
        "netsim sweep study.yaml -j 4 -o out/study",
        "netsim sweep study.yaml -o out/study --resume",
    ),
)
@click.argument("file", metavar="FILE", type=ScenarioWord())
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
    "-j", "jobs", metavar="N", type=click.IntRange(1, 4096), help="Points at once, on this machine."
)
@click.option("--scheduler", metavar="ADDR", help="A Dask scheduler that runs already.")
@click.option("--cluster", metavar="FILE", help="Workers as jobs of a queue, as FILE says.")
@click.option("--shard", type=ShardOf(), help="Only every N-th point, from the I-th on.")
@click.option("--resume", is_flag=True, help="Go on with what DIR holds; it may have grown.")
@click.option("--retry-failed", is_flag=True, help="Repeat the points that failed, too.")
@click.option("--dry-run", is_flag=True, help="Say what would be simulated and what it costs.")
@click.option("--overwrite", is_flag=True, help="Replace the sweep that DIR holds.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--point-timeout", type=Quantity("duration"), help="Longest that a run may take.")
@click.option("--memory", type=Quantity("data"), help="Memory of each worker.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    file: str,
    out: str | None,
    overrides: tuple[str, ...],
    jobs: int | None,
    scheduler: str | None,
    cluster: str | None,
    shard: Shard | None,
    resume: bool,
    retry_failed: bool,
    dry_run: bool,
    overwrite: bool,
    fail_fast: bool,
    point_timeout: float | None,
    memory: int | None,
    as_json: bool,
) -> None:
    """Simulate all points of the block sweep in FILE, each with its replications.

    What is committed is never simulated again: --resume goes on after whatever ended the last
    start. Shards of one sweep write into one DIR; whichever comes last joins the tables.
    """
    from netsim.resources import is_run
    from netsim.sweep.asked import Asked
    from netsim.sweep.points import Points
    from netsim.sweep.study import Options, default_directory, sweep

    if overwrite and (shard or resume):
        raise click.UsageError("--overwrite goes neither with --shard nor with --resume")
    points = Points(file, overrides)
    own = Path(file) if is_run(Path(file)) else default_directory(points)
    path = Path(out) if out is not None else own
    quiet = ctx.obj.quiet
    if not as_json and not quiet:
        _print_head(points, shard)
    if dry_run:
        _print_plan(points, path, as_json=as_json)
        return
    told: list[str] = []

    def tell(cautions: Sequence[Caution]) -> None:
        told.extend(one.code for one in cautions)
        if not quiet:
            warn(cautions)

    asked = Asked()
    options = Options(resume, retry_failed, overwrite, fail_fast)
    with asked.listening():
        from netsim.cli.sweep_execution import executor

        with executor(
            points, shard, asked, jobs, scheduler, cluster, point_timeout, memory,
            fail_fast=fail_fast, quiet=quiet,
        ) as execute:  # fmt: skip
            try:
                report = sweep(points, path, execute, shard=shard, options=options, warn=tell)
            except KeyboardInterrupt:
                _print_stopped(path, file)
                ctx.exit(asked.code or 130)
    if report.stopped:
        _print_stopped(path, file)
        ctx.exit(asked.code)
    tell([one for one in report.warnings if one.code not in told])
    _print_report(report, as_json=as_json)


def _print_head(points: Points, shard: Shard | None) -> None:
    """Print what is swept, in one line."""
    base = points.base
    rule, fixed = points.rule, points.replications
    times = f"{fixed}" if rule is None else f"{rule.least} to {rule.most}"
    part = f" (shard {shard.number}/{shard.count})" if shard is not None else ""
    say(
        f"{base.name}  {base.family.name}, {_count(len(points), 'point')}{part} x {times} "
        f"replications over {', '.join(points.fields)} | seed {base.model.seed}"
    )


def _print_stopped(path: Path, file: str) -> None:
    remark(f"stopped; what is complete is kept: netsim sweep {file} -o {path} --resume goes on")


def _print_report(report: Report, *, as_json: bool) -> None:
    from netsim.sweep.study import facts_of

    if as_json:
        import json

        say(json.dumps(facts_of(report), indent=2))
        return
    if report.stored:
        say(f"{report.path} holds this sweep already; --overwrite repeats it")
    for name in report.not_converged:
        remark(f"{name} has not converged at the most replications", head="note:")
    if report.complete:
        from netsim.sweep.summary import summary
        from netsim.warnings import counted

        for line in summary(report.path):
            say(line)
        number = len(report.warnings)
        warned = f", {counted(number)}" if number else ""
        verb = "found" if report.stored else "wrote"
        say(f"{verb} {report.path}{warned}   try: netsim describe {report.path}")
    else:
        say(f"wrote {report.path} (other shards are not done)   try: netsim status {report.path}")


def _print_plan(points: Points, path: Path, *, as_json: bool) -> None:
    """Print what a sweep would do, and what it costs by one timed point."""
    from netsim.estimate import estimate
    from netsim.metrics.recorder import MemorySink
    from netsim.simulate import run_point
    from netsim.sweep.survey import survey

    everywhere = range(len(points))
    found = survey(points, everywhere)
    found.settle(points, everywhere)
    ids = found.ids
    first = points.scenario(0)
    cost = estimate(first)
    try:
        # The first one compiles; the second one tells the time.
        run_point(first, 0, MemorySink())
        seconds = run_point(first, 0, MemorySink()).cost.cpu_time
    except Exception as failure:
        raise ScenarioError(f"error: {points.name(0)} fails: {failure}") from failure
    rule = points.rule
    runs = len(points) * (points.replications or (rule.least if rule else 1))
    if as_json:
        import json

        every = [
            {"index": index, "point": one, "swept": points.values(index)}
            for index, one in enumerate(ids)
        ]
        facts = {
            "path": str(path),
            "points": every,
            "runs": runs,
            "seed": points.base.model.seed,
            "estimate": cost.facts(),
            "cpu_time": seconds * runs,
        }
        say(json.dumps(facts, indent=2))
        return
    shown = list(range(len(points)))
    for index in shown if len(shown) <= 6 else [*shown[:3], -1, *shown[-3:]]:
        say("  ..." if index < 0 else f"  {ids[index]}  {points.name(index)}")
    say(f"  each: {cost}")
    say(
        f"would write {path}: {_count(len(points), 'point')}, {_count(runs, 'run')}, about "
        f"{_lasting(seconds * runs)} of processor time ({seconds:.3g} s for the first point)"
    )


def _lasting(seconds: float) -> str:
    for limit, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= limit:
            return f"{seconds / limit:.2g} {unit}"
    return f"{max(seconds, 0.1):.2g} s"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
