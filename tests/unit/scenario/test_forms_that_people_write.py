"""Forms that are accepted because people write them, and those that are understood and refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import netsim
from netsim.errors import ScenarioError
from netsim.fabric.sizes.empirical import read_cumulative

SCENARIO = {
    "netsim": 1,
    "name": "s",
    "workload": "fabric",
    "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
    "traffic": [{"pattern": "random_pairs", "load": 0.5, "duration": "1 ms", "size": "1 MB"}],
}


def test_an_amount_stands_for_the_constant_size():
    spelled_out = {"traffic[0].size": {"dist": "constant", "size": "1 MB"}}

    assert netsim.load(SCENARIO) == netsim.load(SCENARIO, spelled_out)


def test_shares_in_per_cent_with_their_sign_are_the_same_distribution(tmp_path):
    plain, signed = tmp_path / "plain.csv", tmp_path / "signed.csv"
    plain.write_text("size,share\n0,0\n100,0.5\n200,1\n")
    signed.write_text("size,share\n0,0%\n100,50 %\n200,100%\n  ,\n")

    # Half of the flows is uniform up to 100 B, half from there to 200 B.
    assert read_cumulative(plain) == read_cumulative(signed)
    assert read_cumulative(signed).mean() == pytest.approx(100)


@pytest.mark.parametrize("size", ["1_000", "\uff11\uff10"])
def test_sizes_are_numbers_in_ascii_digits(tmp_path, size):
    (tmp_path / "sizes.csv").write_text(f"size,share\n{size},1\n")
    change = {"traffic[0].size": {"dist": "empirical", "file": "sizes.csv"}}

    with pytest.raises(ScenarioError, match="is no point"):
        netsim.load(SCENARIO, change, folder=tmp_path)


def test_published_size_distributions_give_the_mean_of_their_trapezoids(tmp_path):
    points = [(0, 0.0), (100, 0.01), (200, 0.02), (300, 0.05), (1000, 1.0)]
    (tmp_path / "sizes.csv").write_text(
        "size,share\n" + "".join(f"{size},{share}\n" for size, share in points)
    )
    sizes, shares = np.array(points).T

    by_hand = sum((shares[1:] - shares[:-1]) * (sizes[1:] + sizes[:-1]) / 2)

    assert read_cumulative(tmp_path / "sizes.csv").mean() == pytest.approx(by_hand)


@pytest.mark.parametrize("last", ["", "   ", "\t\n \n"])
def test_lines_of_blanks_in_a_flow_file_say_nothing(tmp_path, last):
    (tmp_path / "flows.csv").write_text(f"src,dst,size,start\n0,2,1 MB,0\n{last}")

    changed = netsim.load(SCENARIO, {"traffic": [{"file": "flows.csv"}]}, folder=tmp_path)

    assert changed.family.estimate(changed.model) is not None


def test_the_unnamed_index_column_of_a_data_frame_is_told_how_to_be_left_out(tmp_path):
    (tmp_path / "flows.csv").write_text(",src,dst,size,start\n0,0,2,1 MB,0\n")

    with pytest.raises(ScenarioError, match="index=False"):
        netsim.load(SCENARIO, {"traffic": [{"file": "flows.csv"}]}, folder=tmp_path)


@pytest.mark.parametrize("sign", ["\u00b5s", "\u03bcs"])
def test_either_micro_sign_is_told_to_be_us(sign):
    with pytest.raises(ScenarioError, match="did you mean 'us'"):
        netsim.load(SCENARIO, {"traffic[0].start": f"500 {sign}"})


def test_an_index_in_brackets_within_braces_is_told_how_to_be_written(tmp_path):
    (tmp_path / "s.yaml").write_text("netsim: 1\nsweep: {grid: {traffic[0].size: [1 MB, 2 MB]}}\n")

    with pytest.raises(ScenarioError) as refused:
        netsim.load(tmp_path / "s.yaml")

    (found,) = refused.value.diagnostics
    assert found.message == "'[0]' ends the key here, within braces"
    assert found.hint == "write the index with a dot (.0.), or quote the whole key"
    assert (found.span.line, found.span.column) == (2, 23)


LATE = """
import netsim
from netsim.fabric.balancing.policy import RoutingConfig
from netsim.registry import register
from netsim.scenario import json_schema

netsim.load("quickstart")
json_schema()


@register("routing", "after_ecmp")
class AfterEcmp:
    "Take the first port."

    source = "an example"

    class Config(RoutingConfig):
        "Nothing to set."

    choose = staticmethod(lambda state, packet, switch, first, n, now: first)


json_schema()
try:
    netsim.load("quickstart", {"routing.policy": "after_ecmp"})
except netsim.errors.ScenarioError as refused:
    print(refused)
"""


def test_a_name_that_is_registered_too_late_is_told_what_to_do():
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)

    assert (
        "routing policy 'after_ecmp' was registered after a scenario had been read" in done.stdout
    )
    assert "register it, or import its module, before the first netsim.load" in done.stdout
