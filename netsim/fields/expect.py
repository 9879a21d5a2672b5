"""The block `expect` of a scenario: headlines that its author expects, and how near they must be.

A headline is ``TABLE.COLUMN``: of each replication the mean of the column, of these the mean.
Only the form is judged here; what a value means depends on the column's unit, which
`netsim.expected` knows.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, model_validator

from netsim.fields.block import Config, field, problem
from netsim.fields.quantity import Probability
from netsim.registry import canonical

#: The name of a headline; a dash in it is read as an underscore, as in all names.
HeadlineName: TypeAlias = Annotated[
    str, BeforeValidator(lambda name: canonical(name) if isinstance(name, str) else name)
]


class ExpectConfig(Config):
    """One expected headline."""

    value: int | float | str = field(
        description="mean over replications; with its unit where the column has one: 94.2 us"
    )
    rel: Probability | None = field(
        None, description="how far off it may be, as a share of the value"
    )
    abs: int | float | str | None = field(
        None, description="how far off it may be, in the column's unit"
    )

    @model_validator(mode="after")
    def _has_a_tolerance(self) -> Any:
        if (self.rel is None) == (self.abs is None):
            raise problem(
                "missing-field",
                "an expected headline has either 'rel' or 'abs'",
                hint="rel: 2 % allows two per cent of the value",
            )
        return self
