"""What a scenario resolves to, and the hash that says when two scenarios give equal results.

The hash covers everything that the numbers depend on: all fields with their defaults filled in,
quantities in netsim's own units, the content of data files, and the version of netsim's results.
Name, description, sweep and number of replications are left out; a replication's index is added by
`Scenario.point_id`. Comments, order of keys, spelling of units and of dashes leave it unchanged.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from netsim.version import RESULTS_VERSION

if TYPE_CHECKING:
    from netsim.family import ScenarioModel
    from netsim.fields import InputFile

_NOT_IDENTITY: Final = frozenset({"name", "description", "sweep", "replications"})


def resolved(model: ScenarioModel) -> dict[str, Any]:
    """Return `model` as JSON-able data that loads again: defaults filled, canonical quantities."""
    return model.model_dump(mode="json", by_alias=True)


def digest(model: ScenarioModel) -> str:
    """Return the SHA-256, in hex, of what the results of `model` depend on."""
    content = model.model_dump(
        mode="json", by_alias=True, context={"file": _file_digest}, exclude=set(_NOT_IDENTITY)
    )
    canonical = json.dumps(
        {"results_version": RESULTS_VERSION, "scenario": content},
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def replication_id(scenario_hash: str, replication: int) -> str:
    """Return the id, 12 hex digits, of one replication of the scenario with that hash."""
    return hashlib.sha256(f"{scenario_hash}:{replication}".encode()).hexdigest()[:12]


def _file_digest(file: InputFile) -> str:
    with file.path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    # The suffix says how the content is read.
    return f"sha256:{content}{file.path.suffix}"
