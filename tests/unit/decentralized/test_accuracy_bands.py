"""Accuracies of the digits study lie where an independent program found them.

50 nodes, Barabasi-Albert m = 2, 64-32-10, rate 0.1, batches of 16, an epoch a round, five seeds.
The bands of +-0.04 are twice what two programs with their own random numbers differed by.
"""

from __future__ import annotations

import numpy as np
import pytest

from netsim.verify.scenarios import simulate

BASE = {
    "workload": "decentralized",
    "replications": 5,
    "nodes": 50,
    "topology": {"kind": "barabasi_albert", "m": 2},
    "rounds": 100,
    "eval": {"every": 50},
}


def differing(**init):
    return {"model": {"kind": "mlp", "init": {"same": False, **init}}}


def label_skew(alpha):
    return {"data": {"kind": "digits", "partition": {"kind": "dirichlet_label", "alpha": alpha}}}


#: Setting, accuracy after 50 and after 100 rounds.
BANDS = {
    "no exchange": ({"topology": {"kind": "edges", "edges": []}}, 0.621, 0.684),
    "same start": ({}, 0.855, 0.916),
    "different starts": (differing(), 0.514, 0.825),
    "variance correction": (
        {**differing(), "aggregate": {"variance_correction": True}},
        0.859,
        0.922,
    ),
    "gain of the stationary vector": (differing(gain="v_steady"), 0.784, 0.904),
    "Dirichlet 0.5": (label_skew(0.5), 0.822, 0.901),
    "Dirichlet 0.1": ({**label_skew(0.1)}, 0.643, 0.821),
    "momentum": (
        {**differing(), "local": {"epochs": 1, "lr": 0.05, "momentum": 0.9}},
        0.898,
        0.945,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BANDS)
def test_the_accuracy_lies_in_its_band(name):
    changes, at_50, at_100 = BANDS[name]
    if "data" in changes:
        changes["data"]["partition"]["min_size"] = 0

    table = simulate({**BASE, **changes}).table("learning")

    turn, accuracy = table["round"].to_numpy(), table["accuracy"].to_numpy()
    assert accuracy[turn == 50].mean() == pytest.approx(at_50, abs=0.04)
    assert accuracy[turn == 100].mean() == pytest.approx(at_100, abs=0.04)


def survivors(holders, share, at, select="degree"):
    scenario = {
        **BASE,
        "rounds": 120,
        "data": {"kind": "digits", "holders": holders},
        "disruption": [
            {"kind": "node_drop", "at": {"round": at}, "fraction": share, "select": select}
        ],
    }
    result = simulate(scenario)
    last = result.table("learning").to_pylist()
    isolated = [row["accuracy_isolated"] for row in last if row["round"] == 120]
    return np.mean([row["accuracy"] for row in result.runs]), np.nanmean(
        [np.nan if one is None else one for one in isolated]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "relays", "data"),
    [(0.1, (0.908, 0.908), (0.905, 0.913)), (0.3, (0.834, 0.865), (0.776, 0.849))],
)
def test_the_loss_of_hubs_costs_what_it_should(share, relays, data):
    for place, at in enumerate((0, 60)):
        assert survivors("survivors", share, at)[0] == pytest.approx(relays[place], abs=0.04)
        assert survivors("all", share, at)[0] == pytest.approx(data[place], abs=0.04)


@pytest.mark.slow
def test_what_is_worse_than_what():
    early, late = survivors("all", 0.3, 0), survivors("all", 0.3, 60)

    assert survivors("all", 0.3, 20, "random")[0] > survivors("all", 0.3, 20)[0]
    assert survivors("survivors", 0.3, 20)[0] > survivors("all", 0.3, 20)[0]
    assert late[0] > early[0]
    assert late[1] > early[1]
