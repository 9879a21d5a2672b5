"""Packets: balancing policies, transports, queues, traffic, and the doors by which bytes travel."""

from __future__ import annotations

from typing import Final

from netsim.registry import Kind

KINDS: Final = (
    Kind(
        "routing",
        ("balancing", "planning"),
        ("Config", "choose"),
        "routing policy",
        "routing: {policy: NAME, ...}",
    ),
    Kind(
        "transport",
        ("transports",),
        (
            *("Config", "acknowledged", "reals", "capacity_bdp", "mark_bdp"),
            *("pack", "ring", "sendable", "take"),
        ),
    ),
    Kind("queue", ("queues",), ("Config", "limits")),
    Kind(
        "traffic",
        ("patterns",),
        ("Config", "check", "generate"),
        "traffic pattern",
        "traffic: [{pattern: NAME, ...}]",
    ),
    Kind("sizes", ("sizes",), ("Config", "mean", "draw"), "size distribution", "{dist: NAME, ...}"),
    Kind(
        "fidelity",
        ("fidelities",),
        (
            *("source", "tables", "ignores"),
            *("problems", "flow_problems", "largest_transfer", "describe", "connect"),
        ),
        "fidelity",
        "fidelity: NAME",
    ),
    Kind("table", ("tables",)),
)
