"""Stragglers and gradient coding: rounds of coded work whose master need not wait for all."""

from __future__ import annotations

from typing import Final

from netsim.registry import Kind

KINDS: Final = (
    Kind("code", ("codes",), ("Config",), "coding scheme", "code: {scheme: NAME, ...}"),
    Kind("table", ("tables", "further_tables")),
)
