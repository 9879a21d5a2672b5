"""What a scenario resolves to, and the hash that says when two scenarios give equal results.

The hash covers everything that the numbers depend on: all fields with their defaults filled in,
quantities in netsim's own units, the content of data files, and the version of netsim's results.
Name, description, expected headlines, sweep and number of replications are left out. Comments,
order of keys, spelling of units and of dashes leave it unchanged.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netsim.metrics.inputs import Input
from netsim.version import RESULTS_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netsim.family import ScenarioModel
    from netsim.fields import InputFile

_NOT_IDENTITY: Final = frozenset({"name", "description", "sweep", "replications", "expect"})


def resolved(model: ScenarioModel) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """Return `model` as JSON-able data that loads again, and the data files that it names.

    Defaults are filled, quantities canonical; of the files each stands once, in the order of the
    fields.
    """
    files: dict[Path, None] = {}

    def note(file: InputFile) -> str:
        files[file.path] = None
        return file.written

    written = _dumped(model, note)
    return written, tuple(files)


def recorded(
    model: ScenarioModel, resolved: dict[str, Any], files: Sequence[Input]
) -> dict[str, Any]:
    """Return what `resolved` holds, with data files by their names in a run directory."""
    return _dumped(model, _saying(files, lambda file: file.name)) if files else resolved


def digest(model: ScenarioModel, resolved: dict[str, Any], files: Sequence[Input]) -> str:
    """Return the SHA-256, in hex, of what the results of `model` depend on."""
    content = _dumped(model, _saying(files, _identity)) if files else resolved
    canonical = json.dumps(
        {
            "results_version": RESULTS_VERSION,
            "scenario": {key: content[key] for key in content.keys() - _NOT_IDENTITY},
        },
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _dumped(model: ScenarioModel, say: Callable[[InputFile], str]) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, context={"file": say})


def point(scenario_hash: str) -> str:
    """Return the id, 16 hex digits, of the point that the scenario with that hash is."""
    return scenario_hash[:16]


def _saying(files: Sequence[Input], say: Callable[[Input], str]) -> Callable[[InputFile], str]:
    """Return the function that writes `say` of a data file in place of its path."""
    said = {file.path: say(file) for file in files}
    return lambda file: said[file.path]


def _identity(file: Input) -> str:
    # The suffix says how the content is read.
    return f"sha256:{file.sha256}{file.path.suffix}"
