"""Coded rounds whose model and results travel through a fabric."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netsim.errors import ScenarioError, SimulationError
from netsim.verify.scenarios import csv, simulate

TOPOLOGY = {
    "kind": "leaf_spine",
    "leaves": 2,
    "spines": 2,
    "hosts_per_leaf": 4,
    "host_link": {"rate": "10 Gbps", "delay": "1 us"},
}
NETWORK: dict[str, Any] = {"topology": TOPOLOGY, "packet": {"payload": "1000 B", "header": "0 B"}}
CONSTANT = {"kind": "independent", "law": {"dist": "constant", "value": "1 ms"}}


def _run(workers: int, jobs: int = 3, **more: Any) -> Any:
    return simulate(
        {
            "workload": "stragglers",
            "workers": workers,
            "jobs": jobs,
            "delays": CONSTANT,
            "network": NETWORK,
            "message": {"gradient": "1 MB", "model": "500 kB"},
            "record": {"tables": ["worker_rounds"]},
            **more,
        }
    )


def _flow_time(size: str, src: int, dst: int) -> int:
    """Return when one flow alone is complete, in ps."""
    flow = csv(("src", "dst", "size", "start"), [(src, dst, size, "0 ps")])
    result = simulate(
        {"workload": "fabric", **NETWORK, "traffic": [{"file": "f.csv"}]}, {"f.csv": flow}
    )
    return result.table("flows")["end_rx"][0].as_py()


def test_a_round_of_one_worker_is_model_compute_and_result_one_after_another():
    result = _run(workers=1)

    expected = _flow_time("500 kB", 1, 0) + 10**9 + _flow_time("1 MB", 0, 1)
    durations = np.diff([0, *result.table("rounds")["end"].to_pylist()])
    assert durations[0] == expected
    # Later models wait for the master's last acknowledgement: 64 B at 10 Gbps.
    assert set(durations[1:] - expected) == {51_200}


def test_incast_makes_a_round_last_as_long_as_all_results_on_the_masters_link():
    result = _run(workers=7, jobs=1, network=NETWORK | {"transport": {"kind": "dctcp"}})

    # The master's link carries 7 models out (2.8 ms) and 7 results in (5.6 ms); the first result
    # sets out when its model (at a seventh of the rate, so near the end of the 2.8 ms) and 1 ms of
    # work are over.
    (duration,) = result.table("rounds")["duration"].to_pylist()
    assert duration == pytest.approx(1e-3 + 7 * 0.4e-3 + 7 * 0.8e-3, rel=0.1)


LEAF_SPINE = {"kind": "leaf_spine", "leaves": 4, "spines": 2, "hosts_per_leaf": 8}


def _many_results(workers: int, **transport: Any) -> Any:
    link = {"rate": "10 Gbps", "delay": "500 ns"}
    network: dict[str, Any] = {"topology": LEAF_SPINE | {"host_link": link}}
    if transport:
        network["transport"] = transport
    return simulate(
        {
            "workload": "stragglers",
            "workers": workers,
            "jobs": 1,
            "code": {"scheme": "uncoded"},
            "delays": {"kind": "independent", "law": {"dist": "constant", "value": "40 ms"}},
            "message": {"gradient": "1 MB", "model": "1 MB"},
            "network": network,
        }
    )


def test_31_results_come_in_as_fast_as_the_masters_link_takes_them_by_the_default_transport():
    # 1 MB in 245 packets with 64 B of header; 31 models go out, then 40 ms of work, 31 results.
    link_time = 31 * (10**6 + 245 * 64) * 8 / 10e9

    total = _many_results(31).runs[0]["total_time"]

    assert total == pytest.approx(2 * link_time + 40e-3, rel=1e-3)


def test_a_transport_that_gives_up_is_named_with_its_retries():
    with pytest.raises(SimulationError, match=r"\(transport fixed_window, retries: 2\); raise"):
        _many_results(31, kind="fixed_window", retries=2, doublings=0, rto="50 us")


def test_bytes_count_models_and_results():
    result = _run(workers=3, jobs=2)

    assert result.runs[0]["bytes"] == 2 * 3 * (500_000 + 1_000_000)


def test_bytes_of_a_cut_run_are_those_that_came_in_by_then():
    message = {"gradient": "1 MB", "model": "0 B"}

    result = _run(workers=1, jobs=1, message=message, until="1.4 ms")

    # The result sets out after 1 ms over two links of 0.8 us a packet and 1 us of delay: packet k
    # of 1000 B is there after 1003.6 us + k * 0.8 us, so those with k * 0.8 < 396.4.
    assert result.runs[0]["bytes"] == 496 * 1000
    assert result.runs[0]["status"] == "unfinished"


def test_cancelled_results_count_no_more_than_the_masters_link_carries():
    result = _run(
        workers=7,
        jobs=5,
        code={"scheme": "k_sync", "k": 1},
        delays={"kind": "independent", "law": {"dist": "uniform", "low": "1 ms", "high": "6 ms"}},
        message={"gradient": "10 MB", "model": "0 B"},
    )

    # At least the five results that were used, at most what 10 Gbps carry in that time.
    row = result.runs[0]
    assert 5 * 10_000_000 <= row["bytes"] <= 10e9 / 8 * row["total_time"]
    assert row["bytes"] < 5 * 7 * 10_000_000


def test_messages_of_half_the_length_are_half_as_long():
    code = {"scheme": "communication_efficient_gc", "s": 1, "m": 2}

    result = _run(workers=4, jobs=1, code=code, wait={"mu": 100.0})

    assert result.runs[0]["bytes"] == 4 * (500_000 + 500_000)


def test_a_sequential_code_returns_one_gradient_per_task():
    code = {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 2}

    result = _run(workers=4, jobs=2, code=code, wait={"mu": 100.0})

    # Rounds 0, 1, 2 have 1, 2, 1 tasks for every worker; the model goes out in rounds 0 and 1.
    assert result.runs[0]["bytes"] == 4 * (4 * 1_000_000 + 2 * 500_000)


def test_a_network_that_takes_no_time_gives_the_rounds_without_one():
    fast = {**NETWORK, "topology": {**TOPOLOGY, "host_link": {"rate": "400 Gbps", "delay": "1 ps"}}}
    more: dict[str, Any] = {
        "delays": {"kind": "isolated"},
        "code": {"scheme": "gc", "s": 2},
        "message": {"gradient": "1 B", "model": "1 B"},
        "jobs": 20,
    }

    through = _run(workers=7, **{**more, "network": fast})
    without = simulate(
        {"workload": "stragglers", "workers": 7, "jobs": 20}
        | {key: more[key] for key in ("delays", "code")}
    )

    for column in ("stragglers", "waited"):
        assert (
            through.table("rounds")[column].to_pylist()
            == without.table("rounds")[column].to_pylist()
        )
    np.testing.assert_allclose(
        through.table("rounds")["duration"].to_numpy(),
        without.table("rounds")["duration"].to_numpy(),
        rtol=1e-6,
    )


def test_the_run_ends_with_its_last_round_however_late_the_threshold():
    result = _run(workers=3, jobs=2, wait={"mu": 1000.0})

    assert result.runs[0]["t_end"] == result.table("rounds")["end"].to_pylist()[-1]


def test_workers_that_are_still_computing_do_not_prolong_the_run():
    slow = {"kind": "fixed_slow", "base": CONSTANT, "workers": [2], "factor": 1000.0}
    first = {"stop": "first_decodable"}

    result = _run(workers=4, jobs=2, delays=slow, code={"scheme": "gc", "s": 1}, wait=first)

    assert result.runs[0]["t_end"] == result.table("rounds")["end"].to_pylist()[-1]


def test_background_traffic_ends_with_the_last_round_and_is_not_among_the_bytes(tmp_path):
    flows = csv(("src", "dst", "size", "start"), [(5, 6, "1 GB", "0 ps"), (5, 6, "1 MB", "9 s")])
    scenario = {
        "workload": "stragglers",
        "workers": 3,
        "jobs": 2,
        "delays": CONSTANT,
        "message": {"gradient": "1 MB", "model": "500 kB"},
    }
    busy = {**NETWORK, "traffic": [{"file": "f.csv"}]}

    row = simulate({**scenario, "network": busy}, {"f.csv": flows}).runs[0]

    calm = simulate({**scenario, "network": NETWORK}).runs[0]
    # Other hosts' traffic shares no link with the workers'.
    assert row["t_end"] == calm["t_end"]
    assert row["bytes"] == calm["bytes"] == 2 * 3 * 1_500_000


def test_two_runs_are_equal_to_the_last_byte():
    more: dict[str, Any] = {"delays": {"kind": "sticky"}, "code": {"scheme": "gc", "s": 2}}

    first, second = (_run(workers=7, jobs=10, **more) for _ in range(2))

    assert first.table("rounds").equals(second.table("rounds"))
    assert first.table("worker_rounds").equals(second.table("worker_rounds"))


def test_stragglers_results_are_given_up_and_cancelled():
    more: dict[str, Any] = {
        "delays": {"kind": "fixed_slow", "base": CONSTANT, "workers": [2], "factor": 1000.0},
        "code": {"scheme": "gc", "s": 1},
        "wait": {"stop": "first_decodable"},
    }

    result = _run(workers=4, jobs=3, **more)

    rows = result.table("worker_rounds").to_pandas()
    assert rows[rows.straggler].worker.unique().tolist() == [2]
    assert result.table("rounds")["duration"].to_numpy().max() < 0.02


def test_a_worker_that_never_answers_ends_the_run_where_it_is_needed():
    # One spine, and worker 3 on the other leaf behind a link that is down.
    cut = {**TOPOLOGY, "overrides": [{"link": "host3-leaf0", "up": False}]}

    with pytest.raises(SimulationError, match="cannot decode without worker 3"):
        _run(workers=5, jobs=1, network={**NETWORK, "topology": cut})


def test_a_network_without_a_host_for_the_master_is_refused():
    with pytest.raises(ScenarioError, match="8 workers and a master need 9 hosts"):
        _run(workers=8)


def test_a_result_of_more_packets_than_a_flow_may_have_is_refused():
    with pytest.raises(
        ScenarioError, match=r"(?s)too large for one transfer.*at most 16,777,216,000 B"
    ):
        _run(workers=3, message={"gradient": "69 GB", "model": "1 MB"})


def test_given_finish_times_leave_nothing_for_a_network(tmp_path):
    text = csv(("round", "worker", "finish"), [(0, 0, 1)])
    scenario = {
        "workload": "stragglers",
        "workers": 1,
        "jobs": 1,
        "delays": {"kind": "matrix", "file": "m.csv"},
        "network": NETWORK,
    }

    with pytest.raises(ScenarioError, match="leave nothing for a network to do"):
        simulate(scenario, {"m.csv": text})
