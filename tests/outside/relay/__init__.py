"""A relay race: a family that lives outside netsim, for the tests of what a family may rely on."""

from __future__ import annotations

from netsim.registry import Kind

KINDS = (
    Kind("order", ("orders",), ("Config", "runners"), "order of runners", "order: NAME"),
    Kind("table", ("tables",)),
    Kind("graph", ("courses",)),
    Kind("figure", ("figures",)),
)
