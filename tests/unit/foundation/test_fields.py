"""Fields of scenario blocks, outside any scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import ValidationError, model_validator

from netsim import registry
from netsim.fields import (
    Config,
    Data,
    Duration,
    FilePath,
    OneOf,
    PositiveTime,
    Probability,
    Quantity,
    Rate,
    Time,
    field,
    implementation,
    problem,
)


class Link(Config):
    """A block with one field of each form."""

    rate: Rate = field("100 Gbps", description="speed")
    delay: Time = field("1 us", description="delay")
    queue_size: Data = field("1 MiB", description="buffer")
    loss: Probability = field(0, description="loss")
    period: PositiveTime | None = field(None, description="period")
    mean: Duration = field("2.5 s", description="mean")
    jitter: Annotated[int, Quantity("time", maximum=1000)] = field("0 s", description="jitter")


def code_of(block: dict[str, Any], model: type[Config] = Link, **context: Any) -> str:
    """Return the code of the only problem of `block`."""
    with pytest.raises(ValidationError) as raised:
        model.model_validate(block, context=context)
    (error,) = raised.value.errors()
    return error["ctx"]["code"]


def test_quantities_are_held_in_netsims_units():
    link = Link.model_validate({"rate": "25 Gbps", "delay": "500 ns", "loss": "5 %"})

    assert (link.rate, link.delay, link.queue_size) == (25 * 10**9, 500_000, 2**20)
    assert (link.loss, link.mean, link.period) == (0.05, 2.5, None)


def test_a_dumped_block_reads_back_as_itself():
    link = Link.model_validate({"rate": "25 Gbps", "mean": "0.3 s", "period": "1 ps"})

    assert Link.model_validate(link.model_dump(mode="json")) == link


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"rate": 5}, "bad-unit"),
        ({"rate": True}, "bad-unit"),
        ({"rate": None}, "bad-unit"),
        ({"rate": ()}, "bad-unit"),
        ({"rate": "0 bps"}, "out-of-range"),
        ({"delay": "-1 ns"}, "out-of-range"),
        ({"period": "0 s"}, "out-of-range"),
        ({"jitter": "2 ns"}, "out-of-range"),
        ({"loss": 1.01}, "out-of-range"),
        ({"loss": float("nan")}, "out-of-range"),
        ({"loss": "5 s"}, "bad-unit"),
        ({"loss": True}, "bad-type"),
        ({"mean": "1e999 s"}, "bad-unit"),
    ],
)
def test_wrong_quantities_are_refused_with_a_code(block, code):
    assert code_of(block) == code


def test_a_dash_in_a_key_is_read_as_an_underscore():
    assert Link.model_validate({"queue-size": "2 B"}).queue_size == 2


def test_both_spellings_of_one_key_are_a_duplicate():
    assert code_of({"queue-size": "2 B", "queue_size": "2 B"}) == "duplicate-key"


def test_a_problem_with_braces_keeps_them():
    class Block(Config):
        @model_validator(mode="after")
        def _refuse(self) -> Block:
            raise problem("bad-value", "write {a: 1}", hint="{b}")

    with pytest.raises(ValidationError) as raised:
        Block.model_validate({})

    assert raised.value.errors()[0]["msg"] == "write {a: 1}"


@pytest.fixture
def shapes(monkeypatch):
    """Register a kind with two implementations for one test; return a model that chooses."""
    monkeypatch.setitem(registry._entries, "shape", {})

    @registry.register("shape", "round")
    class Round:
        class Config(Config):
            radius: int = field(1, description="radius")

    @registry.register("shape", "file")
    class File:
        class Config(Config):
            file: FilePath = field(description="where it is read from")

    class Chooser(Config):
        shape: Annotated[Config, OneOf("shape")] = field({"kind": "round"}, description="shape")

    return Chooser


def test_a_block_is_read_as_the_implementation_that_it_names(shapes):
    chosen = shapes.model_validate({"shape": {"kind": "round", "radius": 3}})

    assert (chosen.shape.kind, chosen.shape.radius) == ("round", 3)
    assert implementation("shape", chosen.shape) is registry.lookup("shape", "round")
    assert shapes.model_validate(chosen.model_dump(mode="json")) == chosen


def test_file_alone_chooses_the_implementation_named_file(shapes, tmp_path):
    (tmp_path / "a.txt").write_text("x")

    chosen = shapes.model_validate({"shape": {"file": "a.txt"}}, context={"folder": tmp_path})

    assert chosen.shape.kind == "file"
    assert chosen.shape.file.path == tmp_path / "a.txt"
    assert chosen.model_dump(mode="json") == {"shape": {"kind": "file", "file": "a.txt"}}


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({}, "missing-field"),
        ({"kinds": "round"}, "unknown-field"),
        ({"kind": "rond"}, "unknown-name"),
        ({"kind": 3}, "unknown-name"),
        ("round", "bad-type"),
        (None, "bad-type"),
    ],
)
def test_a_block_that_names_no_implementation_is_refused(shapes, block, code):
    assert code_of({"shape": block}, shapes) == code


class Reads(Config):
    """A block that names a file."""

    file: FilePath = field(description="a file")


@pytest.mark.parametrize(
    "written", ["../x.txt", "a/../../x.txt", "nothing.txt", ".", "", "a\0b", "x" * 2000]
)
def test_paths_that_lead_nowhere_or_out_are_refused(written, tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "x.txt").write_text("x")

    assert code_of({"file": written}, Reads, folder=folder) == "bad-path"


def test_a_path_may_go_down_and_up_again_and_may_be_absolute(tmp_path):
    (tmp_path / "x.txt").write_text("x")

    for written in ("x.txt", "./x.txt", "a/../x.txt", str(tmp_path / "x.txt")):
        block = Reads.model_validate({"file": written}, context={"folder": tmp_path})
        assert block.file.path == tmp_path / "x.txt"


def test_a_device_is_not_a_data_file(tmp_path):
    assert code_of({"file": "/dev/zero"}, Reads, folder=tmp_path) == "bad-path"


def test_a_shipped_file_is_found_from_any_folder(tmp_path):
    block = Reads.model_validate(
        {"file": "scenarios/quickstart.yaml"}, context={"folder": tmp_path}
    )

    assert block.file.path.name == "quickstart.yaml"
    assert block.file.path.is_absolute()


def test_a_file_of_the_scenarios_own_folder_goes_before_a_shipped_one(tmp_path):
    own = tmp_path / "scenarios" / "quickstart.yaml"
    own.parent.mkdir()
    own.write_text("own")

    block = Reads.model_validate(
        {"file": "scenarios/quickstart.yaml"}, context={"folder": tmp_path}
    )

    assert block.file.path == Path(own)
