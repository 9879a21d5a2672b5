"""Scenarios as values: points of a sweep resolved, run in memory, and draws for many entities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import netsim
from benchmarks.measure import Result, at_most, repeat
from netsim.rng import draws

SCENARIO = {
    "netsim": 1,
    "workload": "fabric",
    "topology": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 2,
        "hosts_per_leaf": 2,
        "host_link": {"rate": "100 Gbps", "delay": "1 us"},
    },
    "routing": {"policy": "rps"},
    "transport": {"kind": "fixed_window"},
    "traffic": [{"pattern": "permutation", "size": "64 kB"}],
}
POINTS = 200
DRAWS = 1_000_000


def run() -> Iterator[Result]:
    """Yield CPU time a point resolved, a point run in memory, and a draw."""
    scenario = netsim.load(SCENARIO)

    def resolve() -> None:
        for seed in range(POINTS):
            scenario.resolve({"seed": seed, "topology.spines": 1 + seed % 4})

    def simulate() -> None:
        for seed in range(POINTS):
            netsim.run(scenario, seed=seed)

    entities, counters = np.arange(1000)[:, None], np.arange(DRAWS // 1000)
    resolved, _ = repeat(resolve)
    yield at_most("scenario.resolve, a point of 4 hosts", "ms", _each(resolved, POINTS, 1e3), 0.7)
    simulated, _ = repeat(simulate)
    yield at_most("netsim.run in memory, 4 hosts", "ms", _each(simulated, POINTS, 1e3), 3.5)
    drawn, _ = repeat(lambda: draws(7, entities, counters))
    yield at_most("rng.draws, 1,000 entities", "ns a draw", _each(drawn, DRAWS, 1e9), 20)


def _each(seconds: list[float], count: int, scale: float) -> list[float]:
    return [spent / count * scale for spent in seconds]
