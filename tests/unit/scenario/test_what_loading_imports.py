"""Checking a scenario stays quick: what it must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HEAVY = ("pandas", "numba", "scipy", "matplotlib", "networkx", "pyarrow", "distributed", "duckdb")


def test_checking_a_scenario_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from netsim.scenario import load\n"
        f"load({str(ROOT / 'scenarios' / 'quickstart.yaml')!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_scenario_layer_alone_imports_neither_numpy_nor_a_family():
    program = (
        "import sys, netsim.scenario\n"
        "print([m for m in sys.modules if m == 'numpy' or m.startswith('netsim.fabric')])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")
