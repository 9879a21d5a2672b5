"""Commands import what they need and nothing else: a list of modules, not a stopwatch.

What help may import is checked with the command line; here is what working commands may import.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: Never needed to read a scenario, to simulate, or to write tables.
NEVER = {"pandas", "scipy", "matplotlib", "distributed", "dask", "rich", "duckdb", "pint"}

#: Needed only where a simulation runs.
SIMULATING = {"numba", "llvmlite", "pyarrow"}


def modules_after(code, folder):
    """Return all modules that a fresh interpreter has after `code`."""
    program = f"import json, sys\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=600,
    )
    assert not done.returncode, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def command(*words):
    return (
        "from netsim.cli.main import main\n"
        f"sys.argv = {['netsim', *words]!r}\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
    )


def tops(modules):
    return {name.split(".")[0] for name in modules}


SCENARIO = """\
netsim: 1
workload: fabric
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2,
           host_link: {rate: 100 Gbps, delay: 500 ns}}
routing: {policy: ecmp}
transport: {kind: open_loop}
traffic: [{pattern: permutation, size: 64 kB}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tiny.yaml").write_text(SCENARIO)
    return tmp_path


@pytest.mark.parametrize(
    "words", [("validate", "tiny.yaml"), ("list",), ("schema",), ("describe", "leaf_spine")]
)
def test_a_command_that_simulates_nothing_imports_neither_compiler_nor_writer(words, folder):
    found = modules_after(command(*words), folder)

    assert not tops(found) & (NEVER | SIMULATING)
    assert "numpy.ma" not in found


def test_a_run_imports_no_data_frames_no_plotting_and_no_compiler(folder):
    modules_after(command("run", "tiny.yaml", "-o", "first"), folder)  # compiles, if need be

    found = modules_after(command("run", "tiny.yaml", "-o", "out"), folder)

    assert not tops(found) & (NEVER | {"numba"})
    assert "pyarrow.dataset" not in found


def test_reading_a_table_imports_no_data_frames(folder):
    modules_after(command("run", "tiny.yaml", "-o", "out"), folder)

    found = modules_after("import netsim\nnetsim.open('out').table('flows')", folder)

    assert not tops(found) & (NEVER | {"numba"})
    assert "pyarrow.dataset" not in found


def test_table_declarations_need_no_arrow(folder):
    found = tops(modules_after("import netsim.metrics.tables, netsim.metrics.statistics", folder))

    assert not found & (NEVER | SIMULATING)
