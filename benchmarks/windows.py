"""The packet kernel against another version of netsim: CPU seconds in kernel calls, in one run.

Another checkout is named by the variable `NETSIM_OTHER` (a folder that holds `netsim/`); without it
there is nothing to compare with, and only this version's figures are told. Both simulate the same
flows alternately, each in a process of its own, and must end with the same link totals.

Hops are those of data and acknowledgements; those of data alone are told beside them. Seconds are
of the kernel's calls unless a figure is called whole: then they are of the process, with the
building of the network, and of one simulation. `NETSIM_FULL=1` takes the sizes of the aims and five
repeats; without it most flows are a fifth as long, for a run of few minutes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import REPEATS, Result, at_most

HERE = Path(__file__).parents[1]
FULL = bool(os.environ.get("NETSIM_FULL"))
#: Without `NETSIM_FULL`: so many times is each measured, and so much shorter are its flows.
SHORT_REPEATS = 3
SHORTER = 5

#: Name: shape (leaves, hosts, spines), flows, policy, transport, options, least ratio.
WORKLOADS: dict[str, tuple[Any, ...]] = {
    "64 hosts, permutation of 10 MB": ((8, 8, 8), "permutation", 10**7, {}, None),
    "256 hosts, permutation of 10 MB": ((16, 16, 16), "permutation", 10**7, {}, 1.35),
    "1,024 hosts, permutation of 4 MB": ((32, 32, 32), "permutation", 4 * 10**6, {}, 1.4),
    "10,240 hosts, permutation of 1 MB": ((160, 64, 64), "permutation", 10**6, {}, 2.0),
    "256 hosts, ecmp": ((16, 16, 16), "permutation", 10**7, {"policy": "ecmp"}, 1.05),
    "256 hosts, dctcp": ((16, 16, 16), "permutation", 10**7, {"transport": "dctcp"}, 1.05),
    "256 hosts, links of 5 ns": ((16, 16, 16), "permutation", 10**7, {"delay": "5 ns"}, 0.65),
    "incast 255:1 of 1 MB": ((16, 16, 16), "incast", 10**6, {}, 0.85),
    "16 flows of 20 MB in 10,240 hosts": ((160, 64, 64), "few", 2 * 10**7, {}, 0.85),
    "schedule across hosts, lag 0": ((32, 32, 32), "steps", 4096, {}, 0.85),
}


#: Too short to be measured if they were shorter.
UNSHORTENED = ("incast 255:1 of 1 MB", "schedule across hosts, lag 0")
SMALLEST = "64 hosts, permutation of 10 MB"
LARGEST = "10,240 hosts, permutation of 1 MB"


def run() -> Iterator[Result]:
    """Yield ratios to the other version, hops per CPU second, and how a hop's cost grows."""
    other = os.environ.get("NETSIM_OTHER")
    cost = {}
    for name, (*workload, least) in WORKLOADS.items():
        if not FULL and name not in UNSHORTENED:
            workload[2] //= SHORTER
        ours: list[dict[str, Any]] = []
        ratios = []
        for _ in range(REPEATS if FULL else SHORT_REPEATS):
            ours.append(measured(HERE, workload))
            if other:
                theirs = measured(Path(other), workload)
                if theirs["sent"] != ours[-1]["sent"]:
                    raise SystemExit(f"{name}: the versions do not simulate the same")
                ratios.append(theirs["kernel"] / ours[-1]["kernel"])
        shown = name if FULL or name in UNSHORTENED else f"{name} / {SHORTER}"
        for kind, part in (("all", "hops"), ("data", "data_hops")):
            speeds = tuple(one[part] / one["kernel"] for one in ours)
            yield Result(f"{kind} hops a kernel CPU s: {shown}", "1/s", speeds)
        cost[name] = [one["kernel"] / one["hops"] for one in ours]
        if name == LARGEST:
            spent = [one["kernel"] for one in ours]
            aim = "<= 2" if FULL else ""
            met = statistics.median(spent) <= 2 if FULL else None
            hops = f"{ours[0]['hops'] / 1e6:.1f} M hops"
            yield Result(f"kernel: {shown}, {hops}", "CPU s", tuple(spent), aim, met)
            yield Result(f"whole: {shown}", "CPU s", tuple(one["whole"] for one in ours))
        if ratios and least is not None:
            met = statistics.median(ratios) >= least
            yield Result(f"other / this: {shown}", "", tuple(ratios), f">= {least}", met)
    growth = [large / small for small, large in zip(cost[SMALLEST], cost[LARGEST], strict=True)]
    yield at_most("cost of a hop, 10,240 hosts / 64 hosts", "", growth, 3)


