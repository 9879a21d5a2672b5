"""From the block `sweep` to numbered points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netsim.fields.sweep import SweepConfig
from netsim.problems import ProblemsFound
from netsim.sweep.condition import condition
from netsim.sweep.plan import kept, plan


def block(**fields: Any) -> SweepConfig:
    return SweepConfig.model_validate(fields)


def points(config: SweepConfig, seed: int = 1) -> list[dict[str, Any]]:
    planned = plan(config, seed)
    return [planned.assignment(index) for index in range(planned.count)]


def test_the_last_field_of_a_grid_is_the_fastest() -> None:
    found = points(block(grid={"a": (1, 2), "b": ("x", "y")}))

    assert found == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_fields_in_step_and_samples_are_factors_of_the_product_and_lists_follow() -> None:
    config = block(
        grid={"a": (1, 2)},
        zip={"b": (10, 20), "c": ("p", "q")},
        sample={"n": 2, "method": "sobol", "over": {"d": (0.0, 1.0)}},
        list=({"seed": 3, "a": 9},),
    )

    found = points(config)

    # Sobol's first two points in one dimension are 0 and 1/2.
    assert found == [
        {"a": a, "b": b, "c": c, "d": d}
        for d in (0.0, 0.5)
        for b, c in ((10, "p"), (20, "q"))
        for a in (1, 2)
    ] + [{"seed": 3, "a": 9}]
    assert plan(config, 1).fields == ("a", "b", "c", "d", "seed")


def test_each_value_is_known_by_its_place() -> None:
    planned = plan(
        block(grid={"a": (1, 2), "b": {"range": (0, 3, 1)}}, list=({"seed": 3},)), seed=1
    )

    assert planned.place(4, "a") == ("sweep", "grid", "a", 1)
    assert planned.place(4, "b") == ("sweep", "grid", "b")
    assert planned.place(6, "seed") == ("sweep", "list", 0, "seed")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"grid": {"a": ()}}, "a: an empty list sweeps nothing"),
        ({"zip": {"a": (1, 2), "b": (1,)}}, "equally many values: a has 2, b has 1"),
        ({"grid": {"name": ("x",)}}, "'name' cannot be swept"),
        ({"grid": {"replications": (2,)}}, "'replications' cannot be swept"),
        ({"grid": {"a[": (1,)}}, "'a[' is not the path of a field"),
        ({"grid": {"a": ({"kind": "x"},)}, "zip": {"a.b": (1,)}}, "'a.b' lies in 'a'"),
        ({"grid": {"a": {"range": (0, 9_000_000, 1)}, "b": (1, 2)}}, "has 18,000,000 points"),
        ({"sample": {"n": 3, "over": {"a": (2, 1)}}}, "must lie below the second"),
    ],
)
def test_what_cannot_be_swept_is_said(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemsFound) as refused:
        plan(block(**fields), seed=1)

    assert message in str(refused.value)


def test_a_design_file_gives_a_point_a_row(tmp_path: Path) -> None:
    file = tmp_path / "design.csv"
    file.write_text("topology.spines, traffic[0].size,routing.policy\n4,1 MB,rps\n\n8,,ecmp\n")
    config = SweepConfig.model_validate({"list": {"file": str(file)}})

    assert points(config) == [
        {"topology.spines": 4, "traffic[0].size": "1 MB", "routing.policy": "rps"},
        {"topology.spines": 8, "routing.policy": "ecmp"},
    ]


def test_a_design_in_parquet_gives_the_same_points(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1, 2], "b.c": ["x", None]}), tmp_path / "design.parquet")
    config = SweepConfig.model_validate({"list": {"file": str(tmp_path / "design.parquet")}})

    assert points(config) == [{"a": 1, "b.c": "x"}, {"a": 2}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no points"),
        ("a b\n1\n", "'a b' is not the path of a field"),
        ("a,a\n1,2\n", "column 'a' stands twice"),
        ("a,b\n1\n", "this row has 1 cells, the header has 2"),
        ("a\n.nan\n", "a: .nan is not a number that can be simulated"),
    ],
)
def test_a_faulty_design_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "design.csv"
    file.write_text(text)

    with pytest.raises(ProblemsFound) as refused:
        plan(SweepConfig.model_validate({"list": {"file": str(file)}}), seed=1)

    assert message in str(refused.value)
    assert all(problem.file == file for problem in refused.value.problems)


BASE = {"topology": {"spines": 2, "leaves": 4}, "transport": {"kind": "a", "window": "10 B"}}


def resolve(values: Any) -> Any:
    """Stand in for resolving: the other transport has another window by default."""
    window = "99 B" if values.get("transport.kind") == "b" else "10 B"
    return {**BASE, "transport": {"kind": values.get("transport.kind", "a"), "window": window}}


def test_a_condition_sees_swept_values_base_values_and_what_a_swept_word_chooses() -> None:
    planned = plan(block(grid={"topology.spines": (2, 8), "transport.kind": ("a", "b")}), seed=1)
    asked = condition(
        "topology.spines <= topology.leaves and transport.window > 50 B", BASE, resolve
    )

    indices = kept(planned.count, lambda index: asked.keeps(planned.assignment(index)))

    assert [planned.assignment(index) for index in indices] == [
        {"topology.spines": 2, "transport.kind": "b"}
    ]


def test_only_a_swept_word_makes_the_point_be_resolved() -> None:
    def never(values: Any) -> Any:
        raise AssertionError("resolved")

    asked = condition("topology.leaves > topology.spines", BASE, never)

    assert asked.keeps({"topology.spines": 3})
    assert not asked.keeps({"topology.spines": 5})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topology.spinse > 1", "there is no field 'topology.spinse'; did you mean 'spines'?"),
        ("rps == 'rps'", "there is no field 'rps'; a text is quoted: 'rps'"),
        ("topology.spines > 1 kB", "(at the point topology.spines=3)"),
    ],
)
def test_a_condition_that_fails_names_the_point_or_the_field(text: str, message: str) -> None:
    with pytest.raises(ProblemsFound) as refused:
        condition(text, BASE, resolve).keeps({"topology.spines": 3})

    assert message in str(refused.value)
