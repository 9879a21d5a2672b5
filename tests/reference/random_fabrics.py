"""Random small simulations on a fabric, and a digest of all that can be seen of one.

Only public calls are used, so the digests of an earlier version can be kept and compared.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import TypeAdapter

from netsim.engine.environment import Environment
from netsim.errors import TransferCancelled, TransferFailed
from netsim.fabric.batch import FlowBatch
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric
from netsim.fields import Config, OneOf
from netsim.rng import Streams
from netsim.topology.file import read_topology
from netsim.topology.leaf_spine import LeafSpine

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
#: Few pairs of policy and transport, since each is compiled.
KERNELS = (("rps", "fixed_window"), ("rr", "fixed_window"), ("ecmp", "dctcp"), ("rps", "open_loop"))


def block(kind, key, /, **fields):
    return TypeAdapter(Annotated[Config, OneOf(kind, key=key)]).validate_python(fields)


def columns_of(fabric):
    """Return flows and links as plain lists, unknown instants as -1.

    A column that came after the digests that are kept is not among them.
    """
    tables = {**fabric.flow_columns(), **{f"l_{k}": v for k, v in fabric.link_columns().items()}}
    tables.pop("pieces", None)
    return {name: np.ma.filled(column, -1).tolist() for name, column in tables.items()}


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


class Case:
    """One random simulation: everything about it follows from `seed`."""

    def __init__(self, seed):
        self.seed = seed
        self.draws = np.random.default_rng(seed)
        self.log = []
        self.network = self._network()
        self.policy, self.transport = self._pick(KERNELS)
        self.payload = int(self._pick((4096, 4096, 1000, 256)))
        header, ack = self._pick((64, 64, 40)), self._pick((64, 64, 40))
        self.fabric = Fabric(
            Environment(),
            self.network,
            packet=PacketConfig(payload=f"{self.payload} B", header=f"{header} B", ack=f"{ack} B"),
            routing=block("routing", "policy", policy=self.policy),
            transport=self._transport(),
            queue=self._queue(),
            streams=Streams(seed + 1),
            slice_events=int(self._pick((1 << 18, 1 << 18, 1, 7))),
        )

    def run(self):
        """Run it; return the digest of all flows, links and what processes and probes saw."""
        draws, env = self.draws, self.fabric.env
        batches = int(self._pick((0, 1, 1, 2)))
        for _ in range(batches):
            env.process(self._submits(self._batch(), int(self._pick((0, 0, 777_777)))))
        for number in range(int(self._pick((0, 1, 5) if batches else (1, 3, 9)))):
            env.process(self._sends(number, int(draws.integers(1, 8))))
        if draws.random() < 0.2:
            env.process(self._cancels())
        if draws.random() < 0.3:
            env.probe(int(self._pick((100_000, 1_234_567, 20_000_000))), self._look)
        until = int(draws.integers(1, 100_000_000)) if draws.random() < 0.2 else None
        env.run(until)
        return digest([self.log, env.now, self.fabric.now, columns_of(self.fabric)])

    def _pick(self, options):
        return options[self.draws.integers(len(options))]

    def _network(self):
        name = self._pick(("", "", "", "dumbbell.yaml", "fat_tree_k4.json", "ring.graphml"))
        if name:
            return read_topology(TOPOLOGIES / name)
        delay = int(self._pick((0, 1, 1000, 100_000, 500_000, 1_000_000, 3_000_000)))
        rates = ("100 Gbps", "100 Gbps", "25 Gbps", "30 Gbps")
        bundle = int(self._pick((1, 1, 2)))
        slow = {"link": "leaf0->spine0", "rate": "10 Gbps", "delay": "2 us"}
        return LeafSpine.build(
            LeafSpine.Config(
                leaves=int(self.draws.integers(1, 5)),
                spines=int(self.draws.integers(1, 5)),
                hosts_per_leaf=int(self.draws.integers(2, 6)),
                bundle=bundle,
                host_link={"rate": self._pick(rates), "delay": f"{delay} ps"},
                fabric_link={
                    "rate": self._pick(("100 Gbps", "40 Gbps", "7 Gbps")),
                    "delay": f"{int(self._pick((delay, delay, 0, 700_000)))} ps",
                },
                switch_latency=f"{self._pick((0, 0, 50_000))} ps",
                overrides=(slow,) if bundle == 1 and self.draws.random() < 0.3 else (),
            )
        )

    def _transport(self):
        fields = {"nic": self._pick(("rr", "rr", "fifo"))}
        if self.transport != "open_loop":
            fields["retries"] = int(self._pick((16, 16, 3, 1)))
            if self.draws.random() < 0.5:
                fields["rto"] = f"{self._pick((20_000_000, 3_000_000, 100_000, 500_000))} ps"
        if self.transport == "fixed_window":
            fields["window"] = float(self._pick((1.5, 0.5, 4.0)))
        return block("transport", "kind", kind=self.transport, **fields)

    def _queue(self):
        if self.draws.random() < 0.3:
            return None
        fields = {"capacity": f"{(self.payload + 64) * self._pick((1, 2, 5, 20))} B"}
        if self.draws.random() < 0.6:
            most = self.payload * self._pick((1, 3))
            chance = float(self._pick((1, 0.5)))
            fields["ecn"] = {"kmin": f"{self.payload} B", "kmax": f"{most} B", "pmax": chance}
        return block("queue", "kind", kind="drop_tail", **fields)

    def _batch(self):
        draws, hosts = self.draws, self.network.host_count
        count = int(draws.integers(1, 40))
        src = draws.integers(hosts, size=count)
        dst = (src + 1 + draws.integers(hosts - 1, size=count)) % hosts
        if draws.random() < 0.4:
            src, dst = np.where(src == 0, 1, src), np.zeros(count, int)
        size = (self.payload * draws.choice([0, 0.01, 1, 1.3, 3, 17, 150], count)).astype(int)
        start = self._pick((np.zeros(count, int), draws.integers(0, 50_000_000, count)))
        first, flows, lags = [0], [], []
        options = self._pick(([0], [0, 1, 1000], [0, 300_000, 5_000_000]))
        for flow in range(count):
            many = int(draws.integers(0, 4)) if flow else 0
            before = np.unique(draws.integers(max(0, flow - 10), flow, many)) if many else []
            flows += [int(other) for other in before]
            lags += [int(draws.choice(options))] * len(before)
            first.append(len(flows))
            if len(before) and draws.random() < 0.5 and src[flow] != dst[before[0]] != dst[flow]:
                src[flow] = dst[before[0]]
        trigger = "tx" if self.transport != "open_loop" and draws.random() < 0.3 else "rx"
        waits = (first, flows) if draws.random() < 0.6 else None
        lag = lags if waits is not None else 0
        return FlowBatch(src, dst, size, start, predecessors=waits, lag=lag, trigger=trigger)

    def _look(self, now):
        self.log.append((now, "probe", digest(columns_of(self.fabric))))

    def _submits(self, batch, delay):
        yield self.fabric.env.timeout(delay)
        try:
            told = str((yield self.fabric.submit(batch)))
        except TransferFailed as failed:
            told = str(failed)
        self.log.append((self.fabric.env.now, told, digest(columns_of(self.fabric))))

    def _sends(self, number, count):
        draws = np.random.default_rng([self.seed, number])
        hosts, env = self.network.host_count, self.fabric.env
        for turn in range(count):
            if draws.random() < 0.4:
                yield env.timeout(int(draws.integers(0, 3_000_000)))
            src = int(draws.integers(hosts))
            dst = (src + 1 + int(draws.integers(hosts - 1))) % hosts
            try:
                size = int(self.payload * draws.choice([0, 0.3, 1, 2.5, 9, 60]))
                told = str((yield self.fabric.transfer(src, dst, size)))
            except TransferFailed as failed:
                told = str(failed)
            self.log.append((env.now, number, turn, told, digest(columns_of(self.fabric))))

    def _cancels(self):
        env = self.fabric.env
        yield env.timeout(int(self.draws.integers(1, 9_000_000)))
        transfer = self.fabric.transfer(0, 1, self.payload * 40)
        yield env.timeout(int(self.draws.integers(1, 9_000_000)))
        transfer.cancel()
        try:
            yield transfer
        except TransferCancelled:
            self.log.append((env.now, "cancelled"))
