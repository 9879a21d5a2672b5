"""``netsim validate``: check scenarios, simulate nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netsim.cli.colours import coloured
from netsim.cli.completion import ScenarioWord, Setting
from netsim.cli.examples import examples
from netsim.cli.output import say, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.scenario import Scenario
    from netsim.scenario.diagnostics import Diagnostic


@click.command(
    "validate",
    short_help="Check scenarios; simulate nothing.",
    epilog=examples(
        "netsim validate study.yaml",
        "netsim validate study.yaml --set routing.policy=rps",
        "netsim validate study.yaml --resolved",
    ),
)
@click.argument("files", metavar="FILE...", type=ScenarioWord(), nargs=-1, required=True)
@click.option(
    "--set",
    "overrides",
    metavar="PATH=VALUE",
    type=Setting(),
    multiple=True,
    help="Change a field; may be repeated.",
)
@click.option(
    "--resolved", is_flag=True, help="Print each valid scenario with all defaults, units canonical."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    overrides: tuple[str, ...],
    resolved: bool,
    as_json: bool,
) -> None:
    """Check scenarios and print all their problems; simulate nothing."""
    from netsim.scenario import check

    reports = []
    for file in files:
        scenario, diagnostics = check(file, overrides)
        if scenario is not None and scenario.model.sweep is not None:
            diagnostics = _of_the_sweep(file, overrides)
            scenario = None if diagnostics else scenario
        reports.append((file, scenario, diagnostics))
    if as_json:
        import json

        say(json.dumps([_facts(*report, resolved) for report in reports], indent=2))
    else:
        for report in reports:
            _print(*report, resolved=resolved, quiet=ctx.obj.quiet)
    if any(scenario is None for _, scenario, _ in reports):
        ctx.exit(3)


def _of_the_sweep(file: str, overrides: Sequence[str]) -> list[Diagnostic]:
    """Return what is wrong with the points of the block `sweep`."""
    from netsim.errors import ScenarioError
    from netsim.scenario.diagnostics import Diagnostic
    from netsim.sweep.points import Points
    from netsim.sweep.survey import survey

    try:
        points = Points(file, overrides)
        everywhere = range(len(points))
        survey(points, everywhere, size=False).settle(points, everywhere)
    except ScenarioError as wrong:
        found = [one for one in wrong.diagnostics if isinstance(one, Diagnostic)]
        return found or [Diagnostic("unsatisfiable", str(wrong).removeprefix("error: "), file=file)]
    return []


def _facts(
    file: str, scenario: Scenario | None, diagnostics: Sequence[Diagnostic], resolved: bool
) -> dict[str, Any]:
    """Return the verdict on one file for programs."""
    from netsim.effective import as_data
    from netsim.scenario.diagnostics import limited

    shown, left_out = limited(diagnostics)
    facts: dict[str, Any] = {
        "file": file,
        "valid": scenario is not None,
        "problems": [one.to_dict() for found in shown.values() for one in found],
        "more": sum(left_out.values()),
    }
    if scenario is not None:
        facts |= {"name": scenario.name, "hash": scenario.hash}
        facts["notes"] = list(scenario.notes)
        facts["warnings"] = [one.to_dict() for one in scenario.warnings]
        if resolved:
            facts["resolved"] = {**scenario.resolved, **as_data(scenario.effective)}
    return facts


def _print(
    file: str,
    scenario: Scenario | None,
    diagnostics: Sequence[Diagnostic],
    *,
    resolved: bool,
    quiet: bool,
) -> None:
    """Print the verdict on one file for people."""
    from netsim.cli.yaml_text import dump
    from netsim.effective import as_data
    from netsim.scenario import render
    from netsim.warnings import counted

    if scenario is None:
        say(render(diagnostics, file), paint=coloured)
    elif resolved:
        say(dump({**scenario.resolved, **as_data(scenario.effective)}), nl=False)
        if not quiet:
            warn(scenario.warnings)
    elif not quiet:
        warnings = scenario.warnings
        warn(warnings)
        say(f"{file}: ok" + (f", {counted(len(warnings))}" if warnings else ""))
        for note in scenario.notes:
            say(f"{file}: note: {note}")
