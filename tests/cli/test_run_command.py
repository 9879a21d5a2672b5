from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
import toy_family
from click.testing import CliRunner

from netsim.cli.main import main
from netsim.memory_limit import Allowed


@pytest.fixture(autouse=True)
def _toy():
    toy_family.install()
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
    toy_family.uninstall()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "count.yaml").write_text(
        "netsim: 1\nworkload: toy\nticks: 3\nseed: 7\nreplications: 5\n"
    )
    return tmp_path


def netsim(*words):
    return CliRunner().invoke(main, words)


def test_a_run_prints_its_head_its_summary_and_what_it_wrote(folder):
    result = netsim("run", "count.yaml")

    assert result.exit_code == 0, result.stderr
    head, cost, columns, last, wrote = result.stdout.splitlines()
    assert head == "count  toy, 3 ticks | seed 7 x 5 replications"
    assert re.fullmatch(r"  estimate each: 3 rows, \d+ MB of memory, about 0\.1 s", cost)
    assert columns.split() == ["mean", "95%", "CI", "min", "max", "unit"]
    # Three ticks of 1 us, the same in every replication.
    assert last.split() == [
        *["time", "of", "the", "last", "tick"],
        "3.000",
        "+-0.000",
        "3.000",
        "3.000",
        "us",
    ]
    assert re.fullmatch(
        r"wrote out/count-[0-9a-f]{6} \(5 runs, 3 tables, \d+\.\d kB\)"
        r"   try: netsim describe out/count-[0-9a-f]{6}",
        wrote,
    )
    assert result.stderr == ""


def test_the_chosen_directory_is_used(folder):
    assert netsim("run", "count.yaml", "-o", "here").exit_code == 0

    assert (folder / "here" / "SUCCESS").exists()


def test_too_few_replications_give_no_interval(folder):
    result = netsim("run", "count.yaml", "--replications", "4")

    assert "n<5" in result.stdout
    assert "+-" not in result.stdout


def test_overrides_seed_and_replications_change_what_is_run(folder):
    words = ("--set", "ticks=4", "--set", "every=2 us", "--seed", "9", "--replications", "1")

    result = netsim("run", "count.yaml", *words, "-o", "out")

    assert result.stdout.startswith("count  toy, 4 ticks | seed 9 x 1 replication\n")
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["seed"] == 9
    assert manifest["provenance"]["scenario"]["ticks"] == 4


def test_a_dry_run_says_what_it_would_do_and_does_nothing(folder):
    result = netsim("run", "count.yaml", "--dry-run", "-o", "out")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith("  estimate each: 3 rows, ")
    assert result.stdout.splitlines()[2] == "would write out (5 runs, tables runs, ticks, perf)"
    assert not (folder / "out").exists()


def test_a_dry_run_tells_programs_what_it_would_do(folder):
    plan = json.loads(netsim("run", "count.yaml", "--dry-run", "--json").stdout)

    assert (len(plan["point"]), plan["replications"]) == (16, 5)
    assert plan["tables"] == ["runs", "ticks", "perf"]
    assert plan["estimate"]["rows"] == 3


def test_a_run_beyond_the_memory_that_is_allowed_is_refused_before_it_begins(folder, monkeypatch):
    small = Allowed(50 * 10**6, "limit of a test")
    monkeypatch.setattr("netsim.estimate.allowed_memory", lambda: small)

    for more in ((), ("--dry-run",)):
        result = netsim("run", "count.yaml", "-o", "out", *more)

        assert result.exit_code == 3
        assert "this process may use 50 MB (limit of a test)" in result.stderr
    assert not (folder / "out").exists()


def test_the_summary_comes_as_json(folder):
    summary = json.loads(netsim("run", "count.yaml", "--json", "-o", "out").stdout)

    assert summary["path"] == "out"
    assert summary["replications"] == 5
    (row,) = summary["summary"]
    assert (row["column"], row["unit"], row["mean"], row["n"]) == ("last", "ps", 3e6, 5)


