"""Samples that cannot be dealt out evenly: exact schemes decode the exact gradient all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netsim.errors import ScenarioError
from netsim.verify.scenarios import simulate

EXACT: list[dict[str, Any]] = [
    {"scheme": "gc", "s": 0},
    {"scheme": "gc", "s": 2},
    {"scheme": "gc_rep", "s": 6},
    {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 3},
    {"scheme": "sr_sgc", "B": 1, "W": 2, "lambda": 3},
    {"scheme": "communication_efficient_gc", "s": 2, "m": 2},
    {"scheme": "heterogeneous_gc", "s": 2},
]


def losses(code: dict[str, Any], samples: int = 100) -> Any:
    result = simulate(
        {
            "workload": "stragglers",
            "workers": 7,
            "jobs": 12,
            "models": 4,
            "seed": 3,
            "code": code,
            "delays": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
            "learning": {"model": "softmax", "samples": samples, "features": 5, "classes": 3},
            "record": {"tables": ["updates"]},
        }
    )
    table = result.table("updates")
    return result, table["loss"].to_numpy()[np.argsort(table["job"].to_numpy())]


@pytest.mark.parametrize("samples", [100, 3])
@pytest.mark.parametrize("code", EXACT, ids=lambda code: " ".join(map(str, code.values())))
def test_seven_workers_learn_as_one_would_from_samples_that_seven_does_not_divide(code, samples):
    _, plain = losses({"scheme": "uncoded"}, samples)

    result, coded = losses(code, samples)

    assert result.runs[0]["gradient_error"] < 1e-9
    np.testing.assert_allclose(coded, plain, rtol=1e-9)


def test_a_repetition_code_whose_groups_do_not_divide_the_workers_is_refused():
    with pytest.raises(ScenarioError, match="7"):
        losses({"scheme": "gc_rep", "s": 2})
