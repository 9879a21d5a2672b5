"""An agenda and a fabric share a clock, and one may act through the other."""

from __future__ import annotations

import pytest
from branching_agenda import branching

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.fabric.batch import FlowBatch
from netsim.fabric.packet import PacketConfig
from netsim.fabric.port_level.fabric import PortFabric
from netsim.topology.leaf_spine import LeafSpine


def test_a_callback_that_sends_sees_its_flow_start_at_its_own_time(make_fabric):
    fabric = make_fabric()
    agenda = Agenda(fabric.env)
    one_packet = 4 * (4160 * 80 + 1_000_000)

    agenda.at(7_000, lambda _: fabric.transfer(0, 2, 4096))
    agenda.at(9_000, lambda _: fabric.submit(FlowBatch([1], [3], [4096])))
    fabric.env.run()

    columns = fabric.flow_columns()
    assert columns["start"].tolist() == [7_000, 9_000]
    assert columns["end_rx"].tolist() == [7_000 + one_packet, 9_000 + one_packet]
    assert fabric.env.now == 9_000 + one_packet


@pytest.mark.parametrize("first", ["agenda", "fabric"])
def test_an_agenda_beside_an_idle_fabric_does_what_it_does_alone(first):
    env, alone = Environment(), []
    branching(Agenda(env), alone, seed=4)
    env.run()

    beside, log = Environment(), []
    network = LeafSpine.build(LeafSpine.Config(leaves=1, hosts_per_leaf=2, spines=1))
    if first == "fabric":
        PortFabric(beside, network, PacketConfig())
    agenda = Agenda(beside)
    if first == "agenda":
        PortFabric(beside, network, PacketConfig())
    branching(agenda, log, seed=4)
    beside.run()

    assert (log, beside.now, beside.events) == (alone, env.now, env.events)


def test_a_fabric_and_an_agenda_that_do_not_meet_each_do_what_they_do_alone(make_fabric):
    flows = FlowBatch([0, 1, 2, 3], [2, 3, 1, 0], [90_000, 50_000, 4096, 70_000])
    alone = make_fabric()
    alone.submit(flows)
    alone.env.run()
    env, expected = Environment(), []
    branching(Agenda(env), expected, seed=5)
    env.run()
    both, log = make_fabric(), []
    branching(Agenda(both.env), log, seed=5)
    both.submit(flows)
    both.env.run()

    assert log == expected
    assert both.flow_columns()["end_rx"].tolist() == alone.flow_columns()["end_rx"].tolist()
    assert both.env.events == env.events + alone.env.events