def test_a_sweep_is_left_aside_with_one_line_that_says_so(folder):
    text = (folder / "count.yaml").read_text() + "sweep: {grid: {ticks: [1, 2]}}\n"
    (folder / "swept.yaml").write_text(text)

    result = netsim("run", "swept.yaml")

    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert "sweep" in result.stderr
    assert "base point" in result.stderr
    assert netsim("-q", "run", "swept.yaml", "-o", "quiet").stderr == ""


def test_a_failed_simulation_ends_with_1_and_names_the_run_directory(folder):
    result = netsim("run", "count.yaml", "-o", "out", "--set", "fail_in=2")

    assert result.exit_code == 1
    assert result.stderr == (
        "error: 1 of 5 replications failed; replication 2: the count broke at t=1000000 ps "
        "(run directory: out; the others are complete)\n"
    )


def test_a_stall_says_who_waits_for_what(folder):
    words = ("--set", "fail_in=0", "--set", "trouble=stall", "--replications", "1")

    result = netsim("run", "count.yaml", "-o", "out", *words)

    assert result.exit_code == 1
    assert "stalled" in result.stderr
    assert "counter: one more finger" in result.stderr


def test_a_bug_in_a_model_is_called_a_bug(folder):
    result = netsim("run", "count.yaml", "--set", "fail_in=0", "--set", "trouble=bug")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: this is a bug in netsim: ZeroDivisionError")
    assert "Traceback" not in result.stderr


def test_an_invalid_scenario_ends_with_3_before_anything_is_written(folder):
    result = netsim("run", "count.yaml", "--set", "tick=3")

    assert result.exit_code == 3
    assert "--set tick" in result.stderr
    assert "did you mean 'ticks'?" in result.stderr
    assert result.stdout == ""
    assert not (folder / "out").exists()


def test_a_missing_scenario_ends_with_3_and_offers_the_nearest_name(folder):
    result = netsim("run", "cuont.yaml")

    assert result.exit_code == 3
    assert "count.yaml" in result.stderr


def test_an_output_that_is_taken_ends_with_5(folder):
    netsim("run", "count.yaml", "-o", "out")

    other = netsim("run", "count.yaml", "-o", "out", "--seed", "8")

    assert other.exit_code == 5
    assert "out already holds a run of another scenario (hash " in other.stderr
    assert other.stderr.endswith("; choose -o or --overwrite\n")
    assert netsim("run", "count.yaml", "-o", "out", "--seed", "8", "--overwrite").exit_code == 0


def test_a_finished_run_is_shown_again_with_exit_code_0(folder):
    first = netsim("run", "count.yaml", "-o", "out")

    again = netsim("run", "count.yaml", "-o", "out")

    assert again.exit_code == 0
    head, cost, *summary, last = first.stdout.splitlines()
    assert again.stdout.splitlines() == [
        head,
        cost,
        "out holds this run already, so nothing was simulated; --overwrite repeats it",
        *summary,
        last.replace("wrote", "found"),
    ]


def test_ctrl_c_ends_with_130_and_leaves_complete_replications_readable(folder):
    words = ("--set", "fail_in=1", "--set", "trouble=interrupt")

    result = netsim("run", "count.yaml", "-o", "out", *words)

    assert result.exit_code == 130
    described = json.loads(netsim("describe", "out", "--json").stdout)
    assert (described["status"], described["runs_done"], described["runs"]) == ("stopped", 1, 5)


