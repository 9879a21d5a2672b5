"""The block `sweep` of a scenario: which points a study has, and how many replications of each.

Only the form is judged here. What paths, values and conditions mean is judged in `netsim.sweep`,
which knows how to resolve a scenario; this module stands below the families, since every scenario
may have the block.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from netsim.fields.block import Config, field, problem
from netsim.fields.file import FilePath


class SampleConfig(Config):
    """Points drawn from ranges of fields."""

    n: int = field(description="number of points", ge=1, le=10_000_000)
    method: Literal["random", "latin", "sobol"] = field(
        "sobol",
        description="independent draws, a Latin hypercube, or the unscrambled Sobol' sequence",
        source="McKay, Beckman and Conover 1979; Joe and Kuo 2008",
    )
    over: dict[str, Any] = field(
        description="range of each field: [low, high], {log: [low, high]} or {choice: [...]}",
        min_length=1,
        max_length=64,
    )


class DesignFile(Config):
    """Points that another program has chosen, such as SALib or Optuna."""

    file: FilePath = field(description="CSV or Parquet file: a column per field, a row per point")
    files: dict[str, dict[str, FilePath]] = field(
        {}, description="by field and cell, the data file that the cell names, if not by its path"
    )


class UntilNarrow(Config):
    """When a point has enough replications: its metric's interval is narrow enough."""

    metric: str = field(
        description="TABLE.COLUMN; a replication's value is the column's mean",
        pattern=r"^[a-z_]+\.[A-Za-z0-9_]+$",
    )
    rel_half_width: float | None = field(
        None, description="half width of the interval as a share of the mean", gt=0, le=10
    )
    abs_half_width: float | None = field(
        None, description="half width of the interval in the column's unit", gt=0
    )
    confidence: float = field(0.95, description="confidence of the interval", gt=0, lt=1)

    @model_validator(mode="after")
    def _has_a_width(self) -> Self:
        if self.rel_half_width is None and self.abs_half_width is None:
            raise problem(
                "missing-field",
                "'until' needs 'rel_half_width' or 'abs_half_width'",
                hint="rel_half_width: 0.02 stops at two per cent of the mean",
            )
        return self


class AdaptiveConfig(Config):
    """Replications until an interval is narrow enough."""

    min: int = field(10, description="fewest replications of a point", ge=5, le=1_000_000)
    max: int = field(description="most replications of a point", ge=5, le=1_000_000)
    until: UntilNarrow = field(description="when a point has enough of them")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.max < self.min:
            message = f"'max' ({self.max}) lies below 'min' ({self.min})"
            raise problem("out-of-range", message, at=("max",))
        return self


class SweepConfig(Config):
    """The points of a study: a product, values in step, samples, and further ones by hand."""

    grid: dict[str, Any] = field(
        {}, description="values of fields, every combination; the last field varies fastest"
    )
    zip: dict[str, Any] = field({}, description="values of fields in step; a product with `grid`")
    list: tuple[dict[str, Any], ...] | DesignFile = field(
        (), description="further points by hand, or {file: design.csv}"
    )
    sample: SampleConfig | None = field(
        None, description="points drawn from ranges; a product with `grid` and `zip`"
    )
    where: Annotated[str, Field(max_length=1000)] = field(
        "", description="condition that points must meet: topology.spines <= 2 * topology.leaves"
    )
    replications: int | AdaptiveConfig | None = field(
        None, description="replications of each point: a number, or {min, max, until}"
    )

    @model_validator(mode="after")
    def _has_points(self) -> Self:
        if not (self.grid or self.zip or self.sample or self.list):
            raise problem(
                "missing-field",
                "'sweep' has no points",
                hint="give grid, zip, sample or list: grid: {routing.policy: [ecmp, rps]}",
            )
        if isinstance(self.replications, int) and not 1 <= self.replications <= 1_000_000:
            message = "the number of replications lies between 1 and 1,000,000"
            raise problem("out-of-range", message, at=("replications",))
        return self
