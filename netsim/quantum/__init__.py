"""Quantum repeater chains: entanglement over links, swapped and purified hop by hop."""

from __future__ import annotations

from typing import Final

from netsim.registry import Kind

KINDS: Final = (
    Kind("link", ("links",), ("Config", "model"), "kind of link", "link: {kind: NAME, ...}"),
    Kind("swap", ("swapping",), ("Config", "ranks"), "order of swaps", "swap: {policy: NAME, ...}"),
    Kind(
        "purification",
        ("purification",),
        ("Config", "purify"),
        "purification",
        "purification: {scheme: NAME, ...}",
    ),
    Kind(
        "generation",
        ("policies",),
        ("Config", "standing", "learned"),
        "policy of generation",
        "generation: {policy: NAME, ...}",
    ),
    Kind("path", ("paths",), ("Config", "find"), "rule for paths", "path: {kind: NAME, ...}"),
    Kind(
        "application",
        ("applications",),
        ("Config", "begin"),
        "application",
        "request: {application: {kind: NAME, ...}}",
    ),
    Kind("table", ("tables",)),
)
