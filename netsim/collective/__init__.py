"""Collective operations: schedules of messages, their algorithms, closed forms and bounds."""

from __future__ import annotations

from typing import Final

from netsim.registry import Kind

KINDS: Final = (
    Kind(
        "collective_algorithm",
        ("algorithms",),
        ("ops", "schedule", "time"),
        "collective algorithm",
        "collective: {op: OP, algorithm: NAME}",
    ),
    Kind("table", ("tables",)),
)
