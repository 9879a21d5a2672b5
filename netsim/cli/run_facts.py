"""Everything about a run directory, as data and as text: how it was made and how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netsim.cli.text_table import lines
from netsim.cli.yaml_text import dump
from netsim.effective import KEY
from netsim.errors import NetsimError
from netsim.metrics import layout
from netsim.metrics.own_places import read_bytes
from netsim.metrics.reader import RunFiles, open_results
from netsim.strict_json import JsonError, parse
from netsim.warnings import Caution


def facts(path: Path) -> dict[str, Any]:
    """Return what the run directory `path` says of itself.

    Raises
    ------
    NetsimError
        If it is no run directory.
    """
    run = RunFiles(path)
    manifest = run.manifest
    provenance = manifest.get("provenance", {})
    return {
        "run": str(path),
        "name": manifest.get("name"),
        "workload": manifest.get("workload"),
        "status": run.status,
        "complete": run.complete,
        "kind": run.kind,
        "points": manifest["counts"]["points"],
        "runs": manifest["counts"]["runs"],
        "runs_done": len(run.order.keys),
        "hash": manifest.get("hash"),
        "seed": manifest.get("seed"),
        "started": manifest.get("started"),
        "ended": manifest.get("ended"),
        "netsim": provenance.get("netsim"),
        "results_version": provenance.get("results_version"),
        "versions": provenance.get("versions", {}),
        "processor": provenance.get("processor", {}),
        "machine": manifest.get("machine", {}),
        "inputs": manifest.get("inputs", []),
        "warnings": manifest.get("warnings", []),
        "tables": run.rows(),
        "errors": _errors(run),
        "summary": _summary(path) if run.kind == "sweep" else [],
        "explanation": _explanation(path),
        "resolved": {**provenance.get("scenario", {}), **_effective(path)},
    }


def text(known: Mapping[str, Any]) -> list[str]:
    """Return `known` as lines for people."""
    versions = ", ".join(f"{name} {version}" for name, version in known["versions"].items())
    state = f"{known['status']}, {known['runs_done']} of {known['runs']} runs done"
    if known["status"] == "incomplete":
        state += "; incomplete: its manifest, its parts and SUCCESS do not belong together"
    machine = known["machine"]
    shown = lines(
        [
            [str(known["kind"]), f"{known['name']}, workload {known['workload']}"],
            ["status", state],
            ["seed", str(known["seed"])],
            ["hash", str(known["hash"])],
            ["netsim", f"{known['netsim']} (results version {known['results_version']})"],
            ["versions", versions],
            ["processor", str(known["processor"].get("architecture", ""))],
            ["machine", f"{machine.get('host', '')}, {machine.get('platform', '')}"],
            ["command", shlex.join(map(str, machine.get("command", [])))],
            ["started", str(known["started"])],
            ["ended", str(known["ended"] or "-")],
            *(["input", f"{file['name']}, from {file['path']}"] for file in known["inputs"]),
        ]
    )
    shown += [f"error   {error}" for error in known["errors"]]
    shown += [str(Caution(**one)) for one in known["warnings"]]
    if known["tables"]:
        rows = [[name, f"{count} rows"] for name, count in known["tables"].items()]
        shown += ["", "tables:", *("  " + line for line in lines(rows, right=[1]))]
    if known["summary"]:
        shown += ["", *known["summary"]]
    if known["explanation"]:
        shown += ["", *known["explanation"]]
    return [*shown, "", "scenario as run:", *_indented(dump(known["resolved"]))]


def _errors(run: RunFiles) -> list[str]:
    """Return the last error of each run that is not done."""
    found = []
    for failure in run.failures:
        swept = ", ".join(f"{field}={value}" for field, value in (failure.swept or {}).items())
        where = f"point {failure.key.index} ({swept}), " if swept else ""
        found.append(f"{where}replication {failure.key.replication}: {failure.message}")
    return found


def _summary(path: Path) -> list[str]:
    """Return what a sweep came to, a line a point."""
    from netsim.sweep.summary import summary

    return summary(path)


def _explanation(path: Path) -> list[str]:
    """Return what the family says about scenario and results, if it says anything and can."""
    from netsim.scenario import load

    try:
        scenario = load(path / layout.RESOLVED)
    except NetsimError:
        return []
    explain = getattr(scenario.family, "explain", None)
    conclude = getattr(scenario.family, "conclude", None)
    said = [str(line) for line in explain(scenario.model)] if explain is not None else []
    if conclude is not None:
        said += [str(line) for line in conclude(_rows(path))]
    return said


def _effective(path: Path) -> dict[str, Any]:
    """Return the block of the resolved file that tells what defaults came to."""
    try:
        content = parse(read_bytes(path / layout.RESOLVED))
    except (OSError, JsonError):
        return {}
    values = content.get(KEY) if isinstance(content, dict) else None
    return {KEY: values} if isinstance(values, dict) else {}


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of table `runs`; none where no run is done."""
    results = open_results(str(path))
    if "runs" not in results.tables():
        return []
    rows: list[dict[str, Any]] = results.table("runs").to_pylist()
    return rows


def _indented(block: str) -> list[str]:
    return ["  " + line for line in block.splitlines()]
