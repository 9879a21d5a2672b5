"""Rows and columns of the graphs that are rectangles: what is left out follows from the nodes."""

from __future__ import annotations

import math

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Integers
from netsim.graphs.kind import GraphConfig
from netsim.problems import Problem


class RectangleConfig(GraphConfig):
    """Shape of a rectangle of nodes."""

    rows: int | None = field(
        None,
        description="number of rows; default: nodes / columns, or as square as can be",
        ge=1,
        le=1_000_000,
    )
    columns: int | None = field(
        None,
        description="number of columns; default: nodes / rows, or as square as can be",
        ge=1,
        le=1_000_000,
    )


def size(config: RectangleConfig) -> int | None:
    """Return rows x columns where both are given."""
    if config.rows is None or config.columns is None:
        return None
    return config.rows * config.columns


def shape(config: RectangleConfig, nodes: int) -> tuple[int, int]:
    """Return rows and columns; their product differs from `nodes` where these do not fit."""
    if config.rows is not None:
        return config.rows, config.columns or nodes // config.rows
    if config.columns is not None:
        return nodes // config.columns, config.columns
    rows = next(side for side in range(math.isqrt(nodes), 0, -1) if nodes % side == 0)
    return rows, nodes // rows


def problems(config: RectangleConfig, nodes: int, least: int, what: str) -> list[Problem]:
    """Return what is wrong if `nodes` do not make a rectangle with sides of at least `least`."""
    rows, columns = shape(config, nodes)
    if rows * columns != nodes:
        given = "rows" if config.rows is not None else "columns"
        side = config.rows or config.columns
        message = f"{nodes:,} nodes do not fill {side:,} {given}"
        return [Problem(message, (given,), hint=f"a multiple of {side:,} nodes, or other {given}")]
    if min(rows, columns) < least:
        message = f"{what} of {nodes:,} nodes would be {rows:,} x {columns:,}"
        hint = f"at least {least} rows and columns; give both, or another number of nodes"
        return [Problem(message, hint=hint)]
    return []


def numbers(rows: int, columns: int) -> Integers:
    """Return node numbers by row and column."""
    return np.arange(rows * columns).reshape(rows, columns)
