"""Each warning fires in a scenario that misleads, and not in its twin, changed as it advises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.warnings import CODES, Caution, one_a_code

ROOT = Path(__file__).parents[3]

BASE = {
    "netsim": 1,
    "name": "small",
    "workload": "fabric",
    "topology": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 2,
        "hosts_per_leaf": 2,
        "host_link": {"rate": "100 Gbps", "delay": "500 ns"},
    },
    "traffic": [{"pattern": "permutation", "size": "20 kB"}],
}
CODED = {
    "netsim": 1,
    "name": "coded",
    "workload": "stragglers",
    "workers": 4,
    "jobs": 2,
    "code": {"scheme": "uncoded"},
    "delays": {
        "kind": "independent",
        "law": {"dist": "constant", "value": "1 s"},
    },
}
PEERS = {
    "netsim": 1,
    "name": "peers",
    "workload": "decentralized",
    "nodes": 3,
    "topology": {"kind": "ring"},
    "data": {"sizes": [1, 2, 3]},
    "model": {"kind": "quadratic", "h": 1, "c": 0, "x0": 1},
    "rounds": 2,
}
REPEATERS = {
    "netsim": 1,
    "name": "repeaters",
    "workload": "quantum",
    "chain": {"routers": 2, "segment": "10 km"},
    "request": {"end": "1 ms"},
}
#: A 50 kB queue behind a 10:1 incast: some packets must be dropped.
SHALLOW = {"queue.capacity": "30 kB", "queue.kind": "drop_tail"}
FAR = [{"link": "host3-leaf1", "delay": "50 us"}]
ECN = {"queue": {"kind": "drop_tail", "capacity": "100 kB", "ecn": {"kmin": "100 kB"}}}
A2A = [{"pattern": "all_to_all", "size": "20 kB"}]
INCAST = [{"pattern": "incast", "fan_in": 3, "size": "400 kB", "receiver": 0}]

#: What is known before a run: code, base, what misleads, and what the advice changes of it.
BEFORE = [
    (
        "reorder-as-loss",
        BASE,
        {"routing": {"policy": "rps"}, "transport": {"kind": "dctcp"}},
        {"transport.dup_threshold": 0},
    ),
    (
        "reorder-as-loss",
        BASE,
        {"routing": {"policy": "stripe"}, "transport": {"kind": "dctcp", "dup_threshold": 9}},
        {"routing": {"policy": "ecmp"}},
    ),
    (
        "warmup",
        BASE,
        {"until": "1 us", "record": {"warmup": "1 us"}},
        {"until": "2 us"},
    ),
    (
        "empty-table",
        CODED,
        {"code": {"scheme": "async_sgd"}, "record": {"tables": ["worker_rounds", "tasks"]}},
        {"record.tables": ["gradients"]},
    ),
    (
        "empty-table",
        CODED,
        {"record": {"tables": ["selection"]}},
        {"record.tables": ["worker_rounds", "tasks"]},
    ),
    (
        "empty-table",
        BASE,
        {"fidelity": "ideal", "record": {"tables": ["packets"]}},
        {"fidelity": "packet"},
    ),
    (
        "empty-table",
        PEERS,
        {"record": {"tables": ["vectors"]}},
        {"record.vectors": [0]},
    ),
    (
        "empty-table",
        REPEATERS,
        {"record": {"tables": ["ghz"]}},
        {"record.tables": []},
    ),
    ("odd-host", BASE, {"topology.overrides": FAR}, SHALLOW),
    ("all-at-once", BASE, {"traffic": A2A}, {"traffic[0].step": "5 us"}),
    ("ecn-above-capacity", BASE, ECN, {"queue.ecn.kmin": "90 kB"}),
]

#: What shows in the rows of a run.
AFTER = [
    ("warmup", {"record": {"warmup": "1 ms"}}, {"record.warmup": "0 s"}),
    ("unfinished", {"until": "2 us"}, {"until": "1 ms"}),
    ("drops", {"traffic": INCAST, **SHALLOW}, {"queue.capacity": "10 MB"}),
]


def codes(cautions):
    return [one.code for one in cautions]


def given(base, *changes):
    return netsim.load(base, {key: value for change in changes for key, value in change.items()})


@pytest.mark.parametrize(("code", "base", "misleading", "advice"), BEFORE)
def test_what_misleads_is_known_before_the_run_and_gone_once_the_advice_is_followed(
    code, base, misleading, advice
):
    scenario = given(base, misleading)

    assert codes(scenario.warnings) == [code]
    assert code not in codes(scenario.resolve(advice).warnings)


@pytest.mark.parametrize(("code", "misleading", "advice"), AFTER)
def test_what_misleads_shows_in_the_results_and_is_gone_once_the_advice_is_followed(
    code, misleading, advice
):
    scenario = given(BASE, misleading)

    assert codes(scenario.warnings) == []
    assert codes(netsim.run(scenario).warnings) == [code]
    assert code not in codes(netsim.run(scenario.resolve(advice)).warnings)


def test_every_code_fires_in_some_scenario():
    assert {code for code, *_ in (*BEFORE, *AFTER)} == set(CODES)


def test_speculative_copies_say_that_tables_of_rounds_stay_empty():
    code = {"code": {"scheme": "speculative"}, "record": {"tables": ["worker_rounds", "tasks"]}}
    scenario = given(CODED, code)

    (warning,) = scenario.warnings
    result = netsim.run(scenario)

    assert warning.code == "empty-table"
    assert "worker_rounds, tasks" in warning.message
    assert result.table("worker_rounds").num_rows == result.table("tasks").num_rows == 0


@pytest.mark.parametrize("scheme", ["uncoded", "async_sgd"])
@pytest.mark.parametrize("table", ["worker_rounds", "tasks", "gradients"])
def test_a_table_is_said_to_stay_empty_exactly_if_it_has_no_rows(scheme, table):
    scenario = given(CODED, {"code": {"scheme": scheme}, "record": {"tables": [table]}})

    empty = netsim.run(scenario).table(table).num_rows == 0

    assert ("empty-table" in codes(scenario.warnings)) == empty


def test_an_idle_host_far_away_sets_no_default_and_is_no_odd_host(tmp_path):
    # Host 3 is far away, and neither sends nor receives.
    (tmp_path / "flows.csv").write_text("src,dst,size,start\n0,1,20 kB,0 s\n2,0,20 kB,0 s\n")
    changes = {"topology.overrides": FAR, "traffic": [{"file": "flows.csv"}]}
    scenario = netsim.load(BASE, changes, folder=tmp_path)

    assert codes(scenario.warnings) == []


def test_the_page_of_warnings_explains_every_code_and_no_other():
    page = (ROOT / "docs" / "warnings.md").read_text(encoding="utf-8")

    assert re.findall(r"^## `([a-z-]+)`", page, re.MULTILINE) == list(CODES)


def test_several_warnings_of_a_code_are_one_line_that_counts_the_others():
    found = one_a_code([Caution("drops", "one"), Caution("warmup", "w"), Caution("drops", "two")])

    assert found == (Caution("drops", "one (1 more)"), Caution("warmup", "w"))


@pytest.fixture
def bursts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a2a.json").write_text(json.dumps({**BASE, "traffic": A2A}))
    return Path("a2a.json")


def command(*words):
    return CliRunner().invoke(main, words)


def test_a_run_prints_warnings_on_standard_error_and_counts_them_in_its_last_line(bursts):
    done = command("run", str(bursts), "-o", "out")

    assert done.exit_code == 0
    assert re.search(r"^warning\[all-at-once\]: traffic\[0\]: ", done.stderr, re.MULTILINE)
    assert "warning" not in "".join(done.stdout.splitlines()[:-1])
    assert ", 1 warning   try:" in done.stdout.splitlines()[-1]


def test_a_quiet_run_prints_no_warning_and_keeps_it(bursts):
    done = command("-q", "run", str(bursts), "-o", "out")

    assert "warning[" not in done.output
    assert json.loads(Path("out/manifest.json").read_text())["warnings"][0]["code"] == "all-at-once"


def test_programs_get_warnings_as_a_list(bursts):
    ran = json.loads(command("run", str(bursts), "-o", "out", "--json").stdout)
    planned = json.loads(command("run", str(bursts), "-o", "new", "--dry-run", "--json").stdout)
    judged = json.loads(command("validate", str(bursts), "--json").stdout)[0]

    for facts in (ran, planned, judged):
        assert [(one["code"], one["at"]) for one in facts["warnings"]] == [
            ("all-at-once", "traffic[0]")
        ]


def test_validate_prints_warnings_and_counts_them(bursts):
    done = command("validate", str(bursts))

    assert done.stdout == "a2a.json: ok, 1 warning\n"
    assert done.stderr.startswith("warning[all-at-once]: traffic[0]: ")


def test_a_finished_run_shows_its_warnings_again(bursts):
    command("run", str(bursts), "-o", "out")

    assert "warning[all-at-once]: traffic[0]: " in command("describe", "out").stdout
