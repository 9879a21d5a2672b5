"""Figures of repeaters show what the tables hold."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks

from netsim.figures.page import page
from netsim.figures.quantum import (
    against,
    fidelity_against_age,
    pair_timeline,
    time_between_pairs,
)


@pytest.fixture(scope="module")
def results():
    return blocks.run(
        3,
        memory={"coherence": "50 ms", "raw_fidelity": 0.95},
        swap={"policy": "asap", "handshake": False},
        request={"end": "1 s", "fidelity": 0.25},
    )


def drawn(tmp_path, draw):
    with page(tmp_path / "one.png") as (axes,):
        data = draw(axes)
    assert (tmp_path / "one.png").stat().st_size > 5000
    return data, axes


def test_fidelity_against_age_lies_on_the_decay_law(tmp_path, results):
    def law(time):
        return 0.25 + 0.7 * np.exp(-8 / 3 * time / 50e-3)

    data, axes = drawn(tmp_path, lambda axes: fidelity_against_age(axes, {"a": results}, law))

    assert len(data["stored"]) > 50
    assert np.ptp(data["stored"]) > 10e-3
    assert data["fidelity"] == pytest.approx(law(data["stored"]), abs=1e-12)
    assert [line.get_label() for line in axes.lines] == ["a", "decay law"]


def test_the_timeline_holds_the_first_pairs_and_what_became_of_them(tmp_path, results):
    data, axes = drawn(tmp_path, lambda axes: pair_timeline(axes, {"a": results}))
    rows = sorted(blocks.rows(results), key=lambda row: row["created"])

    assert len(data["created"]) == 48
    assert data["created"].tolist() == [row["created"] for row in rows[:48]]
    assert set(data["cause"]) <= set(blocks.CAUSES)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["r0", "r1", "r2"]


def test_times_between_pairs_are_those_of_the_deliveries(tmp_path, results):
    data, _ = drawn(tmp_path, lambda axes: time_between_pairs(axes, {"a": results}))
    ended = sorted(r["ended"] for r in blocks.rows(results) if r["cause"] == "delivered")

    assert data["between"] == pytest.approx(np.sort(np.diff(ended)) * 1e-12)
    assert data["share"][-1] == 1


def test_a_study_is_drawn_with_its_bounds_and_without_what_is_not_there(tmp_path):
    data, axes = drawn(
        tmp_path,
        lambda axes: against(
            axes, ("km", [1, 2, 3]), "key", {"one": [3, 1, 0]}, {"bound": [9, 8, 7]}
        ),
    )

    assert axes.get_yscale() == "log"
    assert data["curve"].tolist() == ["one", "one", "bound", "bound", "bound"]
    assert data["y"].tolist() == [3, 1, 9, 8, 7]
