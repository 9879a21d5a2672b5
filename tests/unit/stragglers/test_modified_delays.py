"""Times from a file keep their sense where another process modifies them."""

from __future__ import annotations

import pytest

from netsim.scenario import check, load
from netsim.simulate import run

HEAD = """\
netsim: 1
workload: stragglers
workers: 4
jobs: 2
compute: {per_load: 2 s}
"""
# Slowest workers: 3 s, then 2 s.
CELLS = [(0, 0, 1), (0, 1, 3), (0, 2, 2), (0, 3, 1), (1, 0, 2), (1, 1, 1), (1, 2, 2), (1, 3, 1)]
TRACE = "load,round,worker,seconds\n" + "".join(f"0.5,{r},{w},{s}\n" for r, w, s in CELLS)
MATRIX = "round,worker,finish\n" + "".join(f"{r},{w},{s}\n" for r, w, s in CELLS)
FILES = {
    "trace": "{kind: trace, file: data.csv, rounds: replay}",
    "matrix": "{kind: matrix, file: data.csv}",
}
WRAPPED = {
    "alone": "{base}",
    "outlier": "{{kind: outlier, probability: 0, base: {base}}}",
    "fixed_slow": "{{kind: fixed_slow, base: {base}}}",
    "round_shock": "{{kind: round_shock, probability: 0, base: {base}}}",
    "rack_shock": "{{kind: rack_shock, probability: 0, base: {base}}}",
    "bernoulli_slowdown": "{{kind: bernoulli_slowdown, probability: 0, base: {base}}}",
    "twice": "{{kind: fixed_slow, base: {{kind: outlier, probability: 0, base: {base}}}}}",
}


def scenario(folder, source, wrapped, more=""):
    (folder / "data.csv").write_text(TRACE if source == "trace" else MATRIX)
    path = folder / "scenario.yaml"
    path.write_text(f"{HEAD}delays: {WRAPPED[wrapped].format(base=FILES[source])}\n{more}")
    return path


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_the_load_at_which_a_trace_was_measured_is_taken_off(tmp_path, wrapped):
    result = run(load(scenario(tmp_path, "trace", wrapped)))

    # Uncoded, a worker has a quarter of the data and was measured at a half: 0.5 s less.
    assert result.table("rounds")["duration"].to_pylist() == [2.5, 1.5]


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_given_finish_times_are_added_nothing(tmp_path, wrapped):
    result = run(load(scenario(tmp_path, "matrix", wrapped, "decode_time: 1 s\n")))

    assert result.table("rounds")["duration"].to_pylist() == [3.0, 2.0]


def test_a_slow_down_multiplies_what_was_measured(tmp_path):
    path = scenario(tmp_path, "trace", "fixed_slow", "")

    result = run(load(path, ["delays.workers=[1]", "delays.factor=3"]))

    # Worker 1 takes 9 s and 3 s at the measured load, and half a second less at its own.
    assert result.table("rounds")["duration"].to_pylist() == [8.5, 2.5]


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_given_finish_times_leave_nothing_to_a_network(tmp_path, wrapped):
    link = "{rate: 10 Gbps, delay: 1 us}"
    topology = f"{{kind: leaf_spine, leaves: 1, spines: 1, hosts_per_leaf: 5, host_link: {link}}}"
    path = scenario(tmp_path, "matrix", wrapped, f"network: {{topology: {topology}}}\n")

    assert [problem.code for problem in check(path, ())[1]] == ["unsatisfiable"]


def test_the_file_of_a_law_is_checked_with_the_scenario(tmp_path):
    (tmp_path / "times.csv").write_text("round,seconds\n0,1\n1,-2\n")
    path = tmp_path / "scenario.yaml"
    path.write_text(f"{HEAD}delays: {{kind: outlier, law: {{file: times.csv}}}}\n")

    (found,) = check(path, ())[1]

    assert found.message == "seconds: '-2' is not a number of seconds from 0 to 53 days, or inf"
    assert found.span.source.name.endswith("times.csv")
    assert (found.span.line, found.span.column) == (3, 3)
