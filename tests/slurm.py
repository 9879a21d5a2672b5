"""A Slurm of two nodes on this machine, for tests: daemons on 127.0.0.1 alone, files in one folder.

Debian's slurmd may run several times on a host, each as a node of its own. Ports are free ones, and
the daemon that signs messages is this cluster's own, so that nothing that runs here already is
touched. All daemons are ended by their numbers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "sinfo", "scancel", "munged")
SYSTEM = "/usr/sbin:/sbin"
NODES = ("n1", "n2")

CONFIGURATION = """\
ClusterName=tests
SlurmctldHost=localhost(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort={ports[0]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
NodeName=DEFAULT CPUs=1 RealMemory=2000 State=UNKNOWN
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]}
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=debug Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


class NoSlurm(Exception):  # noqa: N818 - says why there is none
    """There is no Slurm here; the message says why."""


class Slurm:
    """The commands of a cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf")}

    def call(self, *words: str, check: bool = True) -> str:
        """Return what a command of Slurm prints."""
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{words}: {done.stderr}{self.logs()}")
        return done.stdout.strip()

    def submit(self, script: Path, *words: str) -> str:
        """Submit a job and return its number."""
        return self.call("sbatch", "--parsable", *words, str(script)).split(";")[0]

    def jobs(self) -> list[tuple[str, str, str]]:
        """Return number, state and node of each job, and element of an array, that is not over."""
        lines = self.call("squeue", "-r", "-h", "-o", "%i %T %N").splitlines()
        return [(*line.split(), "", "")[:3] for line in lines]

    def wait(self, *, also=lambda: None) -> None:
        """Wait until no job is left."""
        while self.jobs():
            also()
            time.sleep(0.2)

    def exit_code(self, job: str) -> str:
        """Return exit code and signal of a job, as Slurm writes them."""
        shown = self.call("scontrol", "show", "job", job)
        return shown.partition("ExitCode=")[2].split()[0]

    def logs(self) -> str:
        """Return the ends of all logs."""
        return "".join(
            f"\n{log.name}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-8:])
            for log in sorted(self.folder.glob("*.log"))
        )


def missing() -> str:
    """Return why no cluster can be started here, or an empty text."""
    found = os.environ.get("PATH", "") + os.pathsep + SYSTEM
    lacks = [program for program in PROGRAMS if shutil.which(program, path=found) is None]
    if lacks:
        return f"Slurm is not installed ({', '.join(lacks)}): apt install slurmctld slurmd munge"
    return "" if os.geteuid() == 0 else "a Slurm of several nodes on one machine needs root"


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Slurm]:
    """Give a running cluster of two nodes, each with one processor."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    for name in ("state", "spool-n1", "spool-n2"):
        (folder / name).mkdir()
    text = CONFIGURATION.format(folder=folder, ports=_free_ports(3))
    (folder / "slurm.conf").write_text(text)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    slurm = Slurm(folder)
    search = os.environ.get("PATH", "") + os.pathsep + SYSTEM
    environment = {**os.environ, **slurm.environment, "PATH": search}
    configuration = ("-f", str(folder / "slurm.conf"))
    try:
        for words in (
            ["munged", "--force", f"--socket={folder}/munge.socket",
             f"--key-file={folder}/munge.key", f"--pid-file={folder}/munged.pid",
             f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"],
            ["slurmctld", "-c", *configuration],
            *(["slurmd", "-N", node, *configuration] for node in NODES),
        ):  # fmt: skip
            done = subprocess.run(
                words, env=environment, cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise NoSlurm(f"{words[0]} does not start: {done.stderr}{slurm.logs()}")
        for _ in range(300):
            states = slurm.call("sinfo", "-h", "-N", "-o", "%t", check=False).split()
            if states == ["idle", "idle"]:
                break
            time.sleep(0.2)
        else:
            raise NoSlurm(f"its nodes do not come up: {states}{slurm.logs()}")
        yield slurm
    finally:
        for file in sorted(folder.glob("*.pid")):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(file.read_text()), signal.SIGTERM)
        time.sleep(1)


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
