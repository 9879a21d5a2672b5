"""What flows cost besides their packets: handing them in, waiting for them, and room for them.

Kernel seconds are those of the calls of the compiled kernel; whole ones are of the process, with
building the network, tables and Python. `NETSIM_FULL=1` takes the sizes of the aims; without it all
is smaller, for a run of a minute or two.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, at_most, cpu

FULL = bool(os.environ.get("NETSIM_FULL"))
REPEATS = 5 if FULL else 3


def run() -> Iterator[Result]:
    """Yield CPU time per message and per flow, of an all-to-all, and bytes per packet."""
    for ranks, aim in ((1024, 4.5), (10_240, 7.0)):
        network = _network(ranks)
        # The first step makes room, which later ones find.
        steps = 50 if FULL else 10_240 // ranks + 4
        seconds = [_ring(network, steps) for _ in range(REPEATS + 1)][1:]
        name = f"transfer, one packet, ring of {ranks:,} ranks, whole"
        yield at_most(name, "CPU us", [s / ranks / steps * 1e6 for s in seconds], aim)
    network = _network(512)
    yield at_most(
        "submit, per flow of 262,144", "CPU us", [_submit(network) for _ in range(REPEATS)], 0.3
    )
    ranks = 512 if FULL else 128
    spent = [_all_to_all(ranks) for _ in range(REPEATS)]
    name = f"all-to-all, {ranks} hosts, 64 kB, whole process"
    yield at_most(name, "CPU s", spent, 4.0 if FULL else 1.5)
    yield at_most("packet in flight at the peak of rings", "B", [_peak()], 64)


def _network(hosts: int) -> Any:
    from netsim.topology.leaf_spine import LeafSpine

    shapes = {128: (8, 16, 8), 512: (16, 32, 16), 1024: (32, 32, 32), 10_240: (160, 64, 64)}
    leaves, each, spines = shapes[hosts]
    return LeafSpine.build(LeafSpine.Config(leaves=leaves, hosts_per_leaf=each, spines=spines))


class _Nothing:
    """A recorder that wants no table."""

    def wants(self, table: str) -> bool:
        return False

    def write(self, table: str, columns: Any) -> None:
        """Drop the rows."""


def _fabric(network: Any, transport: str = "fixed_window", **options: Any) -> Any:
    from typing import Annotated

    from pydantic import TypeAdapter

    from netsim.engine.environment import Environment
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.service import Fabric
    from netsim.fields import Config, OneOf
    from netsim.rng import Streams

    def block(kind: str, key: str, name: str) -> Any:
        return TypeAdapter(Annotated[Config, OneOf(kind, key=key)]).validate_python({key: name})

    return Fabric(
        Environment(),
        network,
        packet=PacketConfig(),
        routing=block("routing", "policy", "rps"),
        transport=block("transport", "kind", transport),
        streams=Streams(1),
        recorder=_Nothing(),
        **options,
    )


def _ring(network: Any, steps: int) -> float:
    """Return the CPU seconds in which every rank sends `steps` messages, one after another."""
    fabric = _fabric(network)
    env, ranks = fabric.env, network.host_count

    def rank(number: int) -> Any:
        for _ in range(steps):
            yield fabric.transfer(number, (number + 1) % ranks, 4096)

    for number in range(ranks):
        env.process(rank(number))
    return cpu(env.run)[0]


def _submit(network: Any) -> float:
    """Return the CPU microseconds per flow that it takes to hand in an all-to-all."""
    import numpy as np

    from netsim.fabric.batch import FlowBatch

    fabric = _fabric(network, expected_flows=512 * 512)
    src = np.repeat(np.arange(512), 512)
    dst = (src + np.tile(np.arange(512), 512) % 511 + 1) % 512
    batch = FlowBatch(src, dst, np.full(len(src), 65_536))
    return cpu(lambda: fabric.submit(batch))[0] / len(src) * 1e6


def _all_to_all(hosts: int) -> float:
    """Return the CPU seconds of a process that runs an all-to-all with its tables."""
    root = Path(__file__).parents[1]
    shapes = {128: (8, 16), 512: (16, 32)}
    leaves, each = shapes[hosts]
    text = (
        "import netsim; netsim.run({'netsim': 1, 'workload': 'fabric', 'topology': {'kind': "
        f"'leaf_spine', 'leaves': {leaves}, 'spines': {leaves}, 'hosts_per_leaf': {each}}}, "
        "'routing': {'policy': 'rps'}, 'transport': {'kind': 'fixed_window'}, 'traffic': "
        "[{'pattern': 'all_to_all', 'size': '64 kB'}]})"
    )
    environment = {**os.environ, "PYTHONPATH": str(root)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", text], env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _peak() -> float:
    """Return the bytes of rings per packet when most are on their way, in an incast of 255.

    Rings double, so they are half full at least when they have grown; those of quiet links hold
    eight packets each from the start and are left out.
    """
    import numpy as np

    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.kernel import state as at

    fabric = _fabric(_network(512), "open_loop")
    first = 1 << 3
    most = [0.0, 0.0]

    def look(now: int) -> None:
        links = fabric._store.state.links
        packets = links[at.HEAD :: at.LINK] >> at.HIGH
        rows = 1 << (links[at.TAIL :: at.LINK] & 255)
        grown = rows > first
        if packets[grown].sum() > most[0]:
            most[:] = [float(packets[grown].sum()), float(rows[grown].sum())]

    fabric.env.probe(50_000_000, look)
    hosts = np.arange(1, 256)
    fabric.submit(FlowBatch(hosts, np.zeros(255, int), np.full(255, 400_000)))
    fabric.env.run()
    return most[1] * at.PACKET * 8 / most[0]
