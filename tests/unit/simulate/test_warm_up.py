"""``record.warmup``: flows that start in it stay in the tables and do not count in the summary."""

from __future__ import annotations

import pytest

import netsim

#: Hosts 0 and 1 fill the port of host 2, which has room for one packet: flow 1 loses most of its
#: packets and fails. Flow 2 comes when the others are long over.
FLOWS = """\
src,dst,size,start
0,2,80 kB,0
1,2,80 kB,0
0,2,80 kB,1 ms
"""
SCENARIO = {
    "netsim": 1,
    "workload": "fabric",
    "topology": {"kind": "leaf_spine", "leaves": 1, "spines": 1, "hosts_per_leaf": 3},
    "transport": {"kind": "open_loop"},
    "queue": {"kind": "drop_tail", "capacity": "5 kB"},
    "traffic": [{"file": "flows.csv"}],
}


@pytest.fixture
def result(tmp_path):
    """Return a function that runs the scenario with a warm-up."""

    def run(warmup):
        (tmp_path / "flows.csv").write_text(FLOWS)
        changed = {"record.warmup": warmup}
        return netsim.run(netsim.load(SCENARIO, changed, folder=tmp_path))

    return run


def test_all_flows_count_without_a_warm_up(result):
    run = result("0 s")

    flows = run.pandas("flows")
    assert flows["status"].tolist() == ["done", "failed", "done"]
    assert (run.runs[0]["flows"], run.runs[0]["unfinished"]) == (3, 1)
    assert run.runs[0]["drops"] == flows["drops"].sum() > 0


def test_flows_of_the_warm_up_stay_in_the_table_and_do_not_count(result):
    run = result("1 ms")

    flows = run.pandas("flows")
    last = flows.iloc[2]
    assert flows["status"].tolist() == ["done", "failed", "done"]
    assert flows["drops"][1] > 0
    assert (run.runs[0]["flows"], run.runs[0]["unfinished"], run.runs[0]["drops"]) == (1, 0, 0)
    assert run.runs[0]["fct_mean"] == run.runs[0]["fct_max"] == last["fct"]
    assert run.runs[0]["makespan"] == last["end_rx"]
