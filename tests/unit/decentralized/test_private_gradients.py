"""Gradients cut to a norm and drowned in noise: exact without either, variances by hand."""

from __future__ import annotations

import numpy as np
import pytest

import netsim
from netsim.errors import NetsimError
from netsim.rng import normals
from netsim.verify.scenarios import simulate


def models(rounds, **changes):
    block = {
        "workload": "decentralized",
        "nodes": 4,
        "topology": {"kind": "edges", "edges": []},
        "model": {"kind": "quadratic", "h": 1, "c": [[3, 4]] * 4, "x0": 0},
        "local": {"steps": 1, "lr": 0.1},
        "rounds": max(rounds),
        "eval": {"every": max(rounds)},
        "record": {"vectors": list(rounds)},
    }
    table = simulate({**block, **changes}).table("vectors")
    return table["value"].to_numpy().reshape(len(rounds), -1, 2)


def test_a_step_is_no_longer_than_the_clip_times_the_rate():
    # The gradient at 0 is -(3, 4), of norm 5: cut to 1 it is -(0.6, 0.8).
    found = models([1, 10], local={"steps": 1, "lr": 0.1, "clip": 1})

    assert found[0] == pytest.approx(np.tile([0.06, 0.08], (4, 1)), abs=1e-12)
    assert found[1] == pytest.approx(np.tile([0.6, 0.8], (4, 1)), abs=1e-12)


def test_a_clip_that_is_never_reached_changes_no_bit():
    assert (models([7], local={"lr": 0.1, "clip": 100}) == models([7])).all()


def test_noise_has_the_deviation_that_it_says():
    # With h = 0 a model is the sum of 50 steps of -0.1 x 0.5 x 2 n: a variance of 50 x 0.01. The
    # variance of 2,000 squares is known to sqrt(2 / 2,000) of itself.
    wide = {"kind": "quadratic", "h": 0, "c": 0, "x0": [[0.0, 0.0]] * 1000}
    local = {"steps": 5, "lr": 0.1, "clip": 2, "noise": 0.5}
    found = models([10], nodes=1000, model=wide, local=local)

    assert abs(np.var(found) / 0.5 - 1) < 5 * np.sqrt(2 / 2000)
    assert abs(found.mean()) < 5 * np.sqrt(0.5 / 2000)


def test_noise_of_a_node_is_its_own():
    local = {"steps": 2, "lr": 0.1, "clip": 2, "noise": 0.5}
    drop = {"kind": "node_drop", "at": {"round": 0}, "nodes": [1]}
    whole, rest = models([5], local=local), models([5], local=local, disruption=[drop])

    assert (whole[0][[0, 2, 3]] == rest[0][[0, 2, 3]]).all()
    assert len({tuple(row) for row in whole[0].tolist()}) == 4


def test_perceptrons_have_noise_too():
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 10,
        "topology": {"kind": "ring"},
        "rounds": 20,
        "local": {"lr": 0.1, "clip": 0.5},
    }
    clean = netsim.run(netsim.load(block)).runs[0]["accuracy"]
    noisy = {**block, "local": {**block["local"], "noise": 2.0}}

    assert netsim.run(netsim.load(noisy)).runs[0]["accuracy"] < clean - 0.1


def test_normal_numbers_are_normal_and_repeat():
    found = normals(5, np.arange(1000)[:, None], np.arange(200))

    assert (found == normals(5, np.arange(1000)[:, None], np.arange(200))).all()
    assert found[3, 4] == normals(5, 3, 4)
    count = found.size
    assert abs(found.mean()) < 5 / np.sqrt(count)
    assert abs(found.var() - 1) < 5 * np.sqrt(2 / count)
    # The share beyond two deviations, 4.55 %.
    share = (np.abs(found) > 2).mean()
    assert abs(share - 0.04550026) < 5 * np.sqrt(0.0455 / count)


def test_noise_without_a_clip_is_refused():
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 4,
        "topology": {"kind": "ring"},
        "local": {"noise": 1},
    }

    with pytest.raises(NetsimError, match="noise is measured in clips"):
        netsim.load(block)
