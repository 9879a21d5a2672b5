"""What can be written in a scenario, as plain data from the registry and the shipped files."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netsim import registry, resources, units
from netsim.metrics.schema import IDENTITY
from netsim.metrics.tables.runs import RUNS

if TYPE_CHECKING:
    from netsim.metrics.schema import Column

#: Kinds that are listed under their own subject, or that no scenario names.
NOT_POLICIES: Final = ("workload", "table", "check", "figure")


def summary(target: Any) -> str:
    """Return what an implementation does: its `summary`, or the head of its docstring."""
    said = getattr(target, "summary", None)
    if isinstance(said, str):
        return said
    text = inspect.getdoc(target if isinstance(target, type) else type(target)) or ""
    return " ".join(text.split("\n\n", 1)[0].split())


def source(target: Any) -> str:
    """Return the published work that an implementation follows, or an empty text."""
    return str(getattr(target, "source", "") or "")


def workloads() -> list[dict[str, str]]:
    """Return the families: name, what they answer, source."""
    return [_entry("workload", name) for name in registry.names("workload")]


def topologies() -> list[dict[str, str]]:
    """Return the kinds of packet network and of graph, then the topology files of netsim."""
    kinds = [
        {"kind": kind, **_entry(kind, name)}
        for kind in ("topology", "graph")
        for name in registry.names(kind)
    ]
    return kinds + [
        {
            "kind": "file",
            "name": f"topologies/{path.relative_to(folder).as_posix()}",
            "summary": _comment(path),
            "source": "",
        }
        for folder, path in shipped("topologies")
        if path.suffix != ".md"
    ]


def policies() -> list[dict[str, str]]:
    """Return every registered implementation, by kind."""
    kinds = [kind for kind in registry.kinds() if kind not in NOT_POLICIES]
    return [{"kind": kind, **_entry(kind, name)} for kind in kinds for name in registry.names(kind)]


def of_kind(kind: str) -> list[dict[str, str]]:
    """Return the implementations that are registered under `kind`."""
    return [{"kind": kind, **_entry(kind, name)} for name in registry.names(kind)]


def metrics() -> list[dict[str, Any]]:
    """Return the tables with their columns, and which families write them."""
    return [
        {"name": name, **table_facts(name, registry.lookup("table", name))}
        for name in registry.names("table")
    ]


def figures() -> list[dict[str, Any]]:
    """Return the figures: family, name, what they show, the tables that they are drawn from."""
    known = [registry.lookup("figure", name) for name in registry.names("figure")]
    return [
        {"name": one.name, "summary": one.summary, **figure_facts(one)}
        for one in sorted(known, key=lambda one: (one.workload, one.name))
    ]


def figure_facts(figure: Any) -> dict[str, Any]:
    """Return of which family a figure is, and the tables that it is drawn from."""
    return {"workload": figure.workload, "drawn_from": list(figure.tables)}


def table_facts(name: str, table: Any) -> dict[str, Any]:
    """Return what a table holds: one row per what, who writes it, its columns."""
    families = [registry.lookup("workload", family) for family in registry.names("workload")]
    return {
        "row": table.row,
        "written_by": [family.name for family in families if name in family.tables],
        "optional_in": [family.name for family in families if name in family.optional_tables],
        "key": [*(column.name for column in IDENTITY), *table.key],
        "joins": dict(table.joins),
        "columns": _columns(table.columns),
        "family_columns": {
            family.name: _columns(family.run_columns)
            for family in families
            if name == RUNS.name and family.run_columns
        },
    }


def _columns(columns: Iterable[Column]) -> list[dict[str, str]]:
    return [
        {"name": c.name, "type": c.type, "unit": c.unit, "description": c.description}
        for c in columns
    ]


def scenarios() -> list[dict[str, str]]:
    """Return the scenarios shipped with netsim: name, path, description."""
    return [
        {
            "name": path.relative_to(folder).with_suffix("").as_posix(),
            "path": str(path),
            "description": _description(path),
        }
        for folder, path in shipped("scenarios")
        if path.suffix in {".yaml", ".yml"}
    ]


def known_units() -> list[dict[str, Any]]:
    """Return the dimensions of fields, the units that may be written, and the one of tables."""
    return [
        {"name": name, "units": list(dimension.units), "inside": dimension.unit}
        for name, dimension in units.DIMENSIONS.items()
    ]


def shipped(folder: str) -> list[tuple[Path, Path]]:
    """Return the files that come with netsim in `folder`, each as (its place, path), sorted."""
    place = resources.root() / folder
    return [(place, path) for path in sorted(place.rglob("*")) if path.is_file()]


def _entry(kind: str, name: str) -> dict[str, str]:
    target = registry.lookup(kind, name)
    return {"name": name, "summary": summary(target), "source": source(target)}


def _description(path: Path) -> str:
    """Return the scenario's `description`; a file that cannot be read has none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return ""
    return str(content.get("description", "")) if isinstance(content, dict) else ""


def _comment(path: Path) -> str:
    """Return the first comment line of a file, or an empty text."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = next(lines, "")
    return first.lstrip("# ").strip() if first.startswith("#") else ""