def measured(tree: Path, workload: list[Any]) -> dict[str, Any]:
    """Return what a process of the version in `tree` tells of a workload."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, str(Path(__file__)), json.dumps(workload)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def simulate(shape: list[int], pattern: str, size: int, options: dict[str, str]) -> dict[str, Any]:
    """Simulate a workload twice; tell of the second time."""
    import time
    from typing import Annotated

    import numpy as np
    from pydantic import TypeAdapter

    from netsim.engine.environment import Environment
    from netsim.fabric.kernel import native
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.service import Fabric
    from netsim.fields import Config, OneOf
    from netsim.rng import Streams
    from netsim.topology.leaf_spine import LeafSpine

    def block(kind: str, key: str, name: str) -> Any:
        return TypeAdapter(Annotated[Config, OneOf(kind, key=key)]).validate_python({key: name})

    begun = time.process_time()
    spent = 0.0
    call = native.Kernel.__call__

    def timed(*arguments: Any) -> int:
        nonlocal spent
        begin = time.process_time()
        status = call(*arguments)
        spent += time.process_time() - begin
        return status

    native.Kernel.__call__ = timed  # type: ignore[method-assign]
    leaves, hosts, spines = shape
    link = {"rate": "100 Gbps", "delay": options.get("delay", "500 ns")}
    network = LeafSpine.build(
        LeafSpine.Config(
            leaves=leaves,
            hosts_per_leaf=hosts,
            spines=spines,
            host_link=link,
            fabric_link={"delay": link["delay"]},
        )
    )
    whole = time.process_time() - begun
    for _ in range(2):
        spent = 0.0
        begin = time.process_time()
        fabric = Fabric(
            Environment(),
            network,
            packet=PacketConfig(),
            routing=block("routing", "policy", options.get("policy", "rps")),
            transport=block("transport", "kind", options.get("transport", "fixed_window")),
            streams=Streams(1),
        )
        fabric.submit(flows_of(pattern, leaves * hosts, size))
        fabric.env.run()
        last = time.process_time() - begin
    links = fabric.link_columns()
    return {
        "kernel": spent,
        "whole": whole + last,
        "data_hops": int(links["data_packets"].sum()),
        "hops": int(links["packets"].sum()),
        "sent": [int(np.sum(links[name])) for name in ("tx", "wait_max", "drops")],
    }


def flows_of(pattern: str, hosts: int, size: int) -> Any:
    """Return the flows of a workload."""
    import numpy as np

    from netsim.fabric.batch import FlowBatch

    every = np.arange(hosts)
    if pattern == "incast":
        return FlowBatch(every[1:], np.zeros(hosts - 1, int), np.full(hosts - 1, size))
    if pattern == "few":
        src = np.arange(16) * 613
        return FlowBatch(src, (src + 5000) % hosts, np.full(16, size))
    if pattern == "steps":
        # In each of 100 steps every host sends on, once its own message and its neighbour's of the
        # step before are there: they end at two hosts.
        src, step = np.tile(every, 100), np.repeat(np.arange(100), hosts)
        later = step > 0
        before = np.stack([(step - 1) * hosts + (src - 1) % hosts, (step - 1) * hosts + src], 1)
        cuts = np.concatenate([[0], np.cumsum(np.where(later, 2, 0))])
        waits = cuts, before[later].reshape(-1)
        return FlowBatch(src, (src + 1) % hosts, np.full(len(src), size), predecessors=waits)
    order = np.random.default_rng(5).permutation(hosts)
    target = np.empty(hosts, int)
    target[order] = np.roll(order, 1)
    return FlowBatch(every, target, np.full(hosts, size))


if __name__ == "__main__":
    print(json.dumps(simulate(*json.loads(sys.argv[1]))))