#: The command as from a terminal: what runs in the background of a shell inherits that Ctrl-C's
#: signal is ignored, and keeps to it.
IN_FOREGROUND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from netsim.cli.main import main
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_closes_files_and_ends_with_its_code(folder, number, code):
    site = toy_family.write_plugin(folder / "site")
    words = ["run", "count.yaml", "-o", "out", "--set", "fail_in=1", "--set", "trouble=sleep"]
    process = subprocess.Popen(
        [sys.executable, "-c", IN_FOREGROUND, *words],
        env={**os.environ, "PYTHONPATH": str(site)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "asleep" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(number)
    _, error = process.communicate(timeout=600)

    assert process.returncode == code
    assert "Traceback" not in error
    assert json.loads((folder / "out" / "manifest.json").read_text())["status"] == "stopped"
    assert len(list((folder / "out").glob("parts/*/*/done.json"))) == 1
    assert not list((folder / "out").rglob(".tmp*"))


#: Says when a library is called that takes seconds, in which no signal counts.
IN_A_LIBRARY = """
import sys
import numpy
from netsim.cli.main import main
solve = numpy.linalg.solve
def announced(*given):
    print("solving", flush=True)
    return solve(*given)
numpy.linalg.solve = announced
main()
"""


def test_a_signal_within_a_long_call_of_a_library_ends_the_run_with_its_code(folder):
    (folder / "large.yaml").write_text(
        "netsim: 1\nworkload: stragglers\nworkers: 3000\njobs: 1\n"
        "code: {scheme: gc, s: 2990}\n"
        "delays: {kind: independent, law: {dist: exponential, mean: 1 s}}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_LIBRARY, "run", "large.yaml", "-o", "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "solving" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)

    assert process.returncode == 143
    assert "Traceback" not in error
    assert json.loads((folder / "out" / "manifest.json").read_text())["status"] == "stopped"


def test_tables_are_the_same_bytes_whatever_the_hash_seed(folder):
    site = toy_family.write_plugin(folder / "site")
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "netsim", "-q", "run", "count.yaml", "-o", f"out{seed}"],
            env={**os.environ, "PYTHONPATH": str(site), "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=600,
        )

    for name in ("runs", "ticks"):
        first, second = (folder / f"out{seed}" / "tables" / f"{name}.parquet" for seed in "12")
        assert first.read_bytes() == second.read_bytes()


def test_quiet_and_verbose_may_stand_behind_the_command_too(folder):
    before = netsim("-q", "run", "count.yaml", "-o", "a")
    behind = netsim("run", "count.yaml", "-o", "b", "-q")

    assert behind.exit_code == 0, behind.output
    assert behind.stderr == before.stderr == ""
    assert (
        behind.stdout.replace("wrote b", "wrote a").split("try")[0].splitlines()[:-1]
        == (before.stdout.splitlines()[:-1])
    )
    assert netsim("run", "count.yaml", "-v", "--dry-run").exit_code == 0
    assert netsim("-v", "run", "count.yaml", "-q").exit_code == 2
    for command in ("init", "validate", "list", "describe", "schema", "verify"):
        assert "--quiet" in netsim(command, "--help").stdout


def test_a_dry_run_refuses_what_the_run_refuses(folder):
    netsim("run", "count.yaml", "-o", "out")

    for output in ("out", "count.yaml"):
        plan = netsim("run", "count.yaml", "--seed", "8", "--dry-run", "-o", output)
        done = netsim("run", "count.yaml", "--seed", "8", "-o", output)
        assert (plan.exit_code, plan.stderr) == (done.exit_code, done.stderr)
        assert plan.exit_code == 5
    assert netsim("run", "count.yaml", "--dry-run", "--overwrite", "-o", "out").exit_code == 0
    assert json.loads((folder / "out" / "manifest.json").read_text())["seed"] == 7


def test_printed_commands_survive_a_space_in_the_path(folder):
    made = netsim("init", "my demo").stdout.splitlines()[-1]
    done = netsim("run", "count.yaml", "-o", "my run").stdout.splitlines()[-1]

    assert shlex.split(made.removeprefix("try: ")) == ["netsim", "run", "my demo/scenario.yaml"]
    assert shlex.split(done.split("try: ")[1]) == ["netsim", "describe", "my run"]


def test_a_reader_who_goes_away_ends_a_complete_run_quietly(folder):
    # Nothing is printed before the summary, so the run is over when the closed pipe is met.
    result = without_a_reader("-q", "run", "quickstart", "-o", "out", "--json")

    assert result == (141, "")
    assert json.loads((folder / "out" / "manifest.json").read_text())["status"] == "success"
    assert (folder / "out" / "SUCCESS").exists()


@pytest.mark.parametrize("words", [["list", "workloads"], ["--help"], ["run", "--help"]])
def test_a_listing_without_a_reader_ends_quietly(folder, words):
    assert without_a_reader(*words) == (141, "")


def without_a_reader(*words):
    """Return exit code and standard error of the command when its standard output is closed."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "netsim", *words],
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=600,
        )
    finally:
        os.close(write_end)
    return done.returncode, done.stderr
