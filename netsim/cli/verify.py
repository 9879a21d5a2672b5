"""``netsim verify``: checks against theory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netsim.cli.examples import examples
from netsim.cli.output import say

if TYPE_CHECKING:
    from netsim.verify.harness import Check, Outcome


@click.command(
    "verify",
    short_help="Compare netsim with theory.",
    epilog=examples(
        "netsim verify --list",
        "netsim verify -k fabric_single_flow",
        "netsim verify",
    ),
)
@click.option("--list", "only_list", is_flag=True, help="List the checks, run none.")
@click.option(
    "-k", "words", metavar="WORDS", default="", help="Only checks that mention all of these words."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, only_list: bool, words: str, as_json: bool) -> None:
    """Measure what theory predicts, and print measured beside expected.

    Ends with exit code 7 if a value lies beyond its tolerance.
    """
    from netsim.errors import DifferenceError, UsageError
    from netsim.verify.harness import run_checks, select

    chosen = select(words.split())
    if not chosen:
        raise UsageError(f"no check mentions '{words}' (see: netsim verify --list)")
    if only_list:
        _print_list(chosen, as_json=as_json)
        return
    outcomes = []
    for outcome in run_checks(chosen):
        outcomes.append(outcome)
        if not as_json:
            _print(outcome, quiet=ctx.obj.quiet)
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    if as_json:
        import json

        say(json.dumps([outcome.facts() for outcome in outcomes], indent=2))
    else:
        say(f"{len(outcomes) - len(failed)} of {len(outcomes)} checks passed")
    if failed:
        raise DifferenceError(f"beyond tolerance: {', '.join(failed)}")


def _print_list(chosen: list[tuple[str, Check]], *, as_json: bool) -> None:
    if as_json:
        import json

        entries = [
            {"check": name, "family": c.family, "claim": c.claim, "source": c.source}
            for name, c in chosen
        ]
        say(json.dumps(entries, indent=2))
        return
    from netsim.cli.text_table import lines

    for line in lines([[name, check.family, check.claim] for name, check in chosen]):
        say(line)


def _print(outcome: Outcome, *, quiet: bool) -> None:
    from netsim.cli.text_table import lines

    verdict, colour = ("pass", "green") if outcome.passed else ("FAIL", "red")
    if quiet and outcome.passed:
        return
    line = f" {outcome.name}  ({outcome.wall_time:.1f} s)  {outcome.claim}"
    say(line, head=verdict, fg=colour)
    say(f"      source: {outcome.source}")
    if outcome.error:
        say(f"      {outcome.error}")
    if outcome.measurements:
        rows = [["", "measured", "expected", "tolerance", "unit", ""]]
        rows += [
            [
                m.name,
                _number(m.measured),
                _expected(m.expected),
                m.allowed,
                m.unit,
                "ok" if m.passed else "BEYOND",
            ]
            for m in outcome.measurements
        ]
        for line in lines(rows, right=[1, 2, 3]):
            say("      " + line)


def _expected(value: float | tuple[float, float]) -> str:
    if isinstance(value, tuple):
        return f"{_number(value[0])} .. {_number(value[1])}"
    return _number(value)


def _number(value: float) -> str:
    """Return whole numbers in full and others with eight digits."""
    return str(int(value)) if float(value).is_integer() else f"{value:.8g}"
