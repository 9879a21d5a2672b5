"""``netsim fit``: a network whose collectives take the times that were measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netsim.cli.examples import examples
from netsim.cli.output import say


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
    from netsim.metrics.atomic import write_bytes

    written = [target, *([figure] if figure else [])]
    found = _fitted(log, op, ranks)
    _free(written, force=force)
    write_bytes(target, found.scenario().encode(), "choose another -o")
    if figure is not None:
        _draw(figure, found)
    facts = found.facts() | {"written": [str(place) for place in written]}
    if as_json:
        import json

        say(json.dumps(facts, indent=2))
        return
    _say(facts)


def _fitted(log: Path, op: str, ranks: int | None) -> Any:
    """Return the fitted network, or raise the error of a file with its lines."""
    from netsim.errors import ScenarioError
    from netsim.problems import ProblemsFound
    from netsim.registry import lookup
    from netsim.scenario.diagnostics import Diagnostic, render

    try:
        return lookup("workload", "collective").fit(log, op, ranks)
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


def _draw(place: Path, found: Any) -> None:
    from netsim.figures.collective import measured_and_modelled
    from netsim.figures.page import page

    with page(place) as (axes,):
        measured_and_modelled(axes, found.measured.size, found.measured.time, found.model())


def _say(facts: dict[str, Any]) -> None:
    """Print regimes and errors."""
    from netsim import units

    say(f"{facts['op']}, {facts['ranks']} ranks")
    for one in facts["regimes"]:
        say(
            f"  {units.readable(int(one['first']), 'data')} to "
            f"{units.readable(int(one['last']), 'data')}: {one['base'] * 1e6:.4g} us + "
            f"{one['byte_time'] * 1e12:.4g} ps/B   latency {one['latency'] * 1e6:.4g} us, rate "
            f"{units.readable(int(one['rate']), 'rate')}"
        )
    worst = facts["worst"]
    say(
        f"  mean error {100 * facts['error']:.2g} %, largest at "
        f"{units.readable(int(worst['size']), 'data')}: {100 * (worst['ratio'] - 1):+.2g} %"
    )
    if facts["left_out_error"] is not None:
        say(
            "  every other size predicted from the others: mean error "
            f"{100 * facts['left_out_error']:.2g} %"
        )
    say(f"wrote {', '.join(facts['written'])}")
