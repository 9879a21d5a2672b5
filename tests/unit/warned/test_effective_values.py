"""What defaults come to is said with unit and rule, and is no part of a scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main
from netsim.effective import Effective

#: 4 hosts at 100 Gb/s, 500 ns a link; a packet is 4160 B on the wire, an acknowledgement 64 B.
SMALL = {
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
    "transport": {"kind": "fixed_window", "window": 2.0},
    "traffic": [{"pattern": "permutation", "size": "20 kB", "inter_leaf": True}],
}
#: Over 4 links: (332.8 ns + 500 ns) there and (5.12 ns + 500 ns) back, each way 4 times.
TRIP = 4 * (332_800 + 500_000) + 4 * (5_120 + 500_000)
#: Bytes that 100 Gb/s carry meanwhile.
PRODUCT = TRIP * 100_000_000_000 // 8_000_000_000_000


def test_queue_window_timeout_and_links_are_what_the_rules_give():
    values = netsim.load(SMALL).effective

    capacity = int(5.0 * PRODUCT)
    drain = capacity * 8_000_000_000_000 // 100_000_000_000
    packets = -(-2 * PRODUCT // 4160)
    assert {path: (value.least, value.greatest) for path, value in values.items()} == {
        "topology.fabric_link.rate": (100_000_000_000,) * 2,
        "topology.fabric_link.delay": (500_000,) * 2,
        "queue.capacity": (capacity,) * 2,
        "transport.window": (packets * 4160,) * 2,
        "transport.rto": (15_000_000 + 6 * drain,) * 2,
    }
    assert values["queue.capacity"].rule.startswith("5 BDP of the port")


def test_what_is_given_is_no_effective_value():
    given = {
        "topology.fabric_link": {"rate": "40 Gbps", "delay": "1 us"},
        "queue": {"kind": "drop_tail", "capacity": "1 MB"},
        "transport.rto": "1 ms",
    }

    assert set(netsim.load(SMALL, given).effective) == {"transport.window"}


def test_where_flows_differ_the_value_is_a_range():
    slow = {"topology.overrides": [{"link": "host0-leaf0", "rate": "10 Gbps"}]}

    window = netsim.load(SMALL, slow).effective["transport.window"]

    # A tenth of the rate and a longer trip: the window is smaller than that of the others.
    assert window.least < window.greatest
    assert isinstance(window.to_dict()["value"], list)


def test_the_marking_threshold_is_named_with_its_share():
    values = netsim.load(SMALL, {"transport": {"kind": "dctcp"}}).effective

    assert values["queue.ecn.kmin"].least == int(0.17 * PRODUCT)
    assert values["transport.max_window"].least == int(4.0 * PRODUCT / 4160 * 4160)


def test_the_values_stand_in_head_resolved_file_and_description(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.json").write_text(json.dumps(SMALL))
    run = CliRunner().invoke(main, ["run", "small.json", "-o", "out"])
    described = CliRunner().invoke(main, ["describe", "out"])
    resolved = CliRunner().invoke(main, ["validate", "--resolved", "small.json"])

    assert "  effective: topology.fabric_link.rate 100 Gbps, " in run.stdout
    kept = json.loads(Path("out/resolved.json").read_text())["effective"]
    assert kept["queue.capacity"]["value"] == f"{int(5.0 * PRODUCT)} B"
    assert "five" not in kept
    for text in (described.stdout, resolved.stdout):
        assert f"value: {int(5.0 * PRODUCT)} B" in text


def test_a_resolved_file_loads_again_as_the_same_scenario_whatever_it_says_of_defaults():
    scenario = netsim.load(SMALL)

    again = netsim.load({**scenario.resolved, "effective": {"queue.capacity": {"value": "1 B"}}})

    assert again == scenario
    assert "effective" not in again.resolved


def test_effective_as_anything_but_a_block_is_no_field():
    with pytest.raises(netsim.errors.ScenarioError, match="'effective' is not a field"):
        netsim.load({**SMALL, "effective": 3})


def test_a_value_reads_as_people_write_it():
    assert Effective(1_000, 2_000, "data", "").shown == "1 kB to 2 kB"
    assert Effective(5_000, 5_000, "time", "").to_dict()["value"] == "5000 ps"
