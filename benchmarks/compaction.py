"""Compaction of table `flows`: rows per CPU second, and how peak memory grows with the rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Result, at_least, at_most
from benchmarks.sweeps import program

#: Rows of the large study, and of the small one that its memory is compared with.
ROWS = 10_000_000
#: Rows of one point, and workers whose parts lie interleaved.
EACH, WORKERS = 10_000, 3

#: Writes parts of argv[2] points as several workers would, each its own share.
PARTS = """
import json, sys
from pathlib import Path
import numpy as np
from netsim.fabric.tables import FLOWS
from netsim.metrics import atomic
from netsim.metrics.conversion import Coded
from netsim.metrics.marks import Key
from netsim.metrics.part_writer import PartWriter
from netsim.metrics.recorder import Recorder
from netsim.metrics.rundir import SMALL_GROUP
folder, number, rows, workers, worker = Path(sys.argv[1]), *map(int, sys.argv[2:6])
writer = PartWriter(folder, "0" * 64, row_group=SMALL_GROUP)
for index in range(worker, number, workers):
    draw = np.random.default_rng(index)
    start = np.sort(draw.integers(0, 10**9, rows))
    took = draw.integers(10**6, 10**8, rows)
    counts = {name: draw.poisson(mean, rows) for name, mean in
              [("packets", 100), ("retransmits", 0.1), ("timeouts", 0.01), ("drops", 0.1),
               ("out_of_order", 3), ("max_reorder", 2)]}
    key = Key(index, f"{index:016x}", 0)
    recorder = Recorder([FLOWS], writer.sink(key), point=key.point)
    recorder.write("flows", {
        "flow": np.arange(rows), "src": draw.integers(0, 256, rows),
        "dst": draw.integers(0, 256, rows), "size": counts["packets"] * 4096, "start": start,
        "end_rx": start + took, "end_tx": start + took + 10**6, "fct": took * 1e-12,
        "fct_tx": took * 1e-12 + 1e-6, "ideal_fct": took * 0.5e-12,
        "slowdown": 1 + draw.exponential(1, rows), **counts,
        "status": Coded(np.zeros(rows, np.int32), ["done"]),
        "reason": Coded(np.full(rows, -1, np.int32), ["gone"])})
    recorder.close()
writer.commit()
print(json.dumps([0, 0]))
"""

#: Compacts them; prints CPU seconds and peak memory in bytes.
COMPACT = """
import json, resource, sys, time
from pathlib import Path
from netsim.metrics.compaction import compact
from netsim.metrics.gathering import of_the_mark, ordered
from netsim.metrics.marks import committed
path = Path(sys.argv[1])
began = time.process_time()
compact(ordered(committed(path), of_the_mark), path / "tables", {})
spent = time.process_time() - began
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""


def run() -> Iterator[Result]:
    """Yield the rate and the ratio of peaks."""
    rows = int(os.environ.get("NETSIM_ROWS", ROWS))
    peaks = []
    with tempfile.TemporaryDirectory() as place:
        for number in (rows // 10, rows):
            folder = Path(place) / str(number)
            folder.mkdir()
            for worker in range(WORKERS):
                words = (number // EACH, EACH, WORKERS, worker)
                program(PARTS, str(folder), *map(str, words))
            seconds, peak = program(COMPACT, str(folder))
            peaks.append(peak)
            title = f"compaction of {number / 1e6:g} M rows of flows"
            yield at_least(title, "M rows/CPU s", [number / seconds / 1e6], 0.9)
            yield Result("its peak memory", "MiB", (peak / 2**20,))
        yield at_most("peak memory / that of a tenth", "ratio", [peaks[1] / peaks[0]], 1.3)
