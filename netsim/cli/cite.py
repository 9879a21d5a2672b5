"""``netsim cite``: how to cite netsim, and the works that a scenario's models follow."""

from __future__ import annotations

import click

from netsim.cli.completion import ScenarioWord
from netsim.cli.examples import examples
from netsim.cli.output import say


@click.command(
    "cite",
    short_help="Say how to cite netsim and its models.",
    epilog=examples(
        "netsim cite",
        "netsim cite quickstart",
    ),
)
@click.argument("file", metavar="[FILE]", required=False, type=ScenarioWord())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(file: str | None, as_json: bool) -> None:
    """Print how to cite netsim, and the papers of the models in the scenario FILE."""
    from netsim.citations import software, works

    known = software()
    followed = []
    if file is not None:
        from netsim.scenario import load

        followed = works(load(file))
    if as_json:
        import json

        say(json.dumps({"software": known, "works": followed}, indent=2))
        return
    say(
        f"{known['authors']}. {known['title']}, version {known['version']}, {known['date']}. "
        f"{known['repository']}"
    )
    if followed:
        say("\nThe models of this scenario follow:")
    for work in followed:
        say(f"  {work['kind']} {work['name']}: {work['source']}")
