"""Equal runs give equal bytes: again, in another process, watched, and with rows cut elsewhere."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import quantum_blocks as blocks

import netsim
from netsim.quantum import results

CASES = {
    "chain": {"routers": 5, "memory": {"count": 2}, "swap": {"policy": "nested"}},
    "purified": {
        "routers": 3,
        "memory": {"count": 4, "raw_fidelity": 0.9},
        "purification": {"scheme": "ladder"},
        "fidelity": 0.9,
    },
    "expiring": {
        "routers": 4,
        "memory": {"count": 2, "coherence": "0.1 s", "cutoff": "20 ms", "cutoff_fidelity": 0.8},
        "swap": {"policy": "asap", "success": 0.8},
    },
    "played": {
        "routers": 3,
        "memory": {"count": 2},
        "link": {"kind": "single_click", "engine": "attempt"},
    },
}


def given(case, **more):
    block = dict(CASES[case])
    routers, fidelity = block.pop("routers"), block.pop("fidelity", 0.25)
    base = {"swap": {"policy": "nested"}, "request": {"end": "0.5 s", "fidelity": fidelity}}
    return blocks.scenario(routers, 10, **{**base, **block, **more})


def digest(result):
    found = hashlib.sha256()
    for table in ("entanglements", "requests", "keys"):
        rows = result.table(table).drop(["point"])
        assert rows.num_rows
        found.update(repr(rows.to_pylist()).encode())
    return found.hexdigest()


@pytest.mark.parametrize("case", CASES)
def test_tables_are_the_same_again_and_with_memories_looked_at(case):
    once, again = (digest(netsim.run(netsim.load(given(case)))) for _ in range(2))
    record = {"tables": ["memories"], "sample_every": "0.7 ms"}
    watched = netsim.run(netsim.load(given(case, record=record)))

    assert once == again == digest(watched)
    assert watched.table("memories").num_rows > 100


@pytest.mark.parametrize("case", CASES)
def test_tables_are_the_same_wherever_rows_are_cut(case, monkeypatch):
    whole = digest(netsim.run(netsim.load(given(case))))
    monkeypatch.setattr(results, "BATCH", 7)

    assert digest(netsim.run(netsim.load(given(case)))) == whole


def test_another_process_writes_the_same_bytes():
    here = {case: digest(netsim.run(netsim.load(given(case)))) for case in CASES}
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    code = (
        f"import sys; sys.path[:0] = {folders!r}\n"
        "import netsim, test_equal_bytes as t\n"
        "print({c: t.digest(netsim.run(netsim.load(t.given(c)))) for c in t.CASES})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
    )

    assert done.stdout.strip() == str(here)
