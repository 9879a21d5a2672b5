"""``netsim schema``: the JSON Schema of scenarios."""

from __future__ import annotations

from pathlib import Path

import click

from netsim.cli.examples import examples
from netsim.cli.output import say


@click.command(
    "schema",
    short_help="Print the JSON Schema, for editors.",
    epilog=examples(
        "netsim schema -o netsim.schema.json",
    ),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this file instead of standard output.",
)
def command(output: Path | None) -> None:
    """Print the JSON Schema of scenarios, for editors.

    An editor with a YAML language server completes and checks a scenario that starts with the line
    '# yaml-language-server: $schema=./netsim.schema.json'.
    """
    text = schema_text()
    if output is None:
        say(text, nl=False)
    else:
        from netsim.metrics.atomic import writing

        with writing(output, "choose another -o"):
            output.write_text(text, encoding="utf-8")
        say(f"wrote {output}")


def schema_text() -> str:
    """Return the schema of all registered families as JSON text."""
    import json

    from netsim.scenario import json_schema

    return json.dumps(json_schema(), indent=2) + "\n"
