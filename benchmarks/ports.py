"""CPU seconds of the executor of port-level networks (`fidelity: ideal`), without tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measure import REPEATS, Result, at_most, cpu

RANKS = 1024


def run() -> Iterator[Result]:
    """Yield the time of a ring all-reduce, and of all-to-alls posted at once."""
    ring = _ring(RANKS)
    yield _timed(f"ring of {RANKS:,} ranks, {len(ring):,} dependent messages", RANKS, ring, 0.5)
    linear = _all_to_all(512, shuffled=False)
    yield _timed(f"{len(linear):,} messages posted at once, 512 ranks", 512, linear, 0.2)
    shuffled = _all_to_all(512, shuffled=True)
    yield _timed(f"{len(shuffled):,} messages in random order, 512 ranks", 512, shuffled, None)


def _timed(name: str, hosts: int, batch: Any, most: float | None) -> Result:
    """Return the CPU seconds between the submission of `batch` and its end."""
    values = []
    for _ in range(REPEATS):
        network = fabric(hosts)
        network.submit(batch)
        seconds, _ = cpu(network.env.run)
        values.append(seconds)
    if most is None:
        return Result(name, "CPU s", tuple(values))
    return at_most(name, "CPU s", values, most)


def fabric(hosts: int) -> Any:
    """Return a fabric of that many hosts at fidelity `ideal`, on an environment of its own."""
    from netsim.engine.environment import Environment
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.port_level.fabric import PortFabric
    from netsim.topology.leaf_spine import LeafSpine

    shape = LeafSpine.Config(leaves=hosts // 32, hosts_per_leaf=32, spines=32)
    return PortFabric(Environment(), LeafSpine.build(shape), PacketConfig())


def _ring(ranks: int) -> Any:
    """Return a ring all-reduce of 1 GiB: each rank sends on what it has just received."""
    from netsim.fabric.batch import FlowBatch

    rounds = 2 * (ranks - 1)
    src = np.tile(np.arange(ranks), rounds)
    step = np.repeat(np.arange(rounds), ranks)
    first = np.maximum(0, np.arange(rounds * ranks + 1) - ranks)
    waits_for = (step[ranks:] - 1) * ranks + (src[ranks:] - 1) % ranks
    size = np.full(len(src), (1 << 30) // ranks)
    return FlowBatch(src, (src + 1) % ranks, size, predecessors=(first, waits_for))


def _all_to_all(ranks: int, *, shuffled: bool) -> Any:
    """Return an all-to-all in which rank i sends to i + 1, i + 2, ... or in an order of its own."""
    from netsim.fabric.batch import FlowBatch

    src = np.repeat(np.arange(ranks), ranks - 1)
    ahead = np.tile(np.arange(1, ranks), (ranks, 1))
    if shuffled:
        ahead = np.random.Generator(np.random.Philox(1)).permuted(ahead, axis=1)
    dst = (src + ahead.reshape(-1)) % ranks
    return FlowBatch(src, dst, np.full(len(src), 1 << 20))
