"""A figure of runs is a picture, the same for equal results, with its data beside it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

import netsim
from netsim.cli.main import main

BASE = {
    "netsim": 1,
    "name": "coded",
    "workload": "stragglers",
    "workers": 4,
    "jobs": 6,
    "replications": 2,
    "code": {"scheme": "uncoded"},
    "delays": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    place = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        netsim.run(netsim.load(BASE), out="a")
        netsim.run(netsim.load(BASE, {"code": {"scheme": "gc", "s": 1}}), out="b")
        for name, grid in (("s", {"workers": [4, 5]}), ("many", {"workers": [*range(2, 12)]})):
            with open(f"{name}.json", "w") as file:
                json.dump(BASE | {"sweep": {"grid": grid}}, file)
            done = CliRunner().invoke(main, ["-q", "sweep", f"{name}.json", "-o", name, "-j", "1"])
            assert done.exit_code == 0, done.output
    return place


@pytest.fixture
def command(results, monkeypatch):
    monkeypatch.chdir(results)
    return lambda *words: CliRunner().invoke(main, ["plot", *words])


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_equal_results_give_equal_pictures_of_each_kind(command, results, suffix):
    for name in ("one", "two"):
        assert command("a", "b", "round_durations", "-o", f"{name}.{suffix}").exit_code == 0

    one, two = ((results / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two
    assert len(one) > 1000


def test_the_data_of_a_figure_are_what_the_tables_hold(command):
    printed = command("a", "round_durations", "--data", "-o", "d.png").stdout

    rows = list(csv.DictReader(io.StringIO(printed)))
    durations = sorted(netsim.open("a").table("rounds")["duration"].to_pylist())
    drawn = sorted({float(row["duration"]) for row in rows if float(row["share"]) > 0})
    assert drawn == pytest.approx(sorted(set(durations)))


def test_a_point_of_a_sweep_is_a_curve_by_its_values(command):
    printed = command("s", "round_durations", "--data", "-o", "d.png").stdout
    alone = command(
        "s", "round_durations", "--data", "-o", "d.png", "--where", "workers=5"
    ).stdout  # fmt: skip

    assert {row["run"] for row in csv.DictReader(io.StringIO(printed))} == {
        "workers=4",
        "workers=5",
    }
    assert {row["run"] for row in csv.DictReader(io.StringIO(alone))} == {"workers=5"}


WRONG = {
    "an unknown figure": (
        ("a", "round_duration"),
        "error: there is no figure 'round_duration'; did you mean 'round_durations'?\n",
    ),
    "of another workload": (
        ("a", "completion_times"),
        "error: figure 'completion_times' is of workload fabric, and a of stragglers; its figures: "
        "finished_jobs, round_durations, worker_map\n",
    ),
    "without its table": (
        ("a", "worker_map"),
        "error: figure 'worker_map' is drawn from table worker_rounds, which a does not have; run "
        "it with --set record.tables=[worker_rounds]\n",
    ),
    "no picture": (
        ("a", "round_durations", "-o", "x.gif"),
        "error: 'x.gif' is no picture by its suffix; known: .png, .pdf, .svg\n",
    ),
    "too many curves": (
        ("many", "round_durations"),
        "error: 10 curves are more than the 8 that colours tell apart; choose points with --where "
        "PATH=VALUE\n",
    ),
    "a condition without a value": (
        ("s", "round_durations", "--where", "workers"),
        "error: 'workers' is not PATH=VALUE, such as routing.policy=rps\n",
    ),
    "a field that is not swept": (
        ("s", "round_durations", "--where", "workrs=4"),
        "error: 'workrs' is not swept here; did you mean 'workers'?\n",
    ),
    "a directory that is not there": (("none", "round_durations"), "error: no directory none"),
}


@pytest.mark.parametrize(("words", "text"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_drawn_is_told_with_a_remedy(command, words, text):
    done = command(*words)

    assert done.exit_code == 2
    assert text in done.stderr
