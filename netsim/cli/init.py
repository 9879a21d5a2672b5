"""``netsim init``: a commented example scenario to start from."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from netsim.cli.completion import NameOf
from netsim.cli.examples import examples
from netsim.cli.output import say

#: What a family's package calls its example.
TEMPLATE: Final = "template.yaml"
SCENARIO_FILE: Final = "scenario.yaml"
_ELSEWHERE: Final = "choose another DIR"
ANALYSIS: Final = "analysis"
SCHEMA_FILE: Final = "netsim.schema.json"


@click.command(
    "init",
    short_help="Write an example scenario to start from.",
    epilog=examples(
        "netsim init demo",
        "netsim init study --workload stragglers",
        "netsim init study --from fabric/permutation_rps",
    ),
)
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--workload",
    metavar="NAME",
    type=NameOf("workload"),
    default="fabric",
    show_default=True,
    help="Which family to show.",
)
@click.option(
    "--from",
    "shipped",
    metavar="NAME",
    type=NameOf("scenario", "analysis"),
    help="Copy a scenario that comes with netsim, or 'analysis': the scripts.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(folder: Path, workload: str, shipped: str | None, force: bool) -> None:
    """Write an example scenario, with comments, and the schema that lets editors check it."""
    if shipped == ANALYSIS:
        written = _write(folder, _scripts(), force=force)
        say(f"wrote {len(written)} scripts to {folder}")
        say(f"try: {shlex.join(['python', str(written[-1]), '--help'])}")
        return
    from netsim.cli.schema import schema_text

    files = {SCHEMA_FILE: schema_text().encode()}
    text = _template(workload).encode() if shipped is None else _shipped(shipped, files)
    files[SCENARIO_FILE] = text
    written = _write(folder, files, force=force)
    *others, last = map(str, (written[-1], *written[:-1]))
    say(f"wrote {', '.join(others)} and {last}")
    say(f"try: {shlex.join(['netsim', 'run', str(written[-1])])}")


def _write(folder: Path, files: Mapping[str, bytes], *, force: bool) -> list[Path]:
    """Write `files` into `folder`; return where they are.

    The schema is the same for everybody, so one that is there is no obstacle.
    """
    from netsim.errors import OutputError
    from netsim.metrics.atomic import write_bytes, writing

    places = {folder / name: content for name, content in files.items()}
    taken = [place for place in places if place.exists() and place.name != SCHEMA_FILE]
    if taken and not force:
        raise OutputError(f"{taken[0]} is already there; choose another DIR or --force")
    for place, content in places.items():
        with writing(folder, _ELSEWHERE):
            place.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(place, content, _ELSEWHERE)
    return list(places)


def _shipped(name: str, files: dict[str, bytes]) -> bytes:
    """Return the text of a scenario of netsim, and add the data files beside it to `files`."""
    from netsim.errors import UsageError
    from netsim.registry import did_you_mean
    from netsim.resources import scenario_file, scenario_names
    from netsim.scenario import load

    known = scenario_names()
    if name not in known:
        hint = did_you_mean(name, [*known, ANALYSIS]) or "see: netsim list scenarios"
        raise UsageError(f"no scenario named '{name}' comes with netsim; {hint}")
    path = scenario_file(Path(name))
    # Files that come with netsim are found under their names from anywhere.
    for file in load(path).inputs:
        if file.path.is_relative_to(path.parent):
            files[file.path.relative_to(path.parent).as_posix()] = file.path.read_bytes()
    return path.read_bytes()


def _scripts() -> dict[str, bytes]:
    """Return the scripts that draw figures from tables, by name."""
    from netsim.resources import analysis_folder

    paths = sorted(analysis_folder().glob("*.py"))
    return {path.name: path.read_bytes() for path in paths}


def _template(workload: str) -> str:
    """Return the example of a family, which stands beside the module that registers it."""
    from netsim import registry
    from netsim.errors import UsageError

    family = registry.find("workload", workload)
    if family is None:
        known = registry.names("workload")
        hint = registry.did_you_mean(workload, known) or f"known: {', '.join(known)}"
        raise UsageError(f"no workload named '{workload}'; {hint}")
    owner = family if isinstance(family, type) else type(family)
    path = Path(inspect.getfile(owner)).with_name(TEMPLATE)
    if not path.is_file():
        raise UsageError(f"workload '{family.name}' comes without an example")
    return path.read_text(encoding="utf-8")
