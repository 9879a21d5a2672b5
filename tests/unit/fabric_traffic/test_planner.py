"""Paths for flows that bring none, under a policy that plans."""

from __future__ import annotations

import numpy as np

from netsim.fabric.planning.equitable import plan
from netsim.fabric.planning.planner import Planner
from netsim.fabric.wiring import Wiring
from netsim.topology.leaf_spine import LeafSpine


def planner(spines: int = 4) -> Planner:
    shape = {"leaves": 2, "spines": spines, "hosts_per_leaf": 8}
    return Planner(Wiring(LeafSpine.build(LeafSpine.Config.model_validate(shape))), plan)


def test_lone_messages_take_the_path_with_the_least_planned_bytes() -> None:
    planning = planner(spines=4)

    paths = [planning.alone(key, key, 8 + key, 1000) for key in range(4)]

    assert len({path[1] for path in paths}) == 4


def test_a_message_that_is_over_frees_its_path() -> None:
    planning = planner(spines=4)
    first = planning.alone(0, 0, 8, 1000)
    for key in range(1, 4):
        planning.alone(key, key, 8 + key, 2000)

    planning.release(0)

    assert planning.alone(4, 4, 12, 500)[1:-1] == first[1:-1]


def test_lone_messages_avoid_what_a_batch_has_planned() -> None:
    planning = planner(spines=4)
    hosts = np.arange(3)
    batch = planning.batch(0, hosts, hosts + 8, np.full(3, 1000))

    alone = planning.alone(1, 3, 11, 1000)

    assert alone[1] not in {path[1] for path in batch}


def test_a_path_leads_from_host_to_host_through_their_leaves() -> None:
    planning = planner()

    inside, across = planning.alone(0, 0, 1, 1), planning.alone(1, 0, 8, 1)

    assert (len(inside), len(across)) == (2, 4)
