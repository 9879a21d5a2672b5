"""Codes of thousands of workers, and data sets that the workers do not divide."""

from __future__ import annotations

import tracemalloc

import pytest

from netsim.verify.scenarios import simulate

UNEVEN = [
    {"scheme": "gc", "s": 0},
    {"scheme": "gc", "s": 2},
    {"scheme": "gc", "s": 6},
    {"scheme": "gc_rep", "s": 6},
    {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 3},
    {"scheme": "sr_sgc", "B": 1, "W": 2, "lambda": 3},
    {"scheme": "communication_efficient_gc", "s": 2, "m": 2},
    {"scheme": "heterogeneous_gc", "s": 2},
]


@pytest.mark.parametrize(
    "code",
    [
        {"scheme": "gc", "s": 3},
        {"scheme": "sr_sgc", "B": 1, "W": 2, "lambda": 6},
        {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 3},
        {"scheme": "communication_efficient_gc", "s": 3, "m": 2},
        {"scheme": "heterogeneous_gc", "s": 2},
        {"scheme": "approximate_gc", "d": 3},
        {"scheme": "k_sync", "k": 2000},
    ],
    ids=lambda code: code["scheme"],
)
def test_rounds_of_2048_workers_hold_no_matrix_of_workers_by_workers(code):
    n = 2048

    tracemalloc.start()
    result = simulate(
        {
            "workload": "stragglers",
            "workers": n,
            "jobs": 2,
            "code": code,
            "delays": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
        }
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert result.runs[0]["jobs_decoded"] == 2
    assert peak < 8 * n * n


def trained(code):
    result = simulate(
        {
            "workload": "stragglers",
            "workers": 7,
            "jobs": 20,
            "models": 4,
            "seed": 3,
            "code": code,
            "delays": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
            "learning": {"model": "softmax", "samples": 100, "features": 5, "classes": 3},
            "record": {"tables": ["updates"]},
        }
    )
    rows = sorted(result.table("updates").to_pylist(), key=lambda row: row["job"])
    return [row["loss"] for row in rows], result.runs[0]["gradient_error"]


@pytest.mark.parametrize("code", UNEVEN, ids=lambda code: f"{code['scheme']}-{code.get('s', '')}")
def test_a_hundred_samples_on_seven_workers_are_learnt_as_without_a_code(code):
    uncoded, _ = trained({"scheme": "uncoded"})

    loss, error = trained(code)

    assert loss == pytest.approx(uncoded, rel=1e-9)
    assert len(loss) == 20
    assert error < 1e-9
