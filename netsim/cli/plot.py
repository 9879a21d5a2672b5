"""``netsim plot``: one figure of runs, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from netsim.cli.completion import NameOf
from netsim.cli.examples import examples
from netsim.cli.output import remark, say


@click.command(
    "plot",
    short_help="Draw one figure of runs.",
    epilog=examples(
        "netsim plot out/ecmp completion_times",
        "netsim plot out/ecmp out/rps completion_times",
        "netsim plot out/study reordering -o r.svg",
    ),
)
@click.argument("directories", metavar="DIR...", type=click.Path(), nargs=-1, required=True)
@click.argument("figure", metavar="FIGURE", type=NameOf("figure"))
@click.option(
    "-o", "--output", "out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Picture: .png, .svg or .pdf; default: FIGURE.png.",
)  # fmt: skip
@click.option(
    "--where", metavar="PATH=VALUE", multiple=True,
    help="Only points of a sweep with this value; repeatable.",
)  # fmt: skip
@click.option("--print", "printed", is_flag=True, help="Of the size of a printed page.")
@click.option("--data", is_flag=True, help="Print what is drawn, as CSV.")
def command(
    directories: tuple[str, ...],
    figure: str,
    out: Path | None,
    where: tuple[str, ...],
    printed: bool,
    data: bool,
) -> None:
    """Draw FIGURE of the results in one or several directories.

    Every run is a curve, and so is every point of a sweep. 'netsim list figures' names all figures.
    """
    from netsim.errors import MissingExtraError, UsageError
    from netsim.version import DISTRIBUTION

    try:
        from netsim.figures.page import PRINT, SCREEN
        from netsim.report.plot import plot

        wanted = {}
        for one in where:
            path, equals, value = one.partition("=")
            if not equals:
                raise UsageError(f"'{one}' is not PATH=VALUE, such as routing.policy=rps")
            wanted[path] = _value(value)
        target = out if out is not None else Path(f"{figure}.png")
        drawn = plot(directories, figure, target, where=wanted, size=PRINT if printed else SCREEN)
    except ModuleNotFoundError as absent:
        if absent.name != "matplotlib":
            raise
        message = f'netsim plot needs: pip install "{DISTRIBUTION}[plot]"'
        raise MissingExtraError(message) from None
    if data:
        import csv
        import io

        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [list(drawn), *zip(*drawn.values(), strict=True)]
        )
        say(text.getvalue(), nl=False)
    remark(f"wrote {target}")


def _value(text: str) -> object:
    """Return a value as a scenario would have it."""
    from netsim.scenario.scalars import NumberError, resolve

    try:
        return resolve(text)
    except NumberError:
        return text
