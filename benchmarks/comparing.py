"""What it takes to compare two sweeps of 1,000 points."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Result, at_most
from benchmarks.sweeps import PROGRAM, TINY, program

POINTS = 1_000


def run() -> Iterator[Result]:
    """Yield CPU seconds of `netsim compare`, import included."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, payload in (("a", "1 kB"), ("b", "2 kB")):
            sizes = [f"{4000 + index} B" for index in range(POINTS)]
            block = {"grid": {"traffic[0].size": sizes}, "replications": 2}
            scenario = TINY | {"packet": {"payload": payload}, "sweep": block}
            (folder / f"{name}.json").write_text(json.dumps(scenario))
            program(PROGRAM, "sweep", str(folder / f"{name}.json"), "-o", str(folder / name),
                    "-j", "1")  # fmt: skip
        words = ("compare", str(folder / "a"), str(folder / "b"), "--json")
        taken = [program(PROGRAM, *words)[0] for _ in range(3)]
        yield at_most(f"compare two sweeps of {POINTS:,} points", "CPU s", taken, 5)
