"""Delivered pairs of links and chains, first pairs as arrays, and a long line of routers."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import netsim
from benchmarks import peers
from benchmarks.measure import REPEATS, Result, at_most, cpu, repeat

STUDY = Path(__file__).parent.parent / "scenarios" / "quantum" / "metropolitan_nine.yaml"

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
    yield _by_distance()
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
    yield _nine_routers()
    yield _tiny()
    yield from peers.ratios(BASE)


def _per_pair(name: str, chain: Mapping[str, Any], memories: int, end: str, most: float) -> Result:
    memory = {**BASE["memory"], "count": memories}
    blocks = {"chain": chain, "memory": memory, "request": {"end": end}}
    scenario = netsim.load({**BASE, **blocks})
    pairs = netsim.run(scenario).runs[0]["pairs"]
    used = [1e6 * seconds / pairs for seconds in repeat(lambda: netsim.run(scenario))[0]]
    return at_most(f"{name}: a delivered pair", "CPU us", used, most)


def _by_distance() -> Result:
    """Yield how much dearer a link's pair is at the dearest of some distances than at the cheapest.

    Each is measured in its turn, again and again, so that all see the same machine.
    """
    streams = {}
    for km, end in ((1, "60 s"), (10, "100 s"), (40, "500 s"), (80, "5000 s")):
        chain = {"routers": 2, "segment": f"{km} km"}
        scenario = netsim.load({**BASE, "chain": chain, "request": {"end": end}})
        streams[km] = scenario, netsim.run(scenario).runs[0]["pairs"]
    spread = []
    for _ in range(REPEATS):
        each = [cpu(partial(netsim.run, one))[0] / pairs for one, pairs in streams.values()]
        spread.append(max(each) / min(each))
    return at_most("a link's pair, dearest of 1, 10, 40, 80 km", "ratio", spread, 1.5)


def _nine_routers() -> Result:
    """Yield the CPU time of the metropolitan network, every router asking at random for 1,000 s."""
    scenario = netsim.load(STUDY, {"until": "1000 s", "replications": 1})
    used = cpu(lambda: netsim.run(scenario))[0]
    return at_most("nine routers, random requests, 1,000 s", "CPU s", [used], 60)


def _tiny() -> Result:
    """Yield the CPU time of a whole process that runs a link for a second."""
    code = (
        "import netsim; netsim.run(netsim.load({'netsim': 1, 'workload': 'quantum', "
        "'chain': {'routers': 3, 'segment': '20 km'}, 'request': {'end': '1 s'}}))"
    )
    used = []
    for _ in range(REPEATS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return at_most("a warm tiny run, whole process", "CPU s", used[1:], 0.8)


def _whole(name: str, blocks: Mapping[str, Any], most: float) -> Result:
    scenario = netsim.load({**BASE, **blocks})
    return at_most(name, "CPU s", repeat(lambda: netsim.run(scenario))[0], most)
