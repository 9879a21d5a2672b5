"""``netsim reproduce``: run scenarios and compare with the headlines that they state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from netsim.cli.completion import ScenarioWord
from netsim.cli.examples import examples
from netsim.cli.output import say

if TYPE_CHECKING:
    from netsim.expected import Compared
    from netsim.scenario import Scenario


@click.command(
    "reproduce",
    short_help="Compare scenarios with their headlines.",
    epilog=examples(
        "netsim reproduce quickstart",
        "netsim reproduce --list",
        "netsim reproduce --all",
    ),
)
@click.argument("name", metavar="[NAME]", required=False, type=ScenarioWord())
@click.option("--all", "every", is_flag=True, help="All scenarios that come with netsim.")
@click.option("--list", "only_list", is_flag=True, help="Show headlines and cost; run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    ctx: click.Context, name: str | None, every: bool, only_list: bool, as_json: bool
) -> None:
    """Run a scenario and compare the results with its block 'expect'.

    NAME is a scenario that comes with netsim, or a file. Ends with exit code 7 if a headline lies
    beyond its tolerance.
    """
    from netsim.errors import DifferenceError, UsageError
    from netsim.resources import scenario_names

    if every and name is not None:
        raise UsageError("give a NAME or --all, not both")
    if not (every or only_list or name):
        raise UsageError("give a NAME or --all (see: netsim reproduce --list)")
    names = [name] if name is not None else scenario_names()
    facts, failed = [], []
    for chosen in names:
        fact, compared = _reproduced(chosen, only_list=only_list)
        facts.append(fact)
        if not as_json:
            _print(fact, compared, only_list=only_list)
        failed += [chosen] if not only_list and not fact["holds"] else []
    if as_json:
        import json

        say(json.dumps(facts, indent=2))
    elif not only_list:
        say(f"{len(names) - len(failed)} of {len(names)} scenarios reproduced")
    if failed:
        raise DifferenceError(f"not as expected: {', '.join(failed)}")


def _reproduced(name: str, *, only_list: bool) -> tuple[dict[str, Any], list[Compared]]:
    """Return the verdict on one scenario, as data and headline by headline."""
    from netsim.errors import UsageError
    from netsim.estimate import estimate
    from netsim.expected import compare, stated
    from netsim.scenario import load
    from netsim.simulate import run

    scenario: Scenario = load(name)
    if not scenario.model.expect:
        raise UsageError(
            f"{name} states no headline; add a block like "
            "expect: {runs.t_end: {value: 94.2 us, rel: 2 %}}"
        )
    family, model = scenario.family, scenario.model
    compared = stated(family, model) if only_list else compare(run(scenario))
    fact: dict[str, Any] = {
        "scenario": name,
        "replications": model.replications,
        "headlines": [one.to_dict() for one in compared],
    }
    if only_list:
        return fact | {"estimate_each": str(estimate(scenario))}, compared
    return fact | {"holds": all(one.holds for one in compared)}, compared


def _print(fact: dict[str, Any], compared: list[Compared], *, only_list: bool) -> None:
    from netsim.cli.text_table import lines

    if only_list:
        say(f"{fact['scenario']}  x {fact['replications']}, each {fact['estimate_each']}")
        rows = [["", "expected", "tolerance", "unit"]]
        rows += [
            [one.headline, _shown(one.expected), f"+-{_shown(one.tolerance)}", one.unit]
            for one in compared
        ]
    else:
        verdict, colour = ("pass", "green") if fact["holds"] else ("FAIL", "red")
        say(f" {fact['scenario']}", head=verdict, fg=colour)
        rows = [["", "measured", "expected", "tolerance", "unit", ""]]
        rows += [
            [
                one.headline,
                "-" if one.measured is None else _shown(one.measured),
                _shown(one.expected),
                f"+-{_shown(one.tolerance)}",
                one.unit,
                "ok" if one.holds else "BEYOND",
            ]
            for one in compared
        ]
    for line in lines(rows, right=[1, 2] if only_list else [1, 2, 3]):
        say("      " + line)


def _shown(value: float) -> str:
    return f"{value:.6g}"
