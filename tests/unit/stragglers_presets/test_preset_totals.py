"""Total times of the presets against an independent simulator's, with the orders that follow.

n = 256, J = 480, mu = 1, 2.2013 s per full data set, constant load. The references are means and
standard errors of 60 replications of another program; a mean must agree within 5 %, or within three
joint standard errors where that is wider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from netsim.delays.process import read
from netsim.fields import OneOf
from netsim.stragglers.batch import compare
from netsim.stragglers.waiting import WaitConfig

REPLICATIONS = 60
PER_LOAD = 2.2013


@dataclass(frozen=True)
class Row:
    """One row of references: preset, policy, rule, and by scheme block the mean and its error."""

    preset: str
    policy: str
    rule: str
    totals: tuple[tuple[dict[str, Any], float, float], ...]
    per_load: float = PER_LOAD


def gc(s: int) -> dict[str, Any]:
    return {"scheme": "gc", "s": s}


def m(B: int, W: int, lam: int) -> dict[str, Any]:
    return {"scheme": "m_sgc", "B": B, "W": W, "lambda": lam}


def sr(B: int, W: int, lam: int) -> dict[str, Any]:
    return {"scheme": "sr_sgc", "B": B, "W": W, "lambda": lam}


UNCODED: dict[str, Any] = {"scheme": "uncoded"}

FIXED = {
    "isolated, all, chosen by a probe": Row(
        "isolated",
        "all",
        "model",
        (
            (UNCODED, 2148, 19),
            (gc(14), 809, 7),
            (sr(1, 2, 27), 713, 4),
            (m(1, 2, 28), 686, 7),
        ),
    ),
    "isolated, all, near the best": Row(
        "isolated", "all", "model", ((gc(18), 684.6, 1.6), (m(1, 2, 36), 627, 6))
    ),
    "isolated, minimal, published parameters": Row(
        "isolated",
        "minimal",
        "model",
        (
            (UNCODED, 2148, 19),
            (gc(15), 651.1, 0.1),
            (sr(2, 3, 23), 645.4, 0.3),
            (m(1, 2, 27), 573, 4),
        ),
    ),
    "isolated, dear load, all": Row(
        "isolated",
        "all",
        "model",
        ((UNCODED, 2160, 20), (gc(12), 973.8, 4.0), (m(1, 2, 28), 679, 6)),
        per_load=8.0,
    ),
    "mild, minimal, published parameters": Row(
        "mild",
        "minimal",
        "model",
        (
            (UNCODED, 1420, 19),
            (gc(15), 647.3, 0.1),
            (sr(2, 3, 23), 622.8, 0.3),
            (m(1, 2, 27), 576.4, 2.7),
        ),
    ),
    "heavy, all": Row(
        "heavy_ge",
        "all",
        "model",
        ((UNCODED, 2059, 3), (gc(20), 701.8, 0.9), (m(2, 3, 57), 1077, 4)),
    ),
    "sticky, minimal": Row(
        "sticky",
        "minimal",
        "model",
        ((UNCODED, 2101, 4), (gc(14), 654.3, 0.4), (m(2, 3, 29), 1105, 3)),
    ),
}

RULES = {
    "isolated, all, decodable": Row(
        "isolated", "all", "decodable", ((m(2, 3, 50), 543.7, 1.7), (sr(1, 2, 24), 645.1, 2.6))
    ),
    "isolated, minimal, model": Row(
        "isolated", "minimal", "model", ((gc(13), 643.3, 0.2), (m(1, 2, 36), 568, 4))
    ),
    "isolated, minimal, decodable": Row(
        "isolated", "minimal", "decodable", ((m(2, 3, 50), 537.5, 0.7),)
    ),
    "mild5, all, model": Row(
        "mild5", "all", "model", ((gc(16), 669.3, 2.4), (m(2, 3, 57), 889, 12))
    ),
    "mild5, all, decodable": Row(
        "mild5", "all", "decodable", ((m(2, 3, 57), 709, 7), (sr(3, 4, 28), 644.9, 1.5))
    ),
    "mild5, minimal, model": Row(
        "mild5", "minimal", "model", ((gc(10), 621.1, 0.1), (m(2, 3, 50), 610.8, 3.6))
    ),
    "mild5, minimal, decodable": Row("mild5", "minimal", "decodable", ((m(2, 3, 57), 565.1, 2.6),)),
    "heavy, all, model": Row("heavy_ge", "all", "model", ((gc(21), 701.6, 0.6),)),
    "heavy, all, decodable": Row(
        "heavy_ge", "all", "decodable", ((m(2, 3, 57), 786.3, 3.0), (sr(3, 4, 32), 675.9, 1.1))
    ),
    "heavy, minimal, model": Row(
        "heavy_ge", "minimal", "model", ((gc(14), 658.3, 0.3), (m(2, 3, 57), 769.0, 1.9))
    ),
    "heavy, minimal, decodable": Row(
        "heavy_ge", "minimal", "decodable", ((m(2, 3, 57), 626.6, 1.6),)
    ),
}


def _play(row: Row, replications: int, seed: int) -> list[np.ndarray]:
    models = OneOf("code", key="scheme").models()
    codes = {
        str(place): models[block["scheme"]].model_validate(block)
        for place, (block, _, _) in enumerate(row.totals)
    }
    results = compare(
        codes,
        read({"kind": row.preset}),
        workers=256,
        jobs=480,
        replications=replications,
        seed=seed,
        wait=WaitConfig(policy=row.policy, rule=row.rule),
        per_load=row.per_load,
    )
    return [results[str(place)].total_time for place in range(len(row.totals))]


def _assert_totals(row: Row, totals: list[np.ndarray]) -> None:
    for (block, mean, error), total in zip(row.totals, totals, strict=True):
        joint = 3 * np.hypot(error, total.std(ddof=1) / np.sqrt(len(total)))
        assert total.mean() == pytest.approx(mean, abs=max(0.05 * mean, joint)), block


@pytest.mark.parametrize("name", FIXED)
def test_totals_at_fixed_parameters(name):
    row = FIXED[name]

    _assert_totals(row, _play(row, REPLICATIONS, seed=1))


@pytest.mark.parametrize("name", ["isolated, all, decodable", "mild5, minimal, decodable"])
def test_totals_under_both_rules(name):
    row = RULES[name]

    _assert_totals(row, _play(row, REPLICATIONS, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("name", [*FIXED, *RULES])
def test_totals_with_other_seeds(name, seed):
    row = {**FIXED, **RULES}[name]

    _assert_totals(row, _play(row, 120, seed))


@pytest.mark.parametrize(
    "name",
    [
        "isolated, all, chosen by a probe",
        "isolated, minimal, published parameters",
        "mild, minimal, published parameters",
    ],
)
def test_short_isolated_bursts_give_the_published_order(name):
    uncoded, coded, repeated, multiplexed = _play(FIXED[name], 24, seed=4)

    assert uncoded.mean() > coded.mean() > repeated.mean() > multiplexed.mean()


@pytest.mark.parametrize("name", ["heavy, all", "sticky, minimal"])
def test_long_or_heavy_bursts_reverse_the_order_of_the_coded_schemes(name):
    uncoded, coded, multiplexed = _play(FIXED[name], 24, seed=4)

    assert multiplexed.mean() > 1.3 * coded.mean()
    assert uncoded.mean() > multiplexed.mean()
