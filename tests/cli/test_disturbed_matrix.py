"""Eighty points, disturbed in every way that a cluster knows: the bytes are those of one process.

Each way starts from nothing and simulates the whole study, so this takes minutes. The small ones of
every day stand in `test_disturbed_sweeps.py`, `test_sweeps_over_workers.py` and in the tests of
`netsim.sweep` and `netsim.metrics`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import disturbances
import psutil
import pytest

import netsim
from netsim.metrics.marks import committed, done_runs

pytest.importorskip(
    "distributed", reason="the extra netsim-communication[cluster] is not installed"
)
pytestmark = pytest.mark.slow

POLICIES = ["ecmp", "rps", "rr", "stripe"]
SCENARIO = {
    "netsim": 1,
    "workload": "fabric",
    "topology": {
        "kind": "leaf_spine",
        "leaves": 4,
        "spines": 4,
        "hosts_per_leaf": 4,
        "host_link": {"rate": "100 Gbps", "delay": "1 us"},
    },
    "transport": {"kind": "open_loop"},
    "traffic": [{"pattern": "permutation", "size": "400 kB"}],
}
GRID = {"topology.spines": [2, 4], "routing.policy": POLICIES}
FIXED = {"grid": {**GRID, "seed": {"range": [0, 10, 1]}}}
LARGE = ("--set", "traffic[0].size=400 MB")
UNTIL = {"metric": "flows.slowdown", "rel_half_width": 0.05}
ADAPTIVE = {"grid": GRID, "replications": {"min": 5, "max": 20, "until": UNTIL}}
SMALLER = ("--set", "traffic[0].size=100 MB")
STUDIES = {"fixed": (FIXED, LARGE), "adaptive": (ADAPTIVE, SMALLER)}
#: Starts after which a study that is killed again and again must have ended.
STARTS = 100


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with the studies, and each of them as one process simulates it."""
    place = tmp_path_factory.mktemp("matrix")
    disturbances.write_plugin(place / "site")
    for name, (block, sizes) in STUDIES.items():
        (place / f"{name}.json").write_text(json.dumps({**SCENARIO, "sweep": block}))
        done = start(place, name, f"whole-{name}", "-j", "1")
        assert done.wait() == 0
        assert sizes
    return place


