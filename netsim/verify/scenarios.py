"""Run a scenario that a check writes as data, through the same door as a user's file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netsim.simulate import RunResult


def simulate(scenario: Mapping[str, Any], files: Mapping[str, str] | None = None) -> RunResult:
    """Return the results of `scenario`, held in memory.

    Parameters
    ----------
    scenario
        The top level of a scenario file; `netsim: 1` is added.
    files
        Texts of the data files that it names, by file name.
    """
    from netsim.scenario import load
    from netsim.simulate import run

    whole = {"netsim": 1, **scenario}
    if not files:
        return run(load(whole))
    with tempfile.TemporaryDirectory(prefix="netsim-verify-") as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return run(load(whole, folder=folder))


def csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV text with a header line."""
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"
