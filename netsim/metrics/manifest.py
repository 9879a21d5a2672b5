"""The manifest of a directory: what it holds, how it stands, and what made it.

It counts points and runs and lists none of them: which runs are done is what the marks of the parts
say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netsim.metrics import forms, layout
from netsim.metrics.inputs import Input
from netsim.metrics.marks import Key, Part
from netsim.metrics.resources import machine, now
from netsim.metrics.swept import Swept

#: Digits of a hash in names and messages.
SHORT: Final = 6


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What a directory holds: a run, or a sweep.

    Parameters
    ----------
    name, workload, hash, seed
        Of the scenario; `hash` is the identity of the run or sweep.
    text
        The scenario file as given.
    resolved
        The scenario as run, defaults filled in.
    provenance
        The record that stands in every table.
    runs
        Number of runs (a point and a replication each), as far as it is known.
    inputs
        The data files that the scenario reads.
    points
        Number of points.
    kind
        ``run`` or ``sweep``.
    warnings
        What misleads in the results as far as it is known before them: code, message, place.
    """

    name: str
    workload: str
    hash: str
    seed: int
    text: str
    resolved: Mapping[str, Any]
    provenance: Mapping[str, Any]
    runs: int = 1
    inputs: tuple[Input, ...] = ()
    points: int = 1
    kind: str = "run"
    warnings: tuple[Mapping[str, str], ...] = ()

    @property
    def directory_name(self) -> str:
        """Name of the directory that is taken when none is chosen."""
        return f"{self.name}-{self.hash[:SHORT]}"

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of a fresh directory."""
        return {
            "netsim_manifest": forms.MANIFEST_VERSION,
            "kind": self.kind,
            "status": "running",
            "name": self.name,
            "workload": self.workload,
            "hash": self.hash,
            "seed": self.seed,
            "counts": {"points": self.points, "runs": self.runs, "done": 0, "failed": 0},
            "started": now(),
            "ended": None,
            "machine": machine(),
            "inputs": [file.record() for file in self.inputs],
            "warnings": [dict(one) for one in self.warnings],
            "provenance": dict(self.provenance),
        }


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest of the directory `path`, or None where none can be read."""
    manifest = manifest_or_fault(path)
    return None if isinstance(manifest, str) else manifest


def manifest_or_fault(path: Path) -> dict[str, Any] | str:
    """Return the manifest of the directory `path`, or why there is none."""
    file = path / layout.MANIFEST
    try:
        manifest: dict[str, Any] | str = forms.read(file, _any_manifest)
    except FileNotFoundError:
        return f"{path} is not a run directory: it has no {layout.MANIFEST} of netsim"
    except OSError as refused:
        return f"{file} cannot be read: {refused.strerror or refused}"
    return manifest


def places(manifest: Mapping[str, Any], swept: Swept | None) -> Callable[[Part, Key], int | None]:
    """Return what gives the index of a run's point in a study, None where it is not of it."""
    study = manifest["hash"]
    by_id = swept.places if swept is not None else None

    def place(part: Part, key: Key) -> int | None:
        if part.study == study:
            return key.index
        return by_id.get(key.point) if by_id is not None else None

    return place


def _any_manifest(content: Any, at: str) -> str | None:
    """Return what is wrong with a manifest; that of another program is nobody's run."""
    if not isinstance(content, dict) or "netsim_manifest" not in content:
        return f"it is not netsim's {layout.MANIFEST}"
    return forms.MANIFEST(content, at)
