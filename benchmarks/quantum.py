"""Delivered pairs of links and chains, first pairs as arrays, and a long line of routers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import netsim
from benchmarks.measure import Result, at_most, repeat

BASE: dict[str, Any] = {
    "netsim": 1,
    "workload": "quantum",
    "memory": {"frequency": "2 kHz", "efficiency": 0.75, "raw_fidelity": 0.99},
    "detector": {"efficiency": 0.8, "count_rate": "50 MHz", "resolution": "100 ps"},
    "swap": {"policy": "nested", "degradation": 0.99},
}


def run() -> Iterator[Result]:
    """Yield CPU time per delivered pair, tables included, and that of whole runs."""
    yield from (
        _per_pair("link of 20 km", {"routers": 2, "segment": "20 km"}, 1, "100 s", 6),
        _per_pair("five routers of 20 km", {"routers": 5, "segment": "20 km"}, 1, "100 s", 30),
        _per_pair(
            "five of 10 km, five memories", {"routers": 5, "segment": "10 km"}, 5, "10 s", 45
        ),
    )
    trials = {
        "chain": {"routers": 5, "segment": "20 km"},
        "request": {"mode": "one_shot", "trials": 1_000_000},
        "record": {"pairs": "delivered"},
    }
    yield _whole("1e6 first pairs of five routers", trials, 2)
    line = {
        "chain": {"routers": 1024, "segment": "20 km"},
        "request": [
            {"from": f"r{at:04d}", "to": f"r{at + 1:04d}", "end": "1 s"} for at in range(1023)
        ],
    }
    yield _whole("1,024 routers, neighbours, 1 s", line, 5)


def _per_pair(name: str, chain: Mapping[str, Any], memories: int, end: str, most: float) -> Result:
    memory = {**BASE["memory"], "count": memories}
    blocks = {"chain": chain, "memory": memory, "request": {"end": end}}
    scenario = netsim.load({**BASE, **blocks})
    pairs = netsim.run(scenario).runs[0]["pairs"]
    used = [1e6 * seconds / pairs for seconds in repeat(lambda: netsim.run(scenario))[0]]
    return at_most(f"{name}: a delivered pair", "CPU us", used, most)


def _whole(name: str, blocks: Mapping[str, Any], most: float) -> Result:
    scenario = netsim.load({**BASE, **blocks})
    return at_most(name, "CPU s", repeat(lambda: netsim.run(scenario))[0], most)
