"""Acknowledgements of flows with given paths: over which links they come back, or why not."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.engine.environment import Environment
from netsim.errors import SimulationError
from netsim.fabric.flows import Flows, unanswered
from netsim.fabric.kernel import state as at
from netsim.fabric.schema import NetworkConfig
from netsim.fabric.service import Fabric
from netsim.rng import Streams
from netsim.scenario import check
from netsim.topology.leaf_spine import LeafSpine

DOWN = {"link": "spine1->leaf0#0", "up": False}
CUT = {"link": "spine1->leaf0", "up": False}


def network(*overrides, bundle=2):
    shape = {"leaves": 2, "spines": 2, "hosts_per_leaf": 2, "bundle": bundle}
    return LeafSpine.build(LeafSpine.Config(**shape, overrides=overrides))


def table_of(net, *, acknowledged):
    """Return the table of paths of a kernel for that network, and its arrays."""
    blocks = NetworkConfig.model_validate(
        {
            "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
            "routing": {"policy": "single"},
            "transport": {"kind": "fixed_window" if acknowledged else "open_loop"},
        }
    )
    fabric = Fabric(
        Environment(),
        net,
        packet=blocks.packet,
        routing=blocks.routing,
        transport=blocks.transport,
        streams=Streams(1),
    )
    return fabric._parts


def way_back(net, *, over):
    """Return the links, by name, on which acknowledgements of a path from host0 to host2 return."""
    paths = {net.link_names[path[1]]: path for path in net.paths(0, 2)}
    parts = table_of(net, acknowledged=True)
    _, row = parts.paths.given(paths[over])
    state = parts.store.state
    first, _, length = state.pairs[at.PAIR * row : at.PAIR * row + 3]
    links = parts.layout.number[state.ports[first : first + length]]
    return [net.link_names[link] for link in links]


def test_acknowledgements_take_the_other_direction_of_the_same_cable():
    back = way_back(network(), over="leaf0->spine1#1")

    assert back == ["leaf1->spine1#1", "spine1->leaf0#1"]


def test_where_that_is_down_they_take_another_link_of_the_bundle():
    back = way_back(network(DOWN), over="leaf0->spine1#0")

    assert back == ["leaf1->spine1#0", "spine1->leaf0#1"]


def test_a_path_without_any_working_way_back_is_an_error():
    with pytest.raises(SimulationError, match="spine1->leaf0 is down; take another path"):
        way_back(network(CUT), over="leaf0->spine1#0")


def test_a_path_needs_no_way_back_where_nothing_is_acknowledged():
    net = network(CUT)
    parts = table_of(net, acknowledged=False)
    before = parts.store.used("pairs")

    parts.paths.given(net.paths(0, 2)[1])

    assert parts.store.used("pairs") == before + at.PAIR


def flows(spine):
    one = np.array([0])
    return Flows(one, one + 2, one + 1, one, np.array([spine]))


@pytest.mark.parametrize(
    ("overrides", "spine", "named", "message"),
    [
        ((), 1, True, None),
        ((DOWN,), 1, True, None),
        ((CUT,), 0, True, None),
        ((CUT,), 1, True, "flow 0 from host0 to host2 gets no acknowledgements: no link spine1->"),
        ((CUT,), 1, False, None),
        (
            (CUT, {"link": "spine0->leaf0", "up": False}),
            1,
            False,
            "flow 0 from host0 to host2 gets no acknowledgements: no working links lead back",
        ),
        (({"link": "leaf0->host0", "up": False},), 1, True, "no link leaf0->host0 works"),
        (({"link": "leaf0->host0", "up": False},), 1, False, "no working links lead back"),
    ],
)
def test_flows_that_get_no_acknowledgements_are_told(overrides, spine, named, message):
    found = unanswered(flows(spine), network(*overrides), named=named)

    assert len(found) == (message is not None)
    assert all(message in problem.message for problem in found)


@pytest.mark.parametrize(("transport", "right"), [("fixed_window", False), ("open_loop", True)])
def test_a_scenario_says_so_before_the_run_if_its_transport_acknowledges(
    tmp_path, transport, right
):
    (tmp_path / "flows.csv").write_text("src,dst,size,start,spine\n0,2,1 MB,0,1\n")
    path = tmp_path / "cut.yaml"
    path.write_text(
        "netsim: 1\nworkload: fabric\nrouting: {policy: single}\n"
        "topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2,\n"
        "  overrides: [{link: 'spine1->leaf0', up: false}]}\n"
        f"transport: {{kind: {transport}}}\ntraffic: [{{file: flows.csv}}]\n"
    )

    scenario, found = check(path)

    assert (scenario is not None) == right
    assert [problem.message.partition(":")[2] for problem in found] == (
        [] if right else [" no link spine1->leaf0 works"]
    )
