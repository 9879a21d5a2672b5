"""Training through assignment, stragglers and decode: exact schemes learn as if nobody was late."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netsim.errors import ScenarioError
from netsim.stragglers.learning.models import Perceptron, Softmax, loss_and_accuracy
from netsim.verify.scenarios import csv, simulate

EXACT: list[dict[str, Any]] = [
    {"scheme": "uncoded"},
    {"scheme": "gc", "s": 3},
    {"scheme": "gc_rep", "s": 3},
    {"scheme": "sr_sgc", "B": 2, "W": 3, "lambda": 4},
    {"scheme": "sr_sgc_rep", "B": 1, "W": 2, "lambda": 6},
    {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 4},
    {"scheme": "m_sgc", "B": 2, "W": 3, "lambda": 4},
    {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 16},
    {"scheme": "m_sgc_rep", "B": 1, "W": 2, "lambda": 3},
    {"scheme": "heterogeneous_gc", "s": 2},
    {"scheme": "communication_efficient_gc", "s": 3, "m": 2},
    {"scheme": "dynamic_clustering", "clusters": 4, "s": 1},
    {"scheme": "adaptive_gc", "s": 2},
]


def _train(code: dict[str, Any], **more: Any) -> Any:
    return simulate(
        {
            "workload": "stragglers",
            "workers": 16,
            "jobs": 40,
            "models": 4,
            "code": code,
            "delays": {"kind": "isolated"},
            "learning": {"samples": 200, "features": 6, "classes": 3},
            "record": {"tables": ["updates"]},
            **more,
        }
    )


@pytest.mark.parametrize("code", EXACT, ids=lambda code: " ".join(map(str, code.values())))
def test_an_exact_scheme_decodes_the_full_gradient_and_learns_as_uncoded_does(code):
    plain = _train({"scheme": "uncoded"})
    coded = _train(code)

    assert coded.runs[0]["gradient_error"] < 1e-9
    by_job = {}
    for name, result in (("plain", plain), ("coded", coded)):
        table = result.table("updates")
        order = np.argsort(table["job"].to_numpy())
        by_job[name] = table["loss"].to_numpy()[order]
    np.testing.assert_allclose(by_job["coded"], by_job["plain"], rtol=1e-9)


def test_a_perceptron_learns_through_a_code_too():
    learning = {"model": "mlp", "hidden": 5, "samples": 150, "features": 4, "classes": 3}

    result = _train({"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 4}, learning=learning)

    assert result.runs[0]["gradient_error"] < 1e-9
    losses = result.table("updates")["loss"].to_numpy()
    assert losses[-4:].mean() < losses[:4].mean()


@pytest.mark.parametrize(
    "code",
    [
        {"scheme": "k_sync", "k": 12},
        {"scheme": "approximate_gc", "d": 2},
        {"scheme": "stochastic_gc", "d": 2},
        {"scheme": "backup_workers", "b": 3},
    ],
    ids=lambda code: code["scheme"],
)
def test_an_approximate_scheme_reports_its_gradient_error_and_still_learns(code):
    result = _train(code, delays={"kind": "sticky"})

    assert result.runs[0]["gradient_error"] > 1e-6
    losses = result.table("updates")["loss"].to_numpy()
    assert losses[-4:].mean() < losses[:4].mean()


def test_a_job_uses_the_weights_of_its_own_model():
    result = _train({"scheme": "uncoded"}, jobs=8)

    table = result.table("updates")
    assert table["model"].to_pylist() == [0, 1, 2, 3, 0, 1, 2, 3]
    first, second = np.split(table["loss"].to_numpy(), 2)
    # All start alike (a convex problem from zero) and improve alike with their second step.
    assert np.ptp(first) < 1e-12
    assert (second < first).all()


def test_a_job_that_a_pattern_leaves_undecoded_updates_nothing(tmp_path):
    pattern = csv(("round", "worker"), [(1, 0), (1, 1)])
    result = simulate(
        {
            "workload": "stragglers",
            "workers": 4,
            "jobs": 3,
            "code": {"scheme": "gc", "s": 1},
            "stragglers": {"kind": "pattern", "file": "p.csv"},
            "learning": {"samples": 20, "features": 2},
            "record": {"tables": ["updates"]},
        },
        {"p.csv": pattern},
    )

    assert result.table("updates")["job"].to_pylist() == [0, 2]


def test_fewer_samples_than_partitions_still_give_the_full_gradient():
    result = _train(
        {"scheme": "m_sgc", "B": 2, "W": 3, "lambda": 4},
        learning={"samples": 5, "features": 2, "classes": 2},
    )

    assert result.runs[0]["gradient_error"] < 1e-9


def test_a_scheme_without_rounds_cannot_be_learnt_from():
    with pytest.raises(ScenarioError, match="has no rounds whose gradients could be learnt from"):
        _train({"scheme": "async_sgd"})


@pytest.mark.parametrize("model", [Softmax(4, 3), Perceptron(4, 5, 3)])
def test_the_gradient_is_that_of_the_loss(model):
    generator = np.random.default_rng(1)
    inputs, labels = generator.standard_normal((20, 4)), generator.integers(3, size=20)
    weights = generator.standard_normal(len(model.start(generator)))

    def loss(at: np.ndarray) -> float:
        return 20 * loss_and_accuracy(model.scores(at, inputs), labels)[0]

    gradient = model.gradient(weights, inputs, labels)

    for index in range(len(weights)):
        step = np.zeros(len(weights))
        step[index] = 1e-5
        slope = (loss(weights + step) - loss(weights - step)) / 2e-5
        assert gradient[index] == pytest.approx(slope, abs=1e-6)
