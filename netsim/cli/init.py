"""``netsim init``: a commented example scenario to start from."""

from __future__ import annotations

import inspect
import shlex
from pathlib import Path
from typing import Final

import click

from netsim.cli.output import say

#: What a family's package calls its example.
TEMPLATE: Final = "template.yaml"
SCENARIO_FILE: Final = "scenario.yaml"
_ELSEWHERE: Final = "choose another DIR"
SCHEMA_FILE: Final = "netsim.schema.json"


@click.command("init")
@click.argument(
    "folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--workload", metavar="NAME", default="fabric", show_default=True, help="Which family to show."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(folder: Path, workload: str, force: bool) -> None:
    """Write an example scenario, with comments, and the schema that lets editors check it."""
    from netsim.cli.schema import schema_text
    from netsim.errors import OutputError
    from netsim.metrics.atomic import write_bytes, writing

    text = _template(workload)
    scenario, schema = folder / SCENARIO_FILE, folder / SCHEMA_FILE
    if scenario.exists() and not force:
        raise OutputError(f"{scenario} is already there; choose another DIR or --force")
    with writing(folder, _ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
    write_bytes(schema, schema_text().encode(), _ELSEWHERE)
    write_bytes(scenario, text.encode(), _ELSEWHERE)
    say(f"wrote {scenario} and {schema}")
    say(f"try: {shlex.join(['netsim', 'run', str(scenario)])}")


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
