"""Packet-hops per CPU second of the compiled kernel, and its ratio to a plain heap of events."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import heapq_loop
from benchmarks.measure import REPEATS, Result, at_least, at_most, cpu, repeat


def run() -> Iterator[Result]:
    """Yield throughput, the ratio to the heap loop, and the time of a cold compilation."""
    yield from _against_heap()
    yield from _large()
    for policy in ("ecmp", "rps", "rr", "ops", "stripe", "equitable"):
        yield _throughput(f"permutation 256 hosts, 4 MB, {policy} / fixed_window", routing=policy)
    for transport in ("open_loop", "dctcp"):
        yield _throughput(f"permutation 256 hosts, 4 MB, rps / {transport}", transport=transport)
    yield _cold_compile()


def _against_heap() -> Iterator[Result]:
    """Alternate the same traffic on both; compare packet-hops per CPU second, pair by pair."""
    action = _simulation(leaves=16, spines=16, hosts=16, size="10 MB")
    action()
    fast, slow, ratios = [], [], []
    for _ in range(REPEATS):
        seconds, hops = cpu(action)
        fast.append(hops / seconds)
        # A tenth of the size: the heap loop's rate does not depend on it, its patience does.
        seconds, (hops, _) = cpu(lambda: heapq_loop.permutation(16, 16, 16, 1_000_000))
        slow.append(hops / seconds)
        ratios.append(fast[-1] / slow[-1])
    name = "permutation 256 hosts, 10 MB, rps / fixed_window, tables on"
    yield Result(name, "packet-hops/CPU s", tuple(fast))
    yield Result("the same traffic in a plain heapq loop", "packet-hops/CPU s", tuple(slow))
    yield at_least("netsim / heapq loop", "ratio", ratios, 10)


def _large() -> Iterator[Result]:
    for transport in ("open_loop", "fixed_window"):
        action = _simulation(leaves=32, spines=32, hosts=32, size="20.5 MB", transport=transport)
        seconds, hops = repeat(action)
        yield at_most(
            f"1,024 hosts, rps / {transport}, tables on",
            "CPU s / 20 M hops",
            [s * 20e6 / hops for s in seconds],
            3,
        )


def _throughput(name: str, **changes: str) -> Result:
    seconds, hops = repeat(_simulation(leaves=16, spines=16, hosts=16, size="4 MB", **changes))
    return Result(name, "packet-hops/CPU s", tuple(hops / s for s in seconds))


def _simulation(
    *,
    leaves: int,
    spines: int,
    hosts: int,
    size: str,
    routing: str = "rps",
    transport: str = "fixed_window",
) -> Any:
    """Return a function that simulates a permutation, with tables, and gives its packet-hops."""
    import netsim

    scenario = _load(
        {
            "netsim": 1,
            "workload": "fabric",
            "topology": {
                "kind": "leaf_spine",
                "leaves": leaves,
                "spines": spines,
                "hosts_per_leaf": hosts,
                "host_link": {"rate": "100 Gbps", "delay": "1 us"},
            },
            "routing": {"policy": routing},
            "transport": {"kind": transport},
            "traffic": [{"pattern": "permutation", "size": size}],
        }
    )
    return lambda: netsim.run(scenario).table("runs")["packet_hops"][0].as_py()


def _load(blocks: Mapping[str, Any]) -> Any:
    import json

    import netsim

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "benchmark.yaml")
        path.write_text(json.dumps(blocks))  # JSON is YAML
        return netsim.load(path)


def _cold_compile() -> Result:
    """Return the CPU seconds of a first run with an empty kernel cache, as a whole process."""
    import resource

    values = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            from benchmarks.startup import TINY

            scenario = Path(folder, "tiny.yaml")
            scenario.write_text(TINY)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            words = ["-q", "run", str(scenario), "-o", str(Path(folder, "out"))]
            environment = {**os.environ, "NETSIM_CACHE": str(Path(folder, "cache"))}
            subprocess.run(
                [sys.executable, "-m", "netsim", *words],
                check=True,
                capture_output=True,
                env=environment,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            values.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return at_most("first run with an empty kernel cache (whole process)", "CPU s", values, 15)
