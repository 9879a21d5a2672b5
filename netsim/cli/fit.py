"""``netsim fit``: a network whose collectives take the times that were measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netsim.cli.examples import examples
from netsim.cli.output import say

if TYPE_CHECKING:
    from netsim.collective.fitting import Fit
    from netsim.collective.measured import Measured


@click.command(
    "fit",
    short_help="Fit a network to measured collectives.",
    epilog=examples(
        "netsim fit all_reduce_perf.txt -o fitted.yaml",
        "netsim fit times.csv --op all_gather --ranks 16",
        "netsim fit times.csv --figure fitted.svg",
    ),
)
@click.argument("log", metavar="LOG", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "target",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default="fitted.yaml",
    show_default=True,
    help="The scenario to write.",
)
@click.option("--op", default="all_reduce", show_default=True, help="What was measured.")
@click.option(
    "--ranks", type=click.IntRange(2, 65_536), help="Number of ranks; default: as the log says."
)
@click.option(
    "--figure",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw measured against modelled times: .png, .pdf or .svg.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    log: Path,
    target: Path,
    op: str,
    ranks: int | None,
    figure: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Fit latency and rate to the times in LOG: what nccl-tests prints, or a CSV of size and time.

    Sizes at which algorithm or protocol change are found as well. The scenario that is written
    plays the measured sizes on the fitted network.
    """
    from netsim.collective.fitted import scenario_text
    from netsim.collective.fitting import fit
    from netsim.metrics.atomic import write_bytes

    measured = _read(log)
    asked, count = _asked(op, ranks, measured, log)
    _free([target, *([figure] if figure else [])], force=force)
    found = fit(measured.size, measured.time)
    text = scenario_text(found, measured, asked, count, log.name)
    write_bytes(target, text.encode(), "choose another -o")
    if figure is not None:
        _draw(figure, measured, found)
    _report(measured, found, (asked, count), [target, *([figure] if figure else [])], as_json)


def _read(log: Path) -> Measured:
    """Return the measurements, or the error with its lines."""
    from netsim.collective.measured import read_measured
    from netsim.errors import ScenarioError
    from netsim.problems import ProblemsFound
    from netsim.scenario.diagnostics import Diagnostic, render

    try:
        return read_measured(log)
    except ProblemsFound as found:
        told = [
            Diagnostic(
                one.code,
                one.message,
                hint=one.hint,
                file=f"{log}:{one.line}" if one.line else str(log),
            )
            for one in found.problems
        ]
        raise ScenarioError(render(told, str(log)), told) from None


def _asked(op: str, ranks: int | None, measured: Measured, log: Path) -> tuple[str, int]:
    """Return operation and ranks, or say what is missing."""
    from netsim.collective.fitted import ALGORITHMS
    from netsim.errors import UsageError
    from netsim.registry import canonical, did_you_mean

    name = canonical(op)
    if name not in ALGORITHMS:
        hint = did_you_mean(name, ALGORITHMS) or "known: " + ", ".join(sorted(ALGORITHMS))
        raise UsageError(f"--op: no collective named '{op}' has bytes; {hint}")
    count = ranks or measured.ranks
    if count is None or count < 2:
        raise UsageError(f"{log} does not say how many ranks took part: add --ranks N")
    return name, count


def _free(places: list[Path], *, force: bool) -> None:
    """Raise if a file is there, or cannot be drawn."""
    from netsim.errors import OutputError, UsageError
    from netsim.figures.page import FORMATS

    for place in places[1:]:
        if place.suffix not in FORMATS:
            raise UsageError(f"--figure: {place} ends in none of {', '.join(FORMATS)}")
    taken = [place for place in places if place.exists()]
    if taken and not force:
        raise OutputError(f"{taken[0]} is already there; choose another name or --force")


def _draw(place: Path, measured: Measured, found: Fit) -> None:
    from netsim.figures.collective import measured_and_modelled
    from netsim.figures.page import page

    with page(place) as (axes,):
        measured_and_modelled(axes, measured.size, measured.time, found.time(measured.size))


def _report(
    measured: Measured, found: Fit, asked: tuple[str, int], written: list[Path], as_json: bool
) -> None:
    """Print regimes and errors."""
    from netsim.collective.fitted import network_of
    from netsim.collective.fitting import left_out_error, mean_error

    model = found.time(measured.size)
    inside = mean_error(measured.time, model)
    outside = left_out_error(measured.size, measured.time) if len(model) >= 6 else None
    worst = int(abs(model / measured.time - 1).argmax())
    facts = {
        "op": asked[0],
        "ranks": asked[1],
        "regimes": [
            {
                "first": one.first,
                "last": one.last,
                "base": one.base,
                "byte_time": one.byte_time,
                "latency": network_of(one, *asked)[0] / 1e12,
                "rate": network_of(one, *asked)[1],
            }
            for one in found.regimes
        ],
        "error": inside,
        "left_out_error": outside,
        "worst": {"size": measured.size[worst], "ratio": model[worst] / measured.time[worst]},
        "written": [str(place) for place in written],
    }
    if as_json:
        import json

        say(json.dumps(facts, indent=2))
        return
    _say(facts)


def _say(facts: dict[str, object]) -> None:
    from netsim import units

    say(f"{facts['op']}, {facts['ranks']} ranks")
    regimes: list[dict[str, float]] = facts["regimes"]  # type: ignore[assignment]
    for one in regimes:
        say(
            f"  {units.readable(int(one['first']), 'data')} to "
            f"{units.readable(int(one['last']), 'data')}: {one['base'] * 1e6:.4g} us + "
            f"{one['byte_time'] * 1e12:.4g} ps/B   latency {one['latency'] * 1e6:.4g} us, rate "
            f"{units.readable(int(one['rate']), 'rate')}"
        )
    worst: dict[str, float] = facts["worst"]  # type: ignore[assignment]
    say(
        f"  mean error {100 * float(str(facts['error'])):.2g} %, largest at "
        f"{units.readable(int(worst['size']), 'data')}: {100 * (worst['ratio'] - 1):+.2g} %"
    )
    if facts["left_out_error"] is not None:
        say(
            "  every other size predicted from the others: mean error "
            f"{100 * float(str(facts['left_out_error'])):.2g} %"
        )
    say(f"wrote {', '.join(map(str, facts['written']))}")  # type: ignore[call-overload]
