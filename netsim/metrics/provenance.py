"""What a table came from, in so many words that it can be made again.

The record stands in every file's metadata, so it holds only what cannot differ between two equal
runs: versions, the kind of processor, the resolved scenario, its seed and hash. Command line,
host, platform and times stand in ``manifest.json`` and table `perf`. Its form is fixed by
``provenance.schema.json`` beside this module.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from netsim.version import RESULTS_VERSION, __version__

#: Version of the record's form.
SCHEMA_VERSION: Final = 1

#: Libraries whose version may change numbers or bytes.
LIBRARIES: Final = ("numpy", "numba", "simpy", "networkx", "pyarrow")


def provenance(resolved: Mapping[str, Any], seed: int, hash_: str) -> dict[str, Any]:
    """Return the record of a scenario.

    Parameters
    ----------
    resolved
        The scenario with all defaults filled in; it can be loaded again.
    seed
        Seed of all random streams.
    hash_
        Identity of the scenario, SHA-256 as hexadecimal digits.
    """
    return {**versions(), "scenario": dict(resolved), "seed": seed, "hash": hash_}


def versions() -> dict[str, Any]:
    """Return the record of a part: what it was made with, whatever study it belongs to."""
    return {
        "schema_version": SCHEMA_VERSION,
        "netsim": __version__,
        "results_version": RESULTS_VERSION,
        "versions": dict(_versions()),
        "processor": _processor(),
    }


def with_provenance(schema: Any, record: Mapping[str, Any]) -> Any:
    """Return the Arrow `schema` of a table with another record of what it came from."""
    from netsim.metrics.arrow import PROVENANCE_KEY, canonical_json

    metadata = {**(schema.metadata or {}), PROVENANCE_KEY: canonical_json(record).encode()}
    return schema.with_metadata(metadata)


def provenance_schema() -> dict[str, Any]:
    """Return the JSON Schema of the record."""
    text = files("netsim.metrics").joinpath("provenance.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    """Return the versions of Python and of `LIBRARIES`, without importing any of them."""
    return (
        ("python", platform.python_version()),
        *((name, importlib.metadata.version(name)) for name in LIBRARIES),
    )


@functools.cache
def _processor() -> dict[str, Any]:
    """Return the kind of processor: vectorised loops may round differently on another kind."""
    import numpy as np

    built: dict[str, Any] = dict(np.show_config(mode="dicts") or {})
    simd = built.get("SIMD Extensions", {})
    features = [*simd.get("baseline", []), *simd.get("found", [])]
    return {"architecture": platform.machine(), "features": features}
