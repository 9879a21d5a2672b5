"""Ways, reaches and rates are those of their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

import netsim
from netsim.decentralized.mobilities.evacuation import Evacuation
from netsim.decentralized.mobilities.gauss_markov import GaussMarkov
from netsim.decentralized.mobilities.random_waypoint import RandomWaypoint
from netsim.decentralized.mobilities.relief import Relief
from netsim.decentralized.radios.disc import Disc
from netsim.decentralized.radios.path_loss import PathLoss
from netsim.rng import Streams

AREA = (0.0, 0.0, 1000.0, 1000.0)


def spread(nodes):
    return np.random.default_rng(1).random((nodes, 2)) * 1000


def test_without_pauses_a_waypoint_walker_goes_at_the_mean_of_its_legs_in_time():
    # (v2 - v1) / ln(v2 / v1), not (v1 + v2) / 2: slow legs last longer.
    config = RandomWaypoint.Config(speed=("1 m/s", "10 m/s"))
    mover = RandomWaypoint.mover(config, spread(300), AREA, Streams(1))
    mover.places(5000.0)
    before, speeds = mover.places(5000.0), []
    for time in range(5001, 5201):
        now = mover.places(float(time))
        speeds.append(np.hypot(*(now - before).T))
        before = now
    found = np.array(speeds)

    assert found.max() <= 10 + 1e-9
    error = found.mean(axis=0).std() / math.sqrt(300)
    assert abs(found.mean() - 9 / math.log(10)) < 4 * error


def test_more_walkers_change_no_other_way():
    config = RandomWaypoint.Config(speed=("1 m/s", "2 m/s"), pause="3 s")
    few = RandomWaypoint.mover(config, spread(5), AREA, Streams(1))
    many = RandomWaypoint.mover(config, spread(9), AREA, Streams(1))

    for time in (1.0, 700.0, 2000.0):
        assert few.places(time).tolist() == many.places(time)[:5].tolist()


def test_smooth_velocities_have_their_spread_and_their_memory():
    config = GaussMarkov.Config(memory=0.8, spread="2 m/s")
    nodes = 4000
    wide = (0.0, 0.0, 1e9, 1e9)
    mover = GaussMarkov.mover(config, np.full((nodes, 2), 5e8), wide, Streams(1))
    mover.places(50.0)
    first = mover.velocity.copy()
    mover.places(53.0)
    last = mover.velocity

    # Deviation 2 within 4 errors of 2 / sqrt(2 n); correlation 0.8^3 within 4 / sqrt(n).
    assert abs(last.std() - 2) < 4 * 2 / math.sqrt(4 * nodes)
    found = np.corrcoef(first.ravel(), last.ravel())[0, 1]
    assert abs(found - 0.8**3) < 4 / math.sqrt(2 * nodes)


def test_smooth_walkers_stay_in_their_area():
    config = GaussMarkov.Config(spread="100 m/s")
    mover = GaussMarkov.mover(config, spread(50), AREA, Streams(2))

    for time in np.arange(0.0, 60.0, 0.7):
        places = mover.places(float(time))
        assert (places >= 0).all()
        assert (places <= 1000).all()


def test_everybody_leaves_by_the_nearest_exit():
    exits = (("0 m", "0 m"), ("1000 m", "1000 m"))
    config = Evacuation.Config(exits=exits, reaction="10 s", speed=("5 m/s", "5 m/s"))
    start = spread(40)
    mover = Evacuation.mover(config, start, AREA, Streams(1))

    assert mover.places(0.0).tolist() == start.tolist()
    end = mover.places(1000.0)
    nearest = np.where(start.sum(axis=1)[:, None] < 1000, 0.0, 1000.0)
    assert end.tolist() == np.broadcast_to(nearest, (40, 2)).tolist()


def test_helpers_stay_in_their_discs_and_ferries_go_between_them():
    config = Relief.Config(radius="30 m", ferries=2, ferry_speed="50 m/s", pause="1 s")
    start = np.clip(spread(12), 50, 950)
    mover = Relief.mover(config, start, AREA, Streams(1))
    ways = np.array([mover.places(float(time)) for time in range(300)])
    away = np.hypot(*np.moveaxis(ways - start, 2, 0))

    assert away[:, :10].max() <= 30 + 1e-9
    visited = {
        node
        for node in range(10)
        if np.hypot(*np.moveaxis(ways[:, 10:] - start[node], 2, 0)).min() < 1e-6
    }
    assert len(visited) >= 5


def test_a_disc_reaches_up_to_its_range():
    config = Disc.Config(range="100 m")

    assert Disc.reaches(config, np.array([99.9, 100.0, 100.1]), np.zeros(3)).tolist() == [
        True,
        True,
        False,
    ]


def test_a_signal_reaches_as_far_as_its_budget_says():
    # 20 - 40 + 95 - 3 = 72 dB are left for 30 log10(d): d = 10^2.4 m.
    config = PathLoss.Config()
    reach = 10**2.4

    near = np.array([reach * 0.999, reach * 1.001])
    assert PathLoss.reaches(config, near, np.zeros(2)).tolist() == [True, False]
    # At 100 m: 20 - 40 - 60 + 95 = 15 dB, a ratio of 31.62.
    assert PathLoss.rate(config, 100.0, 0.0) == pytest.approx(1e6 * math.log2(1 + 10**1.5))
    # Six decibels of shadow take a factor of 10^(6/30) of the reach.
    shadowed = PathLoss.Config(shadowing=6)
    edge = reach / 10**0.2
    found = PathLoss.reaches(shadowed, np.array([edge * 0.999, edge * 1.001]), np.ones(2))
    assert found.tolist() == [True, False]


WALK = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 3,
    "topology": {"kind": "random_geometric", "radius": "1 m", "area": ["1 km", "1 km"]},
    "model": {"kind": "quadratic", "h": 1, "c": [0, 8, 4], "x0": 0},
    "local": {"steps": 1, "lr": 0.5},
    "rounds": 8,
    "eval": {"every": 1},
    "timing": {"mode": "sync_neighbours", "compute": "1 s"},
    "radio": {"kind": "disc", "range": "100 m"},
}


def test_nodes_hear_each_other_while_they_are_in_reach(tmp_path):
    # Node 1 stands at 0, node 0 comes from 400 m at 100 m/s and stays at 50 m; node 2 is far off.
    rows = ["time,node,x,y", "0,1,0,0", "0,2,900,900", "0,0,400,0", "3.5,0,50,0"]
    (tmp_path / "ways.csv").write_text("\n".join(rows) + "\n")
    block = {**WALK, "mobility": {"kind": "trace", "file": "ways.csv", "tick": "500 ms"}}
    import yaml

    (tmp_path / "walk.yaml").write_text(yaml.safe_dump(block))

    found = netsim.run(netsim.load(tmp_path / "walk.yaml"))

    # In reach from 3 s on, at 100 m; they share the next round that neither has begun.
    table = found.pandas("learning")
    parts = table[table["stage"] == 0].set_index("round")["components"].to_dict()
    assert [parts[number] for number in (1, 2, 3)] == [3, 3, 3]
    assert [parts[number] for number in (5, 6, 7, 8)] == [2, 2, 2, 2]
    peers = found.pandas("peers")
    assert peers[(peers["round"] == 8) & (peers["node"] == 0)]["x"].tolist() == [50]


def test_radio_links_are_as_fast_as_their_signal():
    # Two nodes that stand still: the time of a message is 8 S / (B log2(1 + SNR)).
    block = {
        **WALK,
        "nodes": 2,
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
        "topology": {"kind": "random_geometric", "radius": "1 m", "area": ["60 m", "60 m"]},
        "radio": {"kind": "path_loss"},
        "timing": {"mode": "sync_neighbours", "compute": "1 s", "message": "1 MB"},
        "rounds": 1,
    }

    found = netsim.run(netsim.load(block))

    peers = found.pandas("peers")
    last = peers[peers["round"] == 1]
    away = math.hypot(last["x"].diff().iloc[1], last["y"].diff().iloc[1])
    snr = 20 - 40 - 30 * math.log10(away) + 95
    takes = 8e6 / (1e6 * math.log2(1 + 10 ** (snr / 10)))
    assert found.runs[0]["t_end"] == pytest.approx((1 + takes) * 1e12, rel=1e-9)
