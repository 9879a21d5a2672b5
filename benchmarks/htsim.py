"""netsim beside htsim on the same flows: CPU seconds of both whole processes, and their ratio.

htsim is not part of netsim and nothing of it is bundled: whoever has it names the program, and what
it wants besides the flows and the network::

    python -m benchmarks.htsim ~/htsim/sim/datacenter/htsim_uec -- -end 10000 -mtu 4160

A permutation is written as a connection matrix (``.cm``) and a topology (``.topo``) for the one, as
a flow file and a scenario for the other. They run alternately. Models differ (queues, windows,
acknowledgements), so the ratio compares programs on a task; the ends of the last flows are printed
beside it, at the sender as htsim tells them, so that one sees whether the task was alike.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, machine

ROOT = Path(__file__).parents[1]
Flow = tuple[int, int, int, int]
"""Source, destination, bytes, start (ps)."""

_FINISHED = re.compile(r"finished at ([0-9.eE+]+)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare both on a permutation; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.htsim", description=__doc__)
    parser.add_argument("program", help="path of the htsim program, such as htsim_uec")
    parser.add_argument("--leaves", type=int, default=16, help="leaves, and as many spines")
    parser.add_argument("--hosts", type=int, default=16, help="hosts of each leaf")
    parser.add_argument("--size", type=int, default=4_000_000, help="bytes of each flow")
    parser.add_argument("--repeats", type=int, default=5)
    parser.epilog = "What stands after -- are further options of htsim."
    given = list(sys.argv[1:] if arguments is None else arguments)
    cut = given.index("--") if "--" in given else len(given)
    chosen, options = parser.parse_args(given[:cut]), given[cut + 1 :]
    program = shutil.which(chosen.program)
    if program is None:
        print(
            f"no program {chosen.program}; give the path of an htsim program that was built, such "
            "as csg-htsim/sim/datacenter/htsim_uec",
            file=sys.stderr,
        )
        return 2
    print(machine(), file=sys.stderr)
    shape = chosen.leaves, chosen.hosts
    flows = permutation(chosen.leaves * chosen.hosts, chosen.hosts, chosen.size)
    with tempfile.TemporaryDirectory() as folder:
        theirs = [str(Path(program).resolve()), *htsim_files(Path(folder), flows, shape)]
        theirs += options
        ours = netsim_files(Path(folder), flows, shape)
        try:
            compare(theirs, ours, Path(folder), chosen.repeats)
        except subprocess.CalledProcessError as failed:
            told = (failed.stderr or failed.stdout or "").strip().splitlines()[-5:]
            head = f"{failed.cmd[0]} ended with status {failed.returncode}:"
            print("\n  ".join([head, *told]), file=sys.stderr)
            return 1
        except OSError as failed:
            print(f"{theirs[0]} cannot be run: {failed.strerror}", file=sys.stderr)
            return 1
    return 0


def permutation(hosts: int, per_leaf: int, size: int) -> list[Flow]:
    """Return a flow from each host to the one of its place in the next leaf, all at once."""
    return [(host, (host + per_leaf) % hosts, size, 0) for host in range(hosts)]


def compare(theirs: list[str], ours: list[str], folder: Path, repeats: int) -> None:
    """Run both alternately, once before for warm caches, and print what they took."""
    seconds: tuple[list[float], list[float]] = ([], [])
    ends: tuple[list[float | None], list[float | None]] = ([], [])
    for turn in range(repeats + 1):
        for place, command in enumerate((theirs, ours)):
            spent, told = timed(command, folder)
            if turn:
                seconds[place].append(spent)
                ends[place].append(last_end(told) if place == 0 else own_end(folder))
    ratios = tuple(one / other for one, other in zip(*seconds, strict=True))
    for name, spent, times in zip(("htsim", "netsim"), seconds, ends, strict=True):
        print(Result(f"{name}: whole process", "CPU s", tuple(spent)).row())
        known = [time for time in times if time is not None]
        last = f"{known[-1]:.3f} us" if known else "not told"
        print(f"{name}: last flow ends at its sender at {last}")
    print(Result("htsim / netsim", "", ratios).row())


def timed(command: list[str], folder: Path) -> tuple[float, str]:
    """Return the CPU seconds of a process and its children, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done.stdout


def last_end(told: str) -> float | None:
    """Return when the last flow ended (us) by what htsim printed, None if it did not say."""
    times = [float(found) for found in _FINISHED.findall(told)]
    return max(times, default=None)


def own_end(folder: Path) -> float | None:
    """Return when the last flow of netsim's newest run ended at its sender (us)."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "out" / "tables" / "flows.parquet", columns=["end_tx"])
    ends = [end for end in table["end_tx"].to_pylist() if end is not None]
    return max(ends) / 1e6 if ends else None


def htsim_files(folder: Path, flows: Sequence[Flow], shape: tuple[int, int]) -> list[str]:
    """Write the flows and the network as htsim reads them; return the options that name them."""
    (folder / "flows.cm").write_text(connection_matrix(flows, shape[0] * shape[1]))
    (folder / "network.topo").write_text(topology(*shape))
    return ["-tm", str(folder / "flows.cm"), "-topo", str(folder / "network.topo")]


def connection_matrix(flows: Sequence[Flow], nodes: int) -> str:
    """Return flows as a ``.cm``: numbered from 1, starts in ps, sizes in bytes."""
    lines = [f"Nodes {nodes}", f"Connections {len(flows)}"]
    lines += [
        f"{src}->{dst} id {number} start {start} size {size}"
        for number, (src, dst, size, start) in enumerate(flows, 1)
    ]
    return "\n".join(lines) + "\n"


def topology(leaves: int, hosts: int) -> str:
    """Return a leaf-spine of 100 Gb/s and 1 us a link, with as many spines as leaves, as ``.topo``.

    Its tiers are counted from the hosts; the last one has no links upwards.
    """
    tier = "Downlink_speed_Gbps 100\nSwitch_Latency_ns 0\nDownlink_Latency_ns 1000\nBundle 1\n"
    lower = f"Tier 0\n{tier}Radix_Down {hosts}\nRadix_Up {leaves}\n"
    upper = f"Tier 1\n{tier}Radix_Down {leaves}\n"
    return f"Nodes {leaves * hosts}\nTiers 2\nPodsize {leaves * hosts}\n{lower}{upper}"


def netsim_files(folder: Path, flows: Sequence[Flow], shape: tuple[int, int]) -> list[str]:
    """Write the same as a flow file and a scenario; return the command that runs it."""
    rows = [f"{src},{dst},{size},{start}" for src, dst, size, start in flows]
    (folder / "flows.csv").write_text("\n".join(["src,dst,size,start", *rows]) + "\n")
    leaves, hosts = shape
    link: dict[str, Any] = {"rate": "100 Gbps", "delay": "1 us"}
    scenario = {
        "netsim": 1,
        "workload": "fabric",
        "topology": {
            "kind": "leaf_spine",
            "leaves": leaves,
            "spines": leaves,
            "hosts_per_leaf": hosts,
            "host_link": link,
        },
        "routing": {"policy": "ops"},
        "transport": {"kind": "fixed_window"},
        "traffic": [{"file": "flows.csv"}],
    }
    (folder / "scenario.yaml").write_text(json.dumps(scenario))  # JSON is YAML
    run = ["run", "scenario.yaml", "-o", "out", "--overwrite", "--quiet"]
    return [sys.executable, "-m", "netsim", *run]


if __name__ == "__main__":
    raise SystemExit(main())
