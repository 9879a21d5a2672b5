"""Help must answer at once: nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Modules that cost more than the whole budget, or that only a running command needs.
HEAVY = {
    "numpy",
    "pandas",
    "pyarrow",
    "numba",
    "llvmlite",
    "scipy",
    "matplotlib",
    "networkx",
    "simpy",
    "pydantic",
    "ruamel",
    "duckdb",
    "distributed",
    "rich",
}


def imported(*words):
    """Return the top-level modules that the command imports, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "netsim", *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines}, done.stdout


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_import_click_only(words):
    modules, _ = imported(*words)

    assert not {name.split(".")[0] for name in modules} & HEAVY
    assert "click" in modules


def test_help_names_all_commands_in_the_order_of_use():
    _, text = imported("--help")

    listed = [
        line.split()[0]
        for line in text.split("Commands:")[1].splitlines()
        if line[:3] == "  " + line[2:3].strip() and line.strip()
    ]
    assert listed[:7] == ["init", "validate", "list", "describe", "run", "sweep", "status"]
    assert listed[7:12] == ["compare", "plot", "schema", "verify", "reproduce"]
    assert listed[listed.index("Examples:") - 1] == "cite"


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, netsim; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600
    )

    assert not set(done.stdout.split()) & HEAVY
