"""A scenario is a value: given as a mapping, equal, pickled, resolved under many overrides."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import subprocess
import sys
from pathlib import PurePosixPath

import numpy as np
import pytest
import yaml_text

from netsim.errors import ScenarioError
from netsim.scenario import check, load, parse, written

FABRIC = {
    "netsim": 1,
    "name": "two_by_two",
    "workload": "fabric",
    "topology": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 2,
        "hosts_per_leaf": 2,
        "host_link": {"rate": "100 Gbps", "delay": "1 us"},
    },
    "routing": {"policy": "rps"},
    "transport": {"kind": "fixed_window"},
    "traffic": [{"pattern": "permutation", "size": "64 kB"}],
}


def changed(**fields):
    return copy.deepcopy(FABRIC) | fields


def refusal(mapping, **more):
    with pytest.raises(ScenarioError) as raised:
        load(mapping, **more)
    return str(raised.value)


def test_a_mapping_is_the_same_scenario_as_the_file_that_says_it(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(yaml_text.block(FABRIC))

    scenario = load(FABRIC)

    assert scenario == load(path)
    assert scenario.hash == load(path).hash
    assert hash(scenario) == hash(load(path))
    assert scenario != load(changed(seed=2))


def test_a_mapping_without_a_name_is_called_scenario():
    nameless = {key: value for key, value in FABRIC.items() if key != "name"}

    assert load(nameless).name == "scenario"
    assert load(nameless).hash == load(FABRIC).hash


@pytest.mark.parametrize(
    "text", ["", 'a\nb\t"c" \\', "\x7f\x85\u2028\ufeff\uffff", "\0\x1b", "\U0001f600"]
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_the_recorded_text_of_a_mapping_is_the_same_scenario(tmp_path, text, suffix):
    scenario = load(changed(description=text))
    (tmp_path / f"s.{suffix}").write_text(scenario.text)

    again = load(tmp_path / f"s.{suffix}")

    assert again == scenario
    assert again.model.description == text


def test_what_numpy_and_paths_hold_is_taken_as_plain_values(tmp_path):
    (tmp_path / "flows.csv").write_text("src,dst,size,start\n0,2,1 MB,0\n")
    of_arrays = changed(
        seed=np.int64(5), traffic=({"file": PurePosixPath("flows.csv")},), replications=np.int32(2)
    )
    plain = changed(seed=5, traffic=[{"file": "flows.csv"}], replications=2)

    assert load(of_arrays, folder=tmp_path) == load(plain, folder=tmp_path)


def test_data_files_of_a_mapping_lie_in_the_folder_that_is_named(tmp_path):
    (tmp_path / "flows.csv").write_text("src,dst,size,start\n0,2,1 MB,0\n")
    given = changed(traffic=[{"file": "flows.csv"}])

    assert [file.path for file in load(given, folder=tmp_path).inputs] == [tmp_path / "flows.csv"]
    assert "there is no file 'flows.csv'" in refusal(given)


def test_a_mapping_is_not_changed_by_being_read():
    given = copy.deepcopy(FABRIC)

    load(given, {"topology.spines": 4})

    assert given == FABRIC


def cycle():
    inner = copy.deepcopy(FABRIC["topology"])
    inner["host_link"]["rate"] = inner
    return changed(topology=inner)


def endless():
    items = []
    items.extend([items] * 100)
    return changed(traffic=items)


def deep():
    value = "x"
    for _ in range(60):
        value = [value]
    return changed(description=value)


BAD = {
    "topology.leafs: error[unknown-field]: 'leafs' is not a field of topology 'leaf_spine'\n"
    "    | leafs: 4\n"
    "    | ^^^^^ did you mean 'leaves'?": changed(
        topology={**FABRIC["topology"], "leafs": 4},
    ),
    "traffic[0].size: error[bad-unit]: 10 has no unit\n    | size: 10\n    |       ^^": changed(
        traffic=[{"pattern": "permutation", "size": 10}]
    ),
    "scenario: error[missing-field]: the scenario needs 'traffic'": {
        key: value for key, value in FABRIC.items() if key != "traffic"
    },
    "seed: error[out-of-range]: nan is not a number that can be simulated": changed(seed=math.nan),
    "until: error[out-of-range]: inf is not a number": changed(until=np.inf),
    "seed: error[out-of-range]: the whole number 18446744073709551616 is too": changed(seed=2**64),
    "routing: error[bad-type]: an object of type set cannot stand in a scenario": changed(
        routing={"policy", "rps"}
    ),
    "name: error[bad-type]: an object of type bytes cannot stand": changed(name=b"name"),
    "queue: error[bad-type]: a key must be a text, not 1": changed(queue={1: 2}),
    "name: error[bad-value]: half of a surrogate pair is no character": changed(name="\ud800"),
    "topology.host_link.rate: error[bad-type]: a mapping that contains itself": cycle(),
    "traffic[0]: error[bad-type]: a list that contains itself": endless(),
    "error[too-large]: lists and mappings may be nested 40 deep at most": deep(),
    "error[too-large]: the value holds more than 100,000 values": changed(
        description=list(range(200_000))
    ),
    "include: error[bad-value]: 'include' can only stand in a file": changed(include="base.yaml"),
}


@pytest.mark.parametrize("said", BAD)
def test_what_is_wrong_with_a_mapping_is_told_by_the_path_of_its_keys(said):
    text = refusal(BAD[said])

    assert said in text
    assert text.splitlines()[-1].endswith("in the mapping")


def test_a_value_that_cannot_be_read_is_told_once():
    _, found = check(changed(seed=math.nan))

    assert [(str(one.span), one.code) for one in found] == [("seed", "out-of-range")]


def test_all_mistakes_of_a_mapping_are_told_in_its_order():
    _, found = check(changed(seed=-1, routing={"policy": "stirpe"}, traffic=[]))

    assert [str(one.span) for one in found] == ["routing.policy", "traffic", "seed"]


def test_an_override_of_a_mapping_is_told_by_its_path_alone():
    text = refusal(FABRIC, overrides={"topology.leafs": 4})

    assert text.startswith("topology.leafs: error[unknown-field]")


def test_the_objects_of_overrides_are_held_to_the_same_rules():
    assert "error[bad-override]: a list that contains itself" in refusal(
        FABRIC, overrides={"traffic": endless()["traffic"]}
    )
    assert "error[bad-override]: an object of type set" in refusal(FABRIC, overrides={"seed": {1}})


def test_a_scenario_is_shown_in_one_line():
    scenario = load(changed(seed=3, replications=4))

    assert repr(scenario) == f"<Scenario two_by_two: fabric, seed 3 x 4, hash {scenario.point}>"


# -- parsed once, resolved often


def test_resolving_equals_loading_with_the_same_overrides(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(yaml_text.block(FABRIC))
    points = [{"routing.policy": "ecmp"}, {"topology.spines": 4, "seed": 2}, ["seed=3"], {}]

    scenario = load(path)

    for overrides in points:
        assert scenario.resolve(overrides) == load(path, overrides)


def test_overrides_lie_on_top_of_those_before_them():
    scenario = load(FABRIC, {"topology.spines": 4})

    assert scenario.resolve({"seed": 9}) == load(FABRIC, {"topology.spines": 4, "seed": 9})
    assert scenario.with_(seed=9).resolve({"topology.spines": 1}) == load(
        FABRIC, {"topology.spines": 1, "seed": 9}
    )


def test_a_field_that_belongs_to_the_old_choice_is_left_behind_by_a_new_one():
    # What is resolved holds the defaults of `ops`; what is written does not.
    scenario = load(changed(routing={"policy": "ops"}))

    assert scenario.resolve({"routing.policy": "ecmp"}) == load(changed(routing={"policy": "ecmp"}))


def test_a_wrong_point_is_told_and_leaves_the_next_one_alone(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(yaml_text.block(FABRIC))
    scenario = load(path)

    with pytest.raises(ScenarioError, match=r"routing\.polcy: error"):
        scenario.resolve({"routing.polcy": "rps"})

    assert scenario.resolve({}) == scenario


def test_what_is_wrong_by_itself_may_be_right_in_every_point(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(yaml_text.block({key: FABRIC[key] for key in FABRIC if key != "routing"}))
    half = parse(path)

    assert half.resolve({"routing.policy": "rps"}) == load(FABRIC)
    assert half.check({"topology.spines": 0})[0] is None


def test_many_points_do_not_use_up_what_one_scenario_may_hold(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(yaml_text.block(FABRIC))
    scenario = load(path)

    for seed in range(60):
        scenario.resolve([f"description={'x' * 2000}", f"seed={seed}"])


# -- pickled


@pytest.fixture
def on_disk(tmp_path):
    """A scenario in a file that includes another one from a folder below, with a data file."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "flows.csv").write_text("src,dst,size,start\n0,2,1 MB,0\n1,3,2 MB,0\n")
    base = changed(traffic=[{"file": "flows.csv"}])
    (tmp_path / "below" / "base.yaml").write_text(yaml_text.block(base))
    (tmp_path / "top.yaml").write_text("include: below/base.yaml\nseed: 4\n")
    return tmp_path / "top.yaml"


