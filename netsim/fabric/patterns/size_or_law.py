"""The field of a traffic pattern that holds a distribution of flow sizes, or one size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from netsim.fields import OneOf, PositiveData

#: What begins like a number is meant as an amount.
_AMOUNT: Final = re.compile(r"\s*[+-]?[.0-9]")


@dataclass(frozen=True, slots=True)
class SizeOrLaw(OneOf):
    """A block of kind `sizes`, or an amount of data, which stands for the constant size."""

    def spelled_out(self, value: Any) -> Any:
        """Return the block that an amount stands for; anything else as it is."""
        short = isinstance(value, str) and _AMOUNT.match(value) is not None
        return {self.key: "constant", "size": value} if short else value

    def short_form(self) -> tuple[str, dict[str, Any]] | None:
        """Return how an amount is written, in words and as JSON Schema."""
        return "an amount of data", TypeAdapter(PositiveData).json_schema()
