"""``netsim list``: what can be written in a scenario."""

from __future__ import annotations

from typing import Any

import click

from netsim.cli.completion import SUBJECTS, Subject
from netsim.cli.examples import examples
from netsim.cli.output import remark, say


@click.command(
    "list",
    short_help="List what can be written in a scenario.",
    epilog=examples(
        "netsim list scenarios",
        "netsim list routing",
        "netsim list --search spray",
    ),
)
@click.argument("subject", metavar="[SUBJECT|KIND]", required=False, type=Subject())
@click.option("--search", "word", metavar="WORD", help="Only what WORD stands in.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(subject: str | None, word: str | None, as_json: bool) -> None:
    """List what can be written in a scenario.

    SUBJECT is one of workloads, topologies, policies, metrics, figures, scenarios, units; or a KIND
    of implementation, such as routing, transport or code.

    'topologies' are networks of packets (kind topology), graphs of peers and routers (kind graph),
    and files; 'policies' is every registered implementation, by kind; 'metrics' is every table
    with its columns and their units; 'figures' is what is drawn of a family's runs. Without a
    subject all are listed. More about one name: netsim describe NAME
    """
    wanted: tuple[str, ...] = (_known(subject),) if subject else SUBJECTS
    found = {name: _searched(_gather(name), word) for name in wanted}
    if word is not None and not any(found.values()):
        remark(f"nothing mentions '{word}'")
    wanted = tuple(name for name in wanted if subject or word is None or found[name])
    if as_json:
        import json

        say(json.dumps(found[wanted[0]] if subject else found, indent=2))
        return
    for position, name in enumerate(wanted):
        if subject is None:
            if position:
                say("")
            say("", head=name, bold=True)
        for line in _lines(name, found[name]):
            say(("" if subject else "  ") + line)


def _gather(subject: str) -> list[dict[str, Any]]:
    from netsim.cli import catalogue

    readers: dict[str, Any] = {
        "workloads": catalogue.workloads,
        "topologies": catalogue.topologies,
        "policies": catalogue.policies,
        "metrics": catalogue.metrics,
        "figures": catalogue.figures,
        "scenarios": catalogue.scenarios,
        "units": catalogue.known_units,
    }
    found: list[dict[str, Any]] = (
        readers[subject]() if subject in readers else catalogue.of_kind(subject)
    )
    return found


def _known(subject: str) -> str:
    """Return the subject or kind that is asked for."""
    from netsim import registry

    kind = registry.canonical(subject)
    if subject in SUBJECTS or kind in registry.kinds():
        return subject if subject in SUBJECTS else kind
    known = (*SUBJECTS, *registry.kinds())
    hint = registry.did_you_mean(subject, known) or f"one of: {', '.join(known)}"
    raise click.UsageError(f"nothing is listed under '{subject}'; {hint}")


def _searched(found: list[dict[str, Any]], word: str | None) -> list[dict[str, Any]]:
    """Return the entries that hold `word` in a text, whatever its case; all if there is none."""
    if word is None:
        return found
    return [entry for entry in found if word.lower() in _texts(entry).lower()]


def _texts(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(map(_texts, value.values()))
    if isinstance(value, list | tuple):
        return "\n".join(map(_texts, value))
    return str(value)


def _lines(subject: str, found: list[dict[str, Any]]) -> list[str]:
    from netsim.cli.text_table import lines

    if subject in ("policies", "topologies"):
        return lines([[entry["kind"], entry["name"], entry["summary"]] for entry in found])
    if subject == "figures":
        return lines([[entry["workload"], entry["name"], entry["summary"]] for entry in found])
    if subject == "scenarios":
        return lines([[entry["name"], entry["description"]] for entry in found])
    if subject == "units":
        return lines([[e["name"], f"[{e['inside']}]", " ".join(e["units"])] for e in found])
    if subject == "metrics":
        return [line for table in found for line in _table_lines(table)]
    return lines([[entry["name"], entry["summary"]] for entry in found])


def _table_lines(table: dict[str, Any]) -> list[str]:
    writers = ", ".join(table["written_by"]) or "every workload"
    if table["optional_in"] and not table["written_by"]:
        writers = "on request in " + ", ".join(table["optional_in"])
    shown = [f"{table['name']}: {table['row']} ({writers})", *_column_lines(table["columns"])]
    for family, columns in table["family_columns"].items():
        shown += [f"  further columns in {family}:", *_column_lines(columns)]
    return shown


def _column_lines(columns: list[dict[str, str]]) -> list[str]:
    from netsim.cli.text_table import lines

    rows = [
        [column["name"], f"[{column['unit']}]" if column["unit"] else "", column["description"]]
        for column in columns
    ]
    return ["  " + line for line in lines(rows)]
