"""``netsim compare``: what differs between two runs or sweeps, and how certain that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netsim.cli.examples import examples
from netsim.cli.output import remark, say

if TYPE_CHECKING:
    from netsim.report.compare import Comparison, Difference


@click.command(
    "compare",
    short_help="Say how two runs or sweeps differ.",
    epilog=examples(
        "netsim compare out/ecmp out/rps",
        "netsim compare out/a out/b --metric flows.fct",
        "netsim compare out/old out/new --rtol 0.01",
    ),
)
@click.argument("first", metavar="A", type=click.Path())
@click.argument("second", metavar="B", type=click.Path())
@click.option(
    "--metric", "metrics", metavar="TABLE.COLUMN", multiple=True,
    help="What to compare; default: the headlines. May be repeated.",
)  # fmt: skip
@click.option("--rtol", type=click.FloatRange(0), metavar="X", help="Tolerated share of A's mean.")
@click.option(
    "--by", metavar="PATH", multiple=True,
    help="Field to pair points by; default: all that A or B sweeps.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    first: str,
    second: str,
    metrics: tuple[str, ...],
    rtol: float | None,
    by: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare the results in directories A and B: B less A, replication by replication.

    Points are paired by the fields that A or B sweeps, replications by their number, so that equal
    seeds mean equal random numbers. What has no partner is listed. Ends with exit code 7 if a
    difference is beyond --rtol.
    """
    from netsim.errors import DifferenceError
    from netsim.report.compare import compare

    found = compare(first, second, metrics, by, rtol)
    if as_json:
        _print_json(found)
    else:
        _print(found, first, second)
    if found.beyond:
        number = f"{found.beyond} of {len(found.differences)} differences"
        raise DifferenceError(f"{number} beyond the tolerance of {100 * (rtol or 0):g} %")


def _print(found: Comparison, first: str, second: str) -> None:
    say(f"A = {first}, B = {second}, {found.workload}")
    points: dict[str, list[Difference]] = {}
    for one in found.differences:
        shown = ", ".join(f"{field}={value}" for field, value in one.point.items())
        points.setdefault(shown, []).append(one)
    for point, rows in points.items():
        if point:
            say(point)
        for line in _table(rows):
            say(line)
    if found.seeds[0] != found.seeds[1]:
        remark(
            f"A has seed {found.seeds[0]}, B {found.seeds[1]}: the pairs share no random numbers",
            head="note:",
        )
    for side, told in zip("AB", found.unpaired, strict=True):
        if told:
            say(f"only in {side}: {'; '.join(told)}")


def _table(rows: list[Difference]) -> list[str]:
    from netsim.cli.text_table import lines
    from netsim.metrics.summary import number, reading

    cells = [["", "A", "B", "B - A", "95% CI", "of A", "pairs", "unit"]]
    for one in rows:
        unit, size, digits = reading(one.unit, one.first, one.second, one.difference)
        half = one.difference.half_width
        cells.append(
            [
                one.label,
                *(number(value / size, digits) for value in (one.first.mean, one.second.mean)),
                f"{one.difference.mean / size:+.{digits}f}",
                "n<5" if half is None else f"+-{number(half / size, digits)}",
                "-" if one.relative is None else f"{100 * one.relative:+.1f} %",
                str(one.difference.n),
                unit + ("  beyond" if one.beyond else ""),
            ]
        )
    return ["  " + line for line in lines(cells, right=range(1, 7))]


def _print_json(found: Comparison) -> None:
    import json

    facts = {
        "workload": found.workload,
        "fields": list(found.fields),
        "seeds": list(found.seeds),
        "differences": [one.facts() for one in found.differences],
        "unpaired": dict(zip("AB", map(list, found.unpaired), strict=True)),
    }
    say(json.dumps(facts, indent=2, default=str))
