"""Networks that points share: one of equal blocks, few, small, and never another's."""

from __future__ import annotations

import gc
import weakref

import netsim
from netsim.topology.leaf_spine import LeafSpine
from netsim.topology.reuse import MOST_KEPT, MOST_LINKS, once_per_network, reused

SCENARIO = {
    "netsim": 1,
    "workload": "fabric",
    "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
    "routing": {"policy": "rps"},
    "traffic": [{"pattern": "permutation", "size": "64 kB"}],
}


def shape(spines, **fields):
    return LeafSpine.Config(leaves=2, spines=spines, hosts_per_leaf=2, **fields)


def test_equal_blocks_give_one_network_and_others_another():
    assert LeafSpine.build(shape(3)) is LeafSpine.build(shape(3))
    assert LeafSpine.build(shape(3)) is not LeafSpine.build(shape(4))
    assert LeafSpine.build(shape(3)) is not LeafSpine.build(shape(3, switch_latency="1 ns"))


def test_only_the_last_few_networks_are_kept():
    first = weakref.ref(LeafSpine.build(shape(1)))
    for spines in range(2, 1 + MOST_KEPT):
        LeafSpine.build(shape(spines))
    gc.collect()
    assert first() is LeafSpine.build(shape(1))

    for spines in range(2, 2 + MOST_KEPT):
        LeafSpine.build(shape(spines))
    gc.collect()

    assert first() is None


def test_a_large_network_is_not_kept():
    # Two leaves have 2 * 2 * hosts directed links to hosts, and 2 * 2 * spines between switches.
    large = shape(MOST_LINKS // 4)

    assert LeafSpine.build(large).link_count > MOST_LINKS
    assert LeafSpine.build(large) is not LeafSpine.build(large)


def test_work_is_done_once_per_network_and_forgotten_with_it():
    calls = []

    @once_per_network
    def work(network, factor):
        calls.append(factor)
        return factor * network.link_count

    one, other = (LeafSpine.build.__wrapped__(shape(spines)) for spines in (1, 2))
    # Hosts have 8 directed links, and each spine has 4.
    found = [work(network, factor) for network in (one, other, one) for factor in (1, 10)]
    assert found == [12, 120, 16, 160, 12, 120]
    assert calls == [1, 10, 1, 10]

    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_a_reusing_builder_asks_its_block_alone():
    built = []
    build = reused(lambda block: built.append(block) or LeafSpine.build.__wrapped__(block))

    for spines in (1, 2, 1, 2):
        assert build(shape(spines)).spines == spines

    assert [block.spines for block in built] == [1, 2]


def test_runs_that_share_a_network_are_as_those_that_do_not(monkeypatch):
    scenario = netsim.load(SCENARIO)
    shared = [netsim.run(scenario, seed=seed) for seed in (1, 2, 1)]
    monkeypatch.setattr(LeafSpine, "build", staticmethod(LeafSpine.build.__wrapped__))
    alone = [netsim.run(scenario, seed=seed) for seed in (1, 2, 1)]

    for name in ("flows", "link_totals", "hosts", "runs"):
        assert all(a.table(name).equals(b.table(name)) for a, b in zip(shared, alone, strict=True))