def test_a_scenario_comes_back_from_a_pickle_equal_and_with_the_same_hash(on_disk):
    for scenario in (load(on_disk), load(FABRIC), load(on_disk).with_(seed=7, replications=3)):
        again = pickle.loads(pickle.dumps(scenario))

        assert again == scenario
        assert again.hash == scenario.hash
        assert again.inputs == scenario.inputs
        assert again.text == scenario.text
        assert again.resolve({"seed": 8}) == scenario.resolve({"seed": 8})
        assert copy.deepcopy(scenario) == scenario


def test_a_pickle_holds_what_is_written_and_no_models():
    content = pickle.dumps(load(FABRIC))

    assert b"pydantic" not in content
    assert b"netsim.fabric" not in content


RUN = """
import pickle, sys
import netsim
scenario = pickle.loads(sys.stdin.buffer.read())
netsim.run(scenario, out=sys.argv[1])
"""


def test_a_pickled_scenario_gives_the_same_bytes_in_another_process(on_disk, tmp_path):
    import netsim

    scenario = load(on_disk).with_(replications=2)
    netsim.run(scenario, out=tmp_path / "here")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "there")],
        input=pickle.dumps(scenario),
        cwd=elsewhere,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        check=True,
    )

    for table in ("runs", "flows", "link_totals"):
        name = f"tables/{table}.parquet"
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_a_pickle_of_another_version_is_refused_with_both_named(monkeypatch):
    monkeypatch.setattr(written, "_MADE_BY", "netsim 9.9 (results version 99)")
    content = pickle.dumps(load(FABRIC))
    monkeypatch.undo()

    with pytest.raises(ScenarioError) as raised:
        pickle.loads(content)

    assert "was pickled by netsim 9.9 (results version 99), and this is netsim " in str(
        raised.value
    )


def test_a_pickle_whose_data_file_has_changed_is_refused(on_disk):
    content = pickle.dumps(load(on_disk))
    (on_disk.parent / "below" / "flows.csv").write_text("src,dst,size,start\n0,2,3 MB,0\n")

    with pytest.raises(ScenarioError, match="is not what it was when it was pickled"):
        pickle.loads(content)


def test_a_pickle_whose_data_file_is_gone_says_which(on_disk):
    content = pickle.dumps(load(on_disk))
    (on_disk.parent / "below" / "flows.csv").unlink()

    with pytest.raises(ScenarioError, match=r"there is no file 'flows\.csv'"):
        pickle.loads(content)
    assert json.loads(load(FABRIC).text) == FABRIC
