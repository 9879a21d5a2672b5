"""Replications that workers share give the bytes of those that go one after another."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import toy_family

import netsim

pytest.importorskip(
    "distributed", reason="the extra netsim-communication[cluster] is not installed"
)


def test_replications_over_workers_give_the_bytes_of_one_process(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(toy_family.write_plugin(tmp_path / "site")))
    content = {"netsim": 1, "workload": "toy", "ticks": 4, "replications": 7}
    (tmp_path / "count.json").write_text(json.dumps(content))

    for number in ("1", "2"):
        words = ["-q", "run", "count.json", "-o", f"out{number}", "-j", number]
        done = subprocess.run(
            [sys.executable, "-m", "netsim", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr

    assert netsim.open(tmp_path / "out2").complete
    for name in ("runs", "ticks"):
        one, two = (tmp_path / f"out{n}" / "tables" / f"{name}.parquet" for n in "12")
        assert two.read_bytes() == one.read_bytes()
