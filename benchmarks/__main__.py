"""Run the benchmarks whose module names hold one of the words; print or save their figures."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

MODULES = (
    "startup",
    "scenarios",
    "fabric",
    "fabric_memory",
    "windows",
    "queues",
    "lives",
    "ports",
    "clock",
    "stragglers",
    "decentralized",
    "quantum",
    "sweeps",
    "compaction",
    "comparing",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "words",
        nargs="*",
        help=f"run only modules with one of these words in their name: {MODULES}",
    )
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON to this file")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    options = parser.parse_args()
    from benchmarks.measure import machine

    print(machine(), file=sys.stderr)
    results = []
    for name in MODULES:
        if options.words and not any(word in name for word in options.words):
            continue
        for result in importlib.import_module(f"benchmarks.{name}").run():
            print(result.row(), flush=True)
            results.append(result)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(
            {"machine": machine(), "results": [result.as_json() for result in results]}, indent=1
        )
        options.output.write_text(text + "\n")
    return 1 if options.strict and any(result.met is False for result in results) else 0


sys.exit(main())
