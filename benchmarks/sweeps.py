"""What sweeps cost beyond their simulations: CPU, inodes and bytes a point, compaction, resume."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Result, at_least, at_most

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

#: Points of the study whose workers are to be busy, and of the one that is only listed.
LONG, LISTED = 40, 100_000
#: Replications of a tiny run, in a directory.
MANY_RUNS, FEW_RUNS = 1050, 50

#: Runs netsim with argv[1:] and prints CPU seconds, children's included, and the largest peak
#: memory of a process in bytes.
PROGRAM = """
import json, os, resource, sys
from netsim.cli.main import main
try:
    main(["-q", *sys.argv[1:]], standalone_mode=False)
except SystemExit as end:
    assert not end.code, end.code
used = os.times()
peaks = [resource.getrusage(who).ru_maxrss * 1024
         for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print()
print(json.dumps([sum(used[:4]), max(peaks)]))
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
    """Yield the figures; NETSIM_POINTS tells how many points the large sweep has."""
    number = int(os.environ.get("NETSIM_POINTS", MANY))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        yield from _replications(folder)
        yield from _tiny(folder, number)
        yield from _busy(folder)
        yield from _listed(folder)


def _replications(folder: Path) -> Iterator[Result]:
    """Yield what a replication of a tiny run costs."""
    file = folder / "tiny.json"
    file.write_text(json.dumps(TINY))
    spent = []
    for number in (FEW_RUNS, MANY_RUNS):
        words = (str(file), "-o", str(folder / f"run{number}"), "--replications", str(number))
        spent.append(program(PROGRAM, "run", *words)[0])
    each = (spent[1] - spent[0]) / (MANY_RUNS - FEW_RUNS) * 1e3
    yield at_most("netsim run of a tiny point, a replication", "ms CPU", [each], 7.0)


def _tiny(folder: Path, number: int) -> Iterator[Result]:
    """Yield what many tiny points cost beyond their simulations."""
    file, small = _scenario(folder, number), _scenario(folder, FEW)
    resolve, simulate = program(IN_MEMORY, str(file), str(FEW))
    yield at_most("resolve and hash a point", "ms CPU", [resolve / FEW * 1e3], 0.7)
    yield Result("run_point of a tiny point in memory", "ms CPU", (simulate / FEW * 1e3,))
    for jobs in ("1", "2"):
        few = folder / f"few{jobs}"
        _, peak_of_few = program(PROGRAM, "sweep", str(small), "-o", str(few), "-j", jobs)
        out = folder / f"many{jobs}"
        used, peak = program(PROGRAM, "sweep", str(file), "-o", str(out), "-j", jobs)
        beyond = used / number * 1e3 - simulate / FEW * 1e3
        title = f"{number:,} tiny points, -j {jobs}"
        yield at_most(f"{title}: beyond run_point", "ms CPU a point", [beyond], 4.0)
        yield at_most("its peak memory / that of 2,000", "ratio", [peak / peak_of_few], 1.3)
        parts = list((out / "parts").rglob("*"))
        size = sum(path.stat().st_blocks * 512 for path in parts)
        yield at_most(f"{title}: inodes of parts", "a point", [len(parts) / number], 0.05)
        yield at_most(f"{title}: disk of parts", "KiB a point", [size / number / 1024], 2.0)
        idle, _ = program(PROGRAM, "sweep", str(file), "-o", str(out), "--resume", "-j", jobs)
        yield at_most(f"{title}: resume when finished", "CPU s", [idle], 3.0)
        yield at_most(f"{title}: compaction", "CPU s", [_compaction(out)], 5.0)


def _busy(folder: Path) -> Iterator[Result]:
    """Yield the share of time in which two workers simulate points of half a second."""
    from netsim.metrics.reader import open_results

    traffic = [{"pattern": "permutation", "size": "1200 MB"}]
    shape = {**TINY["topology"], "leaves": 4, "spines": 4, "hosts_per_leaf": 4}  # type: ignore[dict-item]
    seeds = {"grid": {"seed": {"range": [0, LONG, 1]}}}
    large = {**TINY, "topology": shape, "traffic": traffic, "sweep": seeds,
             "transport": {"kind": "open_loop"}}  # fmt: skip
    file, out = folder / "long.json", folder / "long"
    file.write_text(json.dumps(large))
    program(PROGRAM, "sweep", str(file), "-o", str(out), "-j", "2")
    perf = open_results(str(out)).table("perf")
    took = perf.column("wall_time").to_numpy()
    began = perf.column("started").to_numpy().astype("datetime64[us]").astype(float) * 1e-6
    share = took.sum() / (2 * ((began + took).max() - began.min()))
    yield Result("a point for busy workers", "s", (float(took.mean()),))
    yield at_least("sum of their times / (workers x span)", "ratio", [float(share)], 0.95)


def _listed(folder: Path) -> Iterator[Result]:
    """Yield what it takes to check many points and simulate none."""
    file = _scenario(folder, LISTED)
    spent, _ = program(PROGRAM, "sweep", str(file), "-o", str(folder / "none"), "--dry-run")
    yield at_most(f"{LISTED:,} points, --dry-run", "CPU s", [spent], 90.0)


def _compaction(out: Path) -> float:
    """Return the CPU seconds of compacting the parts in `out`."""
    code = """
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
    return program(code, str(out))[0]


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
