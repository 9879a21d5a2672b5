"""Scenarios of family `quantum` for tests: fibres of 20 km and everything at its simplest."""

from __future__ import annotations

import netsim
from netsim.quantum.tables import CAUSES

__all__ = ["CAUSES", "rows", "run", "scenario"]

MEMORY = {"frequency": "2 kHz", "efficiency": 0.75, "raw_fidelity": 0.99}
DETECTOR = {"efficiency": 0.8, "count_rate": "50 MHz", "resolution": "100 ps"}


def scenario(routers=2, km=20, **blocks):
    """Return the scenario of a chain as a mapping; `blocks` replace or, if mappings, extend."""
    base = {
        "netsim": 1,
        "workload": "quantum",
        "chain": {"routers": routers, "segment": f"{km} km"},
        "memory": MEMORY,
        "detector": DETECTOR,
        "swap": {"policy": "nested", "degradation": 0.99},
        "request": {"end": "2 s"},
    }
    for name, block in blocks.items():
        extended = {**base.get(name, {}), **block} if name in ("memory", "detector") else block
        base[name] = extended
    return base


def run(routers=2, km=20, **blocks):
    """Return the results of a chain, in memory."""
    return netsim.run(netsim.load(scenario(routers, km, **blocks)))


def rows(result, table="entanglements"):
    """Return the rows of a table as mappings."""
    return result.table(table).to_pylist()
