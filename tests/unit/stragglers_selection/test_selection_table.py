"""Table `selection` has every parameter of a set in a column of its own."""

from __future__ import annotations

import netsim

SCENARIO = {
    "netsim": 1,
    "name": "small",
    "workload": "stragglers",
    "workers": 6,
    "jobs": 20,
    "models": 3,
    "code": {"scheme": "auto", "probe": 10, "resamples": 0},
    "delays": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
    "record": {"tables": ["selection"]},
}


def test_each_parameter_of_a_set_stands_in_its_column_and_in_words():
    rows = netsim.run(netsim.load(SCENARIO)).table("selection").to_pylist()

    for row in rows:
        given = {name: row[name] for name in ("s", "B", "W", "lambda") if row[name] is not None}
        words = dict(part.split("=") for part in row["parameters"].split())
        assert given == {name: int(value) for name, value in words.items()}
    assert {"gc", "sr_sgc", "m_sgc"} <= {row["scheme"] for row in rows}
