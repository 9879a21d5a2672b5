"""Start-up: how much CPU a command spends before it does anything."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import REPEATS, Result, at_most

TINY = """\
netsim: 1
workload: fabric
topology:
  kind: leaf_spine
  leaves: 2
  spines: 2
  hosts_per_leaf: 2
  host_link: {rate: 100 Gbps, delay: 1 us}
routing: {policy: rps}
transport: {kind: fixed_window}
traffic: [{pattern: permutation, size: 64 kB}]
"""


def run() -> Iterator[Result]:
    """Yield CPU seconds of help, validation and a warm tiny run, each as a whole process."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder, "tiny.yaml")
        scenario.write_text(TINY)
        yield at_most("netsim --help", "CPU s", _processes(["--help"]), 0.1)
        yield at_most(
            "netsim validate, tiny scenario", "CPU s", _processes(["validate", str(scenario)]), 0.45
        )
        out = ["-o", str(Path(folder, "out")), "--overwrite"]
        yield at_most(
            "netsim run, tiny scenario, warm",
            "CPU s",
            _processes(["-q", "run", str(scenario), *out]),
            0.7,
        )


def _processes(words: list[str]) -> list[float]:
    _process(words)  # fills caches: byte code, compiled kernels
    return [_process(words) for _ in range(REPEATS)]


def _process(words: list[str]) -> float:
    # The bytecode of netsim itself is cached, as in any installed package.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "netsim", *words], check=True, capture_output=True, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
