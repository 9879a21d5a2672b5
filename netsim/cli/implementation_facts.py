"""Everything about one registered name, as data and as text: fields, units, defaults, source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from netsim import registry
from netsim.cli import catalogue
from netsim.cli.field_rows import FieldRow, field_rows
from netsim.cli.text_table import lines
from netsim.errors import ScenarioError, UsageError

#: Fields that every workload has, shown once and last.
_SHARED: Final = "fields of every workload"


def find(name: str) -> tuple[str, str]:
    """Return kind and name of what `name` or `kind:name` means.

    Raises
    ------
    UsageError
        If nothing or more than one thing has that name.
    """
    kind, _, word = name.rpartition(":")
    kinds = [kind] if kind else registry.kinds()
    if kind and kind not in registry.kinds():
        hint = registry.did_you_mean(kind, registry.kinds()) or ", ".join(registry.kinds())
        raise UsageError(f"no kind '{kind}'; {hint}")
    known = [(k, n) for k in kinds for n in registry.names(k)]
    found = [(k, n) for k, n in known if n == registry.canonical(word)]
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(f"{k}:{n}" for k, n in found)
        raise UsageError(f"'{word}' is the name of several things; say which: {choices}")
    hint = registry.did_you_mean(word, sorted({n for _, n in known})) or "see: netsim list"
    raise UsageError(
        f"'{name}' is no name, run directory or scenario file; {hint}" + registry.suspects()
    )


def facts(kind: str, name: str, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is known about an implementation.

    Parameters
    ----------
    kind, name
        As registered.
    settings
        ``field=value`` texts; with them, an implementation that can says what follows from them.
    """
    target = registry.lookup(kind, name)
    known: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "summary": catalogue.summary(target),
        "source": catalogue.source(target),
    }
    if kind == "table":
        return known | {"summary": target.row, **catalogue.table_facts(name, target)}
    if kind == "figure":
        return known | catalogue.figure_facts(target)
    if kind == "check":
        return known | {"summary": target.claim}
    if kind == "workload":
        known |= {"tables": list(target.tables), "optional_tables": list(target.optional_tables)}
    model = target.Scenario if kind == "workload" else getattr(target, "Config", None)
    rows = list(field_rows(model)) if model is not None else []
    known["fields"] = [asdict(row) for row in rows]
    if kind != "workload" and model is not None:
        known["explanation"] = _explanation(kind, name, model, settings)
    return known


def text(known: Mapping[str, Any]) -> list[str]:
    """Return `known` as lines for people."""
    shown = [f"{known['kind']} {known['name']}: {known['summary']}"]
    if known["source"]:
        shown.append(f"source: {known['source']}")
    if known["kind"] == "figure":
        shown.append(f"of: {known['workload']}; drawn from: {', '.join(known['drawn_from'])}")
    if known["kind"] not in ("table", "check", "figure"):
        shown.append(f"written: {_usage(known['kind'], known['name'])}")
    if "columns" in known:
        shown.append(f"sorted by: {', '.join(known['key'])}")
        shown += [f"joins: {own} = {other}" for own, other in known["joins"].items()]
        shown += ["", *_column_lines(known["columns"])]
        for family, columns in known["family_columns"].items():
            shown += ["", f"further columns in {family}:", *_column_lines(columns)]
    if known.get("fields"):
        shown += ["", *_field_lines([FieldRow(**row) for row in known["fields"]])]
    if "tables" in known:
        optional = ", ".join(known["optional_tables"]) or "none"
        shown += ["", f"tables: runs, {', '.join(known['tables'])}, perf; on request: {optional}"]
    if known.get("explanation"):
        shown += ["", *known["explanation"]]
    return shown


def _column_lines(columns: Sequence[Mapping[str, str]]) -> list[str]:
    rows = [[c["name"], c["type"], c["unit"], c["description"]] for c in columns]
    return lines([["column", "type", "unit", "meaning"], *rows])


def _usage(kind: str, name: str) -> str:
    """Return how a scenario names it."""
    return registry.described(kind).written.replace("NAME", name)


def _field_lines(rows: Sequence[FieldRow]) -> list[str]:
    """Return two lines per field: name, default and type; then what it means."""
    heads = lines([[row.field, _default(row), _kind(row)] for row in rows])
    shown = []
    for head, row in zip(heads, rows, strict=True):
        origin = f" [{row.source}]" if row.source else ""
        shown += ["  " + head, f"      {row.description}{origin}"]
    return ["fields:", *shown]


def _default(row: FieldRow) -> str:
    if row.required:
        return "required"
    return f"default {row.default}" if row.default not in ("", "none") else "optional"


def _kind(row: FieldRow) -> str:
    unit = f" (held in {row.unit})" if row.unit else ""
    return f"{row.type}{unit}{', ' if row.range else ''}{row.range}"


def _explanation(kind: str, name: str, model: Any, settings: Sequence[str]) -> list[str]:
    """Return what the implementation says about a configuration of it, if it says anything.

    Parameters of its `explain` beyond the configuration (a code's number of workers) are settings
    too.
    """
    import inspect

    from pydantic import create_model

    from netsim.fields import Config
    from netsim.scenario.block import read_block

    explain = getattr(registry.lookup(kind, name), "explain", None)
    known = list(inspect.signature(explain).parameters)[1:] if explain is not None else []
    more: dict[str, Any] = dict.fromkeys(known, (Any, None))
    try:
        config: Config = read_block(
            create_model(model.__name__, __base__=model, **more),
            settings,
            f"{registry.described(kind).words} '{name}'",
        )
    except ScenarioError:
        if settings:
            raise
        return []
    if explain is None:
        return []
    beyond = {key: getattr(config, key) for key in known if key in config.model_fields_set}
    return [str(line) for line in explain(config, **beyond)]
