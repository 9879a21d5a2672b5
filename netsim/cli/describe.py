"""``netsim describe``: one name, one scenario, or one finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netsim.cli.completion import KnownWord, Setting
from netsim.cli.examples import examples
from netsim.cli.output import say


@click.command(
    "describe",
    short_help="Explain a name, a scenario or a run.",
    epilog=examples(
        "netsim describe rps",
        "netsim describe routing",
        "netsim describe out/RUN",
    ),
)
@click.argument("target", metavar="NAME|RUN|FILE", type=KnownWord())
@click.option(
    "--set",
    "settings",
    metavar="PATH=VALUE",
    type=Setting(),
    multiple=True,
    help="Parameters of NAME, or changes to the scenario FILE; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(target: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Say what a name means, how a run was made, or what a scenario holds.

    NAME is a workload, a table or any registered implementation: its fields with units, ranges
    and defaults, and the paper it follows. Where several things share a name, write kind:name
    (routing:rps). A kind (routing) is described by what is registered under it. RUN is a run
    directory: its status, seed, versions, tables, and the scenario as it was run. FILE is a
    scenario, one that comes with netsim, or a topology file.
    """
    known, shown = _describe(target, settings)
    if as_json:
        import json

        say(json.dumps(known, indent=2))
    else:
        for line in shown:
            say(line)


def _describe(target: str, settings: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return what `target` is, as data and as lines."""
    path = Path(target)
    if path.is_dir():
        from netsim.cli import run_facts

        known = run_facts.facts(path)
        return known, run_facts.text(known)
    from netsim.cli import implementation_facts, topology_facts
    from netsim.resources import scenario_names, shipped

    if (topology := topology_facts.file_of(path)) is not None:
        known = topology_facts.facts(target, topology)
        return known, topology_facts.text(known)
    if path.exists() or target in scenario_names() or shipped(target) is not None:
        return _scenario(target, settings)
    if (kind := _kind(target)) is not None:
        return kind
    known = implementation_facts.facts(*implementation_facts.find(target), settings)
    return known, implementation_facts.text(known)


def _kind(target: str) -> tuple[dict[str, Any], list[str]] | None:
    """Return what is registered under the kind `target`; None if it is no kind, or a name too."""
    from netsim import registry
    from netsim.cli import catalogue
    from netsim.cli.text_table import lines

    kind = registry.canonical(target)
    if kind not in registry.kinds() or any(kind in registry.names(k) for k in registry.kinds()):
        return None
    entries = catalogue.of_kind(kind)
    known = {"kind": kind, "names": entries}
    head = f"{kind}: {registry.described(kind).words}, {len(entries)} of them"
    rows = lines([[entry["name"], entry["summary"]] for entry in entries])
    return known, [head, "", *("  " + row for row in rows)]


def _scenario(target: str, settings: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return what a scenario file holds, with all its defaults."""
    from netsim.cli.yaml_text import dump
    from netsim.effective import as_data
    from netsim.scenario import load

    scenario = load(target, settings)
    explain = getattr(scenario.family, "explain", None)
    said = [str(line) for line in explain(scenario.model)] if explain is not None else []
    head = scenario.family.describe(scenario.model)
    known: dict[str, Any] = {
        "scenario": scenario.name,
        "workload": scenario.family.name,
        "summary": head,
        "hash": scenario.hash,
        "explanation": said,
        "resolved": {**scenario.resolved, **as_data(scenario.effective)},
        "warnings": [one.to_dict() for one in scenario.warnings],
    }
    shown = [f"{scenario.name}  {scenario.family.name}, {head}", f"hash: {scenario.hash}"]
    shown += map(str, scenario.warnings)
    shown += ["", *said] if said else []
    return known, [*shown, "", *dump(known["resolved"]).splitlines()]
