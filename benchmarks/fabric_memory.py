"""Bytes that the kernel keeps per packet in flight and per flow, read off its arrays."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Result, at_most

PER_PACKET = ("packets",)
PER_FLOW = ("flows", "reals", "bits", "policy_flows", "batch_of", "class_of", "due", "fresh")


def run() -> Iterator[Result]:
    """Yield bytes per packet and per flow for every transport, on 256 hosts."""
    for transport in ("open_loop", "fixed_window", "dctcp"):
        store = _store(transport)
        state = store.state
        packets = len(state.packets) // 4
        total = sum(getattr(state, name).nbytes for name in PER_PACKET)
        yield at_most(f"{transport}: memory per packet in flight", "B", [total / packets], 64)
        total = sum(getattr(state, name).nbytes for name in PER_FLOW)
        most = 320 if transport == "dctcp" else 256
        yield at_most(f"{transport}: memory per live flow", "B", [total / store.flow_room], most)


def _store(transport: str):
    from netsim.engine.environment import Environment
    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.service import Fabric
    from netsim.registry import lookup
    from netsim.rng import Streams

    shape = {"leaves": 16, "spines": 16, "hosts_per_leaf": 16}
    topology, sender = lookup("topology", "leaf_spine"), lookup("transport", transport)
    policy = lookup("routing", "rps")
    env = Environment()
    fabric = Fabric(
        env,
        topology.build(topology.Config.model_validate(shape)),
        packet=PacketConfig.model_validate({}),
        routing=_named(policy.Config, policy="rps"),
        transport=_named(sender.Config, kind=transport),
        streams=Streams(1),
        expected_flows=4096,
    )
    hosts = list(range(256))
    fabric.submit(FlowBatch(hosts, hosts[16:] + hosts[:16], [100_000] * 256))
    env.run()
    return fabric._store


def _named(config: type, **name: str):
    """Return the defaults of `config` as a scenario that chose it by `name` would have them."""
    from netsim.fields import OneOf

    ((key, value),) = name.items()
    kind = "routing" if key == "policy" else "transport"
    return OneOf(kind, key=key).models()[value].model_validate(name)
