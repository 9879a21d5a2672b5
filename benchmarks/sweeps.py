"""What sweeps cost beyond their simulations: CPU, inodes and bytes a point, compaction, resume."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Result, at_most

#: Points of the large and of the small sweep of tiny scenarios.
MANY, FEW = 20_000, 2_000
TINY = {
    "netsim": 1,
    "workload": "fabric",
    "topology": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 1,
        "hosts_per_leaf": 2,
        "host_link": {"rate": "100 Gbps", "delay": "500 ns"},
    },
    "traffic": [{"pattern": "permutation", "size": "4 kB"}],
}

#: Runs netsim with argv[1:] and prints CPU seconds, children's included, and peak memory in bytes.
PROGRAM = """
import json, os, resource, sys
from netsim.cli.main import main
try:
    main(["-q", *sys.argv[1:]])
except SystemExit as end:
    assert not end.code, end.code
used = os.times()
print()
print(json.dumps([sum(used[:4]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""

#: Prints CPU seconds of so many points in memory, and of resolving each.
IN_MEMORY = """
import json, sys, time
from netsim.metrics.recorder import MemorySink
from netsim.simulate import run_point
from netsim.sweep.points import Points
points, number = Points(sys.argv[1]), int(sys.argv[2])
run_point(points.scenario(0), 0, MemorySink())
began = time.process_time()
scenarios = [points.scenario(index) for index in range(number)]
resolved = time.process_time()
for scenario in scenarios:
    run_point(scenario, 0, MemorySink())
print(json.dumps([resolved - began, time.process_time() - resolved]))
"""


def run() -> Iterator[Result]:
    """Yield the figures, one sweep of each size."""
    number = int(os.environ.get("NETSIM_POINTS", MANY))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = _scenario(folder, number)
        resolve, simulate = program(IN_MEMORY, str(file), str(FEW))
        yield at_most("resolve and hash a point", "ms CPU", [resolve / FEW * 1e3], 0.7)
        yield Result("run_point of a tiny point in memory", "ms CPU", (simulate / FEW * 1e3,))
        few, small = program(PROGRAM, "sweep", str(_scenario(folder, FEW)), "-o",
                              str(folder / "few"), "-j", "1")  # fmt: skip
        yield Result(f"{FEW:,} tiny points, -j 1", "ms CPU a point", (few / FEW * 1e3,))
        for jobs in ("1", "2"):
            out = folder / f"many{jobs}"
            used, peak = program(PROGRAM, "sweep", str(file), "-o", str(out), "-j", jobs)
            beyond = used / number * 1e3 - simulate / FEW * 1e3
            title = f"{number:,} tiny points, -j {jobs}"
            yield at_most(f"{title}: beyond run_point", "ms CPU a point", [beyond], 4.0)
            if jobs == "1":
                yield at_most("its peak memory / that of a tenth", "ratio", [peak / small], 1.3)
            parts = list((out / "parts").rglob("*"))
            size = sum(path.stat().st_blocks * 512 for path in parts)
            yield at_most(f"{title}: inodes of parts", "a point", [len(parts) / number], 0.05)
            yield at_most(f"{title}: disk of parts", "KiB a point", [size / number / 1024], 2.0)
            idle, _ = program(PROGRAM, "sweep", str(file), "-o", str(out), "--resume", "-j", jobs)
            yield at_most(f"{title}: resume when finished", "CPU s", [idle], 3.0)
            (out / "SUCCESS").unlink()
            manifest = json.loads((out / "manifest.json").read_text())
            manifest["status"] = "stopped"
            (out / "manifest.json").write_text(json.dumps(manifest))
            yield Result(f"{title}: what is compacted anew", "CPU s", (_compaction(out),))


def _compaction(out: Path) -> float:
    """Return the CPU seconds of compacting the parts in `out`."""
    program = """
import json, sys, time
from pathlib import Path
from netsim.metrics.compaction import compact
from netsim.metrics.gathering import ordered
from netsim.metrics.manifest import places, read_manifest
from netsim.metrics.marks import committed
from netsim.metrics.swept import Swept
path = Path(sys.argv[1])
began = time.process_time()
manifest, swept = read_manifest(path), Swept.read(path)
compact(ordered(committed(path), places(manifest, swept)), path / "again",
        manifest["provenance"], swept)
print(json.dumps([time.process_time() - began, 0]))
"""
    return program(program, str(out))[0]


def _scenario(folder: Path, number: int) -> Path:
    """Return the file of a sweep of `number` tiny points."""
    file = folder / f"tiny{number}.json"
    grid = {"seed": {"range": [0, number, 1]}}
    file.write_text(json.dumps({**TINY, "sweep": {"grid": grid}}))
    return file


def program(program: str, *words: str) -> tuple[float, float]:
    """Return the two numbers that `program` prints in its last line."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
    )
    first, second = json.loads(done.stdout.splitlines()[-1])
    return first, second