def environment_of(place):
    paths = (str(place / "site"), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def start(place, study, out, *words, **disturbed):
    """Start a sweep in a process group of its own."""
    environment = environment_of(place)
    environment |= {f"DISTURB_{name.upper()}": str(value) for name, value in disturbed.items()}
    command = [sys.executable, "-m", "netsim", "-q", "sweep", f"{study}.json", "-o", out]
    return subprocess.Popen(
        [*command, *STUDIES[study][1], *words],
        cwd=place,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tables(place, out):
    assert netsim.open(place / out).complete
    found = sorted((place / out / "tables").glob("*.parquet"))
    return {file.name: file.read_bytes() for file in found if file.stem != "perf"}


def simulated(place, out):
    """Return how many runs were simulated in all, twice or not."""
    return sum(len(part.keys) for part in committed(place / out))


def resumed(place, study, out, *words):
    """End a sweep, which simulates what is missing and nothing else."""
    had = len(done_runs(committed(place / out)))
    command = [sys.executable, "-m", "netsim", "-q", "sweep", f"{study}.json", "-o", out]
    done = subprocess.run(
        [*command, *STUDIES[study][1], "--resume", "--json", *words],
        cwd=place, env=environment_of(place), capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    total = netsim.open(place / out).manifests[0]["counts"]["runs"]
    assert told["simulated"] == total - had
    assert simulated(place, out) == total
    assert tables(place, out) == tables(place, f"whole-{study}")


def wait_for_more(place, out, process, had):
    while process.poll() is None and len(committed(place / out)) <= had:
        time.sleep(0.02)
    return process.poll() is None


@pytest.mark.parametrize(("study", "kills", "number"), [("fixed", 20, "2"), ("adaptive", 6, "2")])
def test_a_group_killed_at_random_moments_loses_nothing_that_was_committed(
    place, study, kills, number
):
    draw = random.Random(20)
    killed = before_success = 0
    for turn in range(STARTS):
        out = f"killed-{study}-{number}-{turn}"
        while killed < kills:
            had = len(committed(place / out)) if (place / out).exists() else 0
            process = start(place, study, out, "-j", number, "--resume")
            if wait_for_more(place, out, process, had):
                time.sleep(draw.uniform(0, 2))
            ended = process.poll() is not None
            kill(process)
            killed += not ended
            before_success += not ended and not (place / out / "SUCCESS").exists()
            if (place / out / "SUCCESS").exists():
                break
        if not (place / out / "SUCCESS").exists():
            resumed(place, study, out, "-j", number)
        assert tables(place, out) == tables(place, f"whole-{study}")
        if killed >= kills:
            break

    assert killed == kills
    assert before_success >= 0.75 * kills


def test_a_group_that_dies_within_merging_and_compaction_ends_right(place):
    out = "torn"
    for number in (1, 2, 3, 5):
        process = start(
            place, "fixed", out, "-j", "1", "--resume", many=3, stop=f"merging:{number}"
        )
        assert process.wait() == -signal.SIGKILL
        assert not (place / out / "SUCCESS").exists()
    while start(place, "fixed", out, "-j", "1", "--resume", stop="compaction:1").wait() == 0:
        pytest.fail("the group did not die within compaction")
    for number in range(2, 6):
        process = start(place, "fixed", out, "-j", "1", "--resume", stop=f"compaction:{number}")
        assert process.wait() == -signal.SIGKILL
        assert not (place / out / "SUCCESS").exists()

    assert start(place, "fixed", out, "-j", "1", "--resume").wait() == 0

    assert tables(place, out) == tables(place, "whole-fixed")


@pytest.mark.parametrize("study", STUDIES)
def test_a_worker_that_is_killed_changes_nothing(place, study):
    out = f"one-worker-{study}"
    process = start(place, study, out, "-j", "2")
    assert wait_for_more(place, out, process, 0)
    family = psutil.Process(process.pid).children(recursive=True)
    workers = [one for one in family if "spawn_main" in " ".join(one.cmdline())]
    assert len(workers) == 2

    workers[0].kill()

    assert process.wait() == 0
    assert tables(place, out) == tables(place, f"whole-{study}")


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("number", ["2", "4"])
def test_any_number_of_workers_gives_the_same(place, study, number):
    out = f"workers-{study}-{number}"

    assert start(place, study, out, "-j", number).wait() == 0

    assert tables(place, out) == tables(place, f"whole-{study}")


@pytest.mark.parametrize("number", [1, 100])
def test_batches_of_any_size_give_the_same(place, number):
    out = f"batches-{number}"

    assert start(place, "fixed", out, "-j", "2", batch=number).wait() == 0

    assert tables(place, out) == tables(place, "whole-fixed")


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("order", ["312", "231", "at once"])
def test_shards_in_any_order_and_at_once_give_the_same(place, study, order):
    out = f"shards-{study}-{order.replace(' ', '-')}"
    numbers = "123" if order == "at once" else order

    running = []
    for number in numbers:
        running.append(start(place, study, out, "-j", "1", "--shard", f"{number}/3"))
        if order != "at once":
            assert running[-1].wait() == 0
    codes = [process.wait() for process in running]

    assert codes == [0, 0, 0]
    assert tables(place, out) == tables(place, f"whole-{study}")
    assert simulated(place, out) == len(netsim.open(place / out).table("runs"))


@pytest.mark.parametrize("study", STUDIES)
def test_two_drivers_past_the_lock_give_the_same(place, study):
    out = f"two-{study}"
    running = [
        start(place, study, out, "-j", number, "--resume", locks="none") for number in ("1", "2")
    ]
    codes = [process.wait() for process in running]

    assert 0 in codes
    if codes != [0, 0]:
        assert start(place, study, out, "-j", "1", "--resume").wait() == 0
    assert tables(place, out) == tables(place, f"whole-{study}")
    assert simulated(place, out) > len(netsim.open(place / out).table("runs"))
