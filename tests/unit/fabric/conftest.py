"""Fabrics for tests, built straight from blocks."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter

from netsim.engine.environment import Environment
from netsim.fabric.packet import PacketConfig
from netsim.fabric.service import Fabric
from netsim.fields import Config, OneOf
from netsim.rng import Streams
from netsim.topology.leaf_spine import LeafSpine


def block(kind, key, /, **fields):
    """Return the validated block of a registered implementation."""
    return TypeAdapter(Annotated[Config, OneOf(kind, key=key)]).validate_python(fields)


@pytest.fixture
def make_fabric():
    """Return a function that builds a leaf-spine fabric on an environment of its own."""

    def make(
        shape=(2, 2, 2),
        policy="stripe",
        transport="open_loop",
        *,
        packet=None,
        queue=None,
        topology=None,
        window=None,
        rto=None,
        retries=None,
        doublings=None,
        seed=1,
        **options,
    ):
        leaves, hosts, spines = shape
        network = LeafSpine.build(
            LeafSpine.Config(leaves=leaves, hosts_per_leaf=hosts, spines=spines, **(topology or {}))
        )
        given = {"window": window, "rto": rto, "retries": retries, "doublings": doublings}
        chosen = {name: value for name, value in given.items() if value is not None}
        return Fabric(
            Environment(),
            network,
            packet=packet or PacketConfig(),
            routing=block("routing", "policy", policy=policy),
            transport=block("transport", "kind", kind=transport, **chosen),
            queue=None if queue is None else block("queue", "kind", kind="drop_tail", **queue),
            streams=Streams(seed),
            **options,
        )

    return make
