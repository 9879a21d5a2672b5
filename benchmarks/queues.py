"""Ports that act against plain ones and a heap of events; kernels compiled one after another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from benchmarks import heapq_loop
from benchmarks.measure import REPEATS, Result, at_least, at_most, cpu

#: Data packets of 10 MB flows between 256 hosts.
SHAPE, SIZE = (16, 16, 16), 10_000_000


def run() -> Iterator[Result]:
    """Yield speeds of slow ports, and what kernels take to compile in one process."""
    yield from _speeds()
    yield from _memory()
    yield from _compiled()


def _speeds() -> Iterator[Result]:
    """Alternate plain ports, slow ones, classes and the heap loop; compare pair by pair."""
    found: dict[str, list[float]] = {"plain": [], "order": [], "strict": [], "loop": []}
    for turn in range(REPEATS + 1):
        with kernel_time() as spent, acting(None):
            plain = simulate({}) / spent()
        with kernel_time() as spent, acting("order"):
            order = simulate({}) / spent()
        with kernel_time() as spent:
            strict = simulate({"classes": "strict"}) / spent()
        seconds, (hops, _) = cpu(lambda: heapq_loop.permutation(*SHAPE, SIZE // 10))
        if turn == 0:
            continue  # kernels are loaded, and memory is touched
        for name, speed in zip(found, (plain, order, strict, hops / seconds), strict=True):
            found[name].append(speed)
    words = "data packet-hops a kernel CPU s, 256 hosts, 10 MB, rps / fixed_window: "
    yield Result(f"{words}plain ports", "1/s", tuple(found["plain"]))
    yield Result(f"{words}slow ports in order", "1/s", tuple(found["order"]))
    yield Result(f"{words}classes: strict", "1/s", tuple(found["strict"]))
    pairs = zip(found["order"], found["plain"], strict=True)
    yield at_least("slow ports in order / plain ports", "ratio", [a / b for a, b in pairs], 0.6)
    pairs = zip(found["strict"], found["loop"], strict=True)
    yield at_least("classes: strict / plain heapq loop", "ratio", [a / b for a, b in pairs], 10)


def _memory() -> Iterator[Result]:
    """Measure what waiting packets take: many flows into one port that never drops."""
    import numpy as np

    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.kernel import state as at

    fabric = fabric_of((2, 16, 16), {"classes": "strict"}, transport="open_loop")
    senders = np.arange(1, 32)
    fabric.submit(FlowBatch(senders, np.zeros(31, np.int64), np.full(31, 4096 * 8_500)))
    before = int(fabric._store.state.clock[at.ARENA])
    most = [0]

    def look(now: int) -> None:
        queues = fabric._store.state.queues.reshape(-1, at.QUEUE)
        most[0] = max(most[0], int(queues[:, at.HELD].max()))

    fabric.env.probe(100_000_000, look)
    fabric.env.run()
    rows = int(fabric._store.state.clock[at.ARENA]) - before
    size = [8.0 * at.PACKET * rows / most[0]]
    yield at_most(f"arena per packet, {most[0]:,} in one queue", "B", size, 64)


@contextmanager
def kernel_time() -> Iterator[Any]:
    """Count the CPU seconds of kernel calls."""
    from netsim.fabric.kernel import native

    call = native.Kernel.__call__
    spent = [0.0]

    def timed(*arguments: Any) -> int:
        begin = time.process_time()
        status = call(*arguments)
        spent[0] += time.process_time() - begin
        return status

    native.Kernel.__call__ = timed  # type: ignore[method-assign]
    try:
        yield lambda: spent[0]
    finally:
        native.Kernel.__call__ = call  # type: ignore[method-assign]


@contextmanager
def acting(kind: str | None) -> Iterator[None]:
    """Let plain ports be slow ones that keep the order, if `kind` says so."""
    from netsim.fabric.kernel import assemble
    from netsim.fabric.queues.limited import IN_ORDER

    usual = assemble.slow_ports
    if kind is not None:
        assemble.slow_ports = lambda *_: IN_ORDER
    try:
        yield
    finally:
        assemble.slow_ports = usual


def fabric_of(shape: Any, queue: Mapping[str, Any], transport: str = "fixed_window") -> Any:
    """Return a leaf-spine of 100 Gb/s under random spraying, with a queue block."""
    from pydantic import TypeAdapter

    from netsim.engine.environment import Environment
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.service import Fabric
    from netsim.fields import Config, OneOf
    from netsim.rng import Streams
    from netsim.topology.leaf_spine import LeafSpine

    def block(what: str, key: str, /, **fields: Any) -> Any:
        return TypeAdapter(Annotated[Config, OneOf(what, key=key)]).validate_python(fields)

    leaves, hosts, spines = shape
    return Fabric(
        Environment(),
        LeafSpine.build(LeafSpine.Config(leaves=leaves, hosts_per_leaf=hosts, spines=spines)),
        packet=PacketConfig(),
        routing=block("routing", "policy", policy="rps"),
        transport=block("transport", "kind", kind=transport),
        queue=block("queue", "kind", kind="drop_tail", **queue),
        streams=Streams(1),
    )


def simulate(queue: Mapping[str, Any]) -> int:
    """Run a permutation; return its data packet-hops."""
    import numpy as np

    from netsim.fabric.batch import FlowBatch

    fabric = fabric_of(SHAPE, queue)
    count = fabric.network.host_count
    order = np.random.default_rng(1).permutation(count)
    src, dst = order, np.roll(order, 1)
    fabric.submit(FlowBatch(src, dst, np.full(count, SIZE)))
    fabric.env.run()
    return int(fabric.packet_hops)


def _compiled() -> Iterator[Result]:
    """Compile two kernels in a fresh process; tell what the second one takes."""
    first, second = [], []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, __file__],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "NETSIM_CACHE": folder},
            )
        one, two = json.loads(done.stdout)
        first.append(one)
        second.append(two)
    yield at_most("first kernel of a process: rps / fixed_window", "CPU s", first, 7)
    yield at_most("second one: ecmp / dctcp", "CPU s", second, 3)


def compile_two() -> list[float]:
    """Return the CPU seconds that two kernels take, one after the other, imports included."""
    begin = time.process_time()
    from netsim import registry
    from netsim.fabric.kernel import builder

    spent = []
    for policy, transport in (("rps", "fixed_window"), ("ecmp", "dctcp")):
        models = registry.lookup("routing", policy), registry.lookup("transport", transport)
        builder.build(*models)
        spent.append(time.process_time() - begin)
        begin = time.process_time()
    return spent


if __name__ == "__main__":
    print(json.dumps(compile_two()))
