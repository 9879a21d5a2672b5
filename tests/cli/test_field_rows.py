from __future__ import annotations

from typing import Literal

from netsim.cli.field_rows import field_rows
from netsim.fields import Config, PositiveTime, Probability, Rate, Time, field


class Cable(Config):
    rate: Rate = field("100 Gbps", description="speed")
    delay: Time = field("1 us", description="length")


class Block(Config):
    count: int = field(description="how many", ge=1, le=16, source="Mitzenmacher 2001")
    gap: PositiveTime | None = field(None, description="idle time")
    share: Probability = field(0.5, description="part")
    mode: Literal["enqueue", "dequeue"] = field("enqueue", description="when")
    cable: Cable = field({}, description="the cable")
    cables: tuple[Cable, ...] = field((), description="more cables")


def rows():
    return {row.field: row for row in field_rows(Block)}


def test_a_required_field_shows_its_range_and_source():
    row = rows()["count"]

    assert (row.type, row.range, row.required) == ("integer", ">= 1, <= 16", True)
    assert row.source == "Mitzenmacher 2001"


def test_a_quantity_shows_its_dimension_its_unit_and_its_default_as_written():
    row = rows()["cable.rate"]

    assert (row.type, row.unit, row.range, row.default) == ("rate", "bit/s", "> 0", "100 Gbps")


def test_an_optional_quantity_is_still_a_quantity():
    row = rows()["gap"]

    assert (row.type, row.default) == ("time", "none")


def test_ratios_and_choices_show_what_may_be_written():
    assert (rows()["share"].type, rows()["share"].range) == ("ratio", "0 to 1")
    assert rows()["mode"].type == "enqueue | dequeue"


def test_blocks_and_lists_of_blocks_are_followed_by_their_own_fields():
    assert rows()["cable"].type == "block"
    assert rows()["cables"].type == "list of block"
    assert {"cable.delay", "cables[].delay"} <= rows().keys()
