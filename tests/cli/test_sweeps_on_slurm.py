"""Sweeps on a real Slurm: arrays of shards that lose a node, a walltime, and workers of a queue.

Two nodes on this machine, each with one processor (`slurm`); skipped where Slurm is not installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
import slurm
import toy_family

import netsim
from netsim.metrics.marks import committed

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(slurm.missing()), reason=slurm.missing() or "-"),
]
POINTS = 12


@pytest.fixture(scope="module")
def queue(tmp_path_factory):
    """Return a cluster that lasts as long as the tests."""
    try:
        with slurm.cluster(tmp_path_factory.mktemp("slurm") / "cluster") as running:
            yield running
    except slurm.NoSlurm as why:
        pytest.skip(f"no Slurm can be started here: {why}")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return a folder with a study whose runs take their time, and with the study as a whole."""
    monkeypatch.setenv("PYTHONPATH", str(toy_family.write_plugin(tmp_path / "site")))
    monkeypatch.chdir(tmp_path)
    content = {"netsim": 1, "workload": "toy", "ticks": 3, "replications": 2}
    content["sweep"] = {"grid": {"seed": {"range": [0, POINTS, 1]}}}
    (tmp_path / "s.json").write_text(json.dumps(content))
    assert sweep("whole", "-j", "1").returncode == 0
    return tmp_path


def sweep(out, *words, **more):
    return subprocess.run(
        [sys.executable, "-m", "netsim", "-q", "sweep", "s.json", "-o", out, *words],
        capture_output=True, text=True, check=False, timeout=600, env={**os.environ, **more},
    )  # fmt: skip


def script(folder, words, *, nap):
    """Return a job script that sweeps; each run takes `nap` seconds more."""
    file = folder / "job.sh"
    command = f"exec {sys.executable} -m netsim -q sweep s.json -o out {words} --resume -j 1"
    lines = [
        "#!/bin/sh",
        f"#SBATCH --output={folder}/job-%A-%a.log --open-mode=append",
        f"export PYTHONPATH={os.environ['PYTHONPATH']} {toy_family.NAP}={nap}",
        f"cd {folder}",
        command,
    ]
    file.write_text("\n".join(lines) + "\n")
    return file


def assert_whole(folder):
    """The sweep is done, its bytes are those of one process, and no run was simulated twice."""
    assert netsim.open("out").complete
    for name in ("runs", "ticks"):
        one, two = (folder / out / "tables" / f"{name}.parquet" for out in ("whole", "out"))
        assert two.read_bytes() == one.read_bytes()
    runs = [(key.point, key.replication) for part in committed(folder / "out") for key in part.keys]
    assert len(runs) == len(set(runs)) == 2 * POINTS


def test_an_array_of_shards_loses_a_node_and_every_run_is_simulated_once(folder, queue):
    shard = "--shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
    job = queue.submit(script(folder, shard, nap=0.7), "--array=1-3", "--requeue")
    lost = []

    def lose_a_node():
        here = [
            number for number, state, node in queue.jobs() if (state, node) == ("RUNNING", "n2")
        ]
        begun = committed(folder / "out")
        if lost or not here or len(begun) < 2:
            return
        lost.extend(here)
        queue.call("scontrol", "update", "nodename=n2", "state=down", "reason=test")
        queue.call("scontrol", "update", "nodename=n2", "state=idle", check=False)
        # Slurm would wait for two minutes.
        queue.call("scontrol", "update", f"jobid={here[0]}", "starttime=now", check=False)

    queue.wait(also=lose_a_node)

    assert lost
    assert lost[0].startswith(job)
    assert_whole(folder)


def test_a_job_that_is_told_before_its_walltime_commits_and_the_next_one_goes_on(folder, queue):
    # A minute is the least; ten seconds of it are left for work.
    early = script(folder, "", nap=1.5)
    job = queue.submit(early, "--time=1", "--signal=B:TERM@50")
    queue.wait()

    assert queue.exit_code(job) == "143:0"
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["status"] == "stopped"
    done = len(netsim.open("out").table("runs"))
    assert 0 < done < 2 * POINTS
    job = queue.submit(script(folder, "", nap=0))
    queue.wait()

    assert queue.exit_code(job) == "0:0"
    assert_whole(folder)


def assert_ends_though_a_job_is_cancelled(folder, queue, *words):
    """The sweep ends right over workers that are two jobs, of which one is cancelled midway."""
    command = [sys.executable, "-m", "netsim", "-q", "sweep", "s.json", "-o", "out", *words]
    with open("log", "w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, **queue.environment}
        )
    cancelled = ""
    while process.poll() is None:
        running = [number for number, state, _ in queue.jobs() if state == "RUNNING"]
        if not cancelled and len(running) == 2 and committed(folder / "out"):
            cancelled = running[-1]
            queue.call("scancel", cancelled)
        time.sleep(0.2)

    assert process.returncode == 0, (folder / "log").read_text()
    assert cancelled
    assert netsim.open("out").complete
    for name in ("runs", "ticks"):
        one, two = (folder / out / "tables" / f"{name}.parquet" for out in ("whole", "out"))
        assert two.read_bytes() == one.read_bytes()


def test_workers_of_a_scheduler_end_a_sweep_though_the_job_of_one_is_cancelled(folder, queue):
    pytest.importorskip(
        "distributed", reason="the extra netsim-communication[cluster] is not installed"
    )
    address = folder / "scheduler.json"
    quiet = ("--no-dashboard", "--scheduler-file", str(address))
    lines = ["#!/bin/sh", f"export PYTHONPATH={os.environ['PYTHONPATH']} {toy_family.NAP}=0.7",
             f"exec {sys.executable} -m distributed.cli.dask_worker {' '.join(quiet)} "
             "--nthreads 1 --host 127.0.0.1"]  # fmt: skip
    (folder / "worker.sh").write_text("\n".join(lines) + "\n")
    with open("scheduler.log", "w") as log:
        scheduler = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", *quiet,
             "--host", "127.0.0.1", "--port", "0"],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        while not address.exists() and scheduler.poll() is None:
            time.sleep(0.1)
        words = ("--array=1-2", f"--output={folder}/worker-%a.log")
        job = queue.submit(folder / "worker.sh", *words)
        where = json.loads(address.read_text())["address"]

        assert_ends_though_a_job_is_cancelled(folder, queue, "--scheduler", where)

        queue.call("scancel", job)
        queue.wait()
    finally:
        scheduler.terminate()
        scheduler.wait()


def test_workers_that_are_jobs_of_the_queue_end_a_sweep_though_one_is_cancelled(
    folder, queue, monkeypatch
):
    pytest.importorskip(
        "dask_jobqueue", reason="the extra netsim-communication[cluster] is not installed"
    )
    options = {
        "cores": 1, "processes": 1, "memory": "500 MB", "queue": "debug", "interface": "lo",
        "walltime": "00:10:00", "python": sys.executable, "log_directory": str(folder),
        "job_script_prologue": [
            f"export PYTHONPATH={os.environ['PYTHONPATH']} {toy_family.NAP}=0.7"
        ],
    }  # fmt: skip
    (folder / "workers.yaml").write_text(
        json.dumps({"kind": "slurm", "jobs": 2, "options": options})
    )

    assert_ends_though_a_job_is_cancelled(folder, queue, "--cluster", "workers.yaml")

    queue.wait()
