"""The share that a long run shows while it goes."""

from __future__ import annotations

import netsim
from netsim import simulate


class Shares:
    """Notes the share of work done whenever it is told of a slice."""

    def __init__(self):
        self.simulation = None
        self.seen = []

    def begin(self, replication, replications, simulation, until):
        self.simulation = simulation

    def on_slice(self, now, events):
        self.seen.append(self.simulation.progress())

    def end(self):
        pass


def test_the_share_of_a_fabric_run_grows_from_nothing_to_everything():
    topology = {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 4}
    scenario = {
        "netsim": 1,
        "workload": "fabric",
        "topology": topology,
        "routing": {"policy": "stripe"},
        "transport": {"kind": "open_loop"},
        "traffic": [{"pattern": "permutation", "size": "100 MB"}],
    }
    shares = Shares()

    simulate.run(netsim.load(scenario), watchers=[shares])

    assert len(shares.seen) >= 3
    assert shares.seen == sorted(shares.seen)
    assert 0 < shares.seen[0] < 0.8
    assert shares.seen[-1] == 1
