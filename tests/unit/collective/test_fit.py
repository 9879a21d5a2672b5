"""Networks fitted to measured times: those of machines, and those of netsim itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from netsim.cli.main import main
from netsim.collective.fitted import network_of
from netsim.collective.fitting import fit, left_out_error, mean_error
from netsim.collective.measured import read_measured
from netsim.problems import ProblemsFound
from netsim.verify.scenarios import simulate

FOLDER = Path(__file__).parent / "nccl_tests"
LOGS = sorted(path.name for path in FOLDER.glob("*.csv"))

PRINTED = """# nThread 1 nGpus 2 minBytes 8 maxBytes 134217728 step: 2(factor)
# Using devices
#  Rank  0 Group  0 Pid  1 on    host device  0 [0x01] A
#  Rank  1 Group  0 Pid  1 on    host device  1 [0x02] B
#
#  out-of-place  in-place
#  size  count  type  redop  root  time  algbw  busbw #wrong  time  algbw  busbw #wrong
#  (B)  (elements)  (us)  (GB/s)  (GB/s)  (us)  (GB/s)  (GB/s)
  0  0  float  sum  -1  9.10  0.00  0.00  0  9.20  0.00  0.00  0
  1024  256  float  sum  -1  10.00  0.10  0.10  0  11.00  0.09  0.09  0
  2048  512  float  sum  -1  10.50  0.20  0.20  0  11.50  0.18  0.18  0
  4096  1024  float  sum  -1  11.50  0.36  0.36  0  12.50  0.33  0.33  0
# Out of bounds values : 0 OK
# Avg bus bandwidth  : 0.2
"""


@pytest.mark.parametrize("log", LOGS)
def test_sizes_that_are_left_out_are_predicted_within_eight_per_cent(log: str):
    known = read_measured(FOLDER / log)
    assert left_out_error(known.size, known.time) < 0.08
    # The other half, from which the first size has to be guessed, too.
    kept = np.arange(len(known.size)) % 2 == 1
    model = fit(known.size[kept], known.time[kept]).time(known.size[~kept])
    assert mean_error(known.time[~kept], model) < 0.08


def test_a_curve_of_netsim_is_fitted_back_to_its_parameters():
    sizes = 2.0 ** np.arange(10, 28, 2)
    times = [
        simulate(
            {
                "workload": "collective",
                "topology": {"kind": "ideal", "ranks": 8, "latency": "3 us", "rate": "40 GB/s"},
                "collective": {"op": "all_reduce", "algorithm": "ring", "size": f"{size:.0f} B"},
            }
        )
        .table("collectives")["completion_time"][0]
        .as_py()
        for size in sizes
    ]
    found = fit(sizes, np.array(times))
    assert len(found.regimes) == 1
    latency, rate = network_of(found.regimes[0], "all_reduce", 8)
    assert latency == pytest.approx(3e6, rel=0.01)
    assert rate == pytest.approx(40e9 * 8, rel=0.01)


def test_changes_of_the_algorithm_are_found_and_noise_is_none():
    sizes = 2.0 ** np.arange(8, 30)
    two = np.where(sizes < 2**18, 10e-6 + sizes / 1e9, 60e-6 + sizes / 20e9)
    found = fit(sizes, two)
    assert [one.first for one in found.regimes] == [2**8, 2**18]
    assert found.regimes[1].byte_time == pytest.approx(1 / 20e9)

    rng = np.random.default_rng(3)
    regimes = [
        len(fit(sizes, (20e-6 + sizes / 10e9) * np.exp(0.03 * rng.normal(size=22))).regimes)
        for _ in range(20)
    ]
    assert sum(number > 1 for number in regimes) <= 2


def test_what_nccl_tests_print_is_read(tmp_path):
    log = tmp_path / "all_reduce_perf.txt"
    log.write_text(PRINTED)
    known = read_measured(log)
    assert known.ranks == 2
    assert known.size.tolist() == [1024, 2048, 4096]
    assert known.time.tolist() == pytest.approx([10e-6, 10.5e-6, 11.5e-6])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a,b\n1,2\n", 1, "neither the output of nccl-tests nor a table"),
        ("", 1, "neither the output of nccl-tests nor a table"),
        ("size,time_us\n8,abc\n16,1\n", 2, "'abc' is no time"),
        ("size,time_us\n8,1\n16,-1\n", 3, "above 0"),
        ("size,time_us\n8,1\n16\n", 3, "ends before its time"),
        ("size,time_us\n8,1\n16,2\n", 0, "fewer than three sizes"),
    ],
)
def test_a_file_of_something_else_is_told_with_its_line(tmp_path, text, line, said):
    log = tmp_path / "times.csv"
    log.write_text(text)
    with pytest.raises(ProblemsFound) as found:
        read_measured(log)
    assert said in str(found.value)
    assert found.value.problems[0].line == line


def test_the_command_writes_a_scenario_that_plays_the_measured_sizes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = str(FOLDER / LOGS[0])
    shown = CliRunner().invoke(main, ["fit", log, "--ranks", "16", "--json"])
    assert shown.exit_code == 0, shown.output
    facts = json.loads(shown.stdout)
    assert facts["left_out_error"] < 0.08
    assert len(facts["regimes"]) == 4

    again = CliRunner().invoke(main, ["fit", log, "--ranks", "16"])
    assert again.exit_code == 5
    assert "fitted.yaml is already there" in again.output

    played = CliRunner().invoke(main, ["sweep", "fitted.yaml", "-o", "out", "-j", "1"])
    assert played.exit_code == 0, played.output
    import netsim

    rows = netsim.open(tmp_path / "out").table("collectives").to_pylist()
    known = read_measured(FOLDER / LOGS[0])
    model = fit(known.size, known.time).time(known.size)
    assert [row["completion_time"] for row in rows] == pytest.approx(model.tolist(), rel=1e-6)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere.csv"], 3, "does not exist"),
        ([str(FOLDER / LOGS[1])], 2, "does not say how many ranks took part: add --ranks N"),
        ([str(FOLDER / LOGS[1]), "--ranks", "2", "--op", "al_reduce"], 2, "did you mean"),
        ([str(FOLDER / LOGS[1]), "--ranks", "2", "--figure", "x.jpeg"], 2, "ends in none of"),
    ],
)
def test_mistakes_are_told(tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(main, ["fit", *words])
    assert shown.exit_code == code
    assert said in shown.output
    assert not list(tmp_path.iterdir())


def test_figures_of_collectives_show_their_numbers(tmp_path):
    from netsim.figures.collective import bus_bandwidth, measured_and_modelled
    from netsim.figures.page import page

    found = simulate(
        {
            "workload": "collective",
            "topology": {"kind": "ideal", "ranks": 8, "latency": "1 us", "rate": "50 GB/s"},
            "collective": {"op": "all_reduce", "algorithm": "ring", "size": "1 MB"},
        }
    )
    known = read_measured(FOLDER / LOGS[1])
    with page(tmp_path / "figure.svg", panels=2) as (left, right):
        drawn = bus_bandwidth(left, {"run": found})
        fitted = measured_and_modelled(right, known.size, known.time, known.time)
    assert drawn["bus_bandwidth"][0] < drawn["bound"][0]
    assert drawn["bound"][0] == pytest.approx(2 * 7 / 8 * 1e6 / (1e-6 + 2 * 7 / 8 * 1e6 / 50e9))
    assert (fitted["measured"] == known.time).all()
