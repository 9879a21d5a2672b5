"""Numbers with a unit (``"500 ns"``) and ratios (``0.12`` or ``"12 %"``) as types of fields."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticSerializationUnexpectedValue, core_schema

from netsim import units
from netsim.fields.block import problem, shown

_NUMBER = r"^\s*[+-]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*"


@dataclass(frozen=True, slots=True)
class Quantity:
    """Annotation of a dimensional field: read from ``"500 ns"``, held in netsim's own unit.

    Times are held as integer picoseconds, data as bytes, rates as bit/s, the rest in SI. Bounds
    are in the held unit. `positive` refuses zero as well as negative values.
    """

    dimension: str
    minimum: float | None = 0
    maximum: float | None = None
    positive: bool = False

    def read(self, value: Any) -> int | float:
        """Return `value` as the model holds it."""
        dimension = units.DIMENSIONS[self.dimension]
        if isinstance(value, str):
            try:
                number = units.parse(value, self.dimension)
            except units.UnitError as bad:
                raise problem("bad-unit", str(bad), hint=bad.hint) from None
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise problem(
                "bad-unit", f"{shown(value)} is not {dimension.name}", hint=dimension.hint
            )
        else:
            raise problem("bad-unit", f"{shown(value)} has no unit", hint=dimension.hint)
        return self.check(number, value)

    def check(self, number: float, written: Any) -> int | float:
        """Return `number` if it lies within the bounds."""
        if self.positive and number <= 0:
            raise problem("out-of-range", f"'{written}' must be positive")
        if self.minimum is not None and number < self.minimum:
            least = units.readable(self.minimum, self.dimension) if self.minimum else "zero"
            raise problem("out-of-range", f"'{written}' must not be below {least}")
        if self.maximum is not None and number > self.maximum:
            most = units.readable(self.maximum, self.dimension)
            raise problem("out-of-range", f"'{written}' must not exceed {most}")
        return number

    def write(self, value: Any) -> str:
        """Return a held value as a scenario writes it."""
        if not isinstance(value, int | float):
            # The value of another member of a union: pydantic then tries the next one.
            raise PydanticSerializationUnexpectedValue(str(value))
        return units.canonical(value, self.dimension)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _within(self.read, _bounds(handler(source))),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.write, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the written form: a string that ends in one of the units."""
        dimension = units.DIMENSIONS[self.dimension]
        names = "|".join(unit.replace("/", "\\/") for unit in dimension.longest_first())
        return {
            "type": "string",
            "pattern": f"{_NUMBER}({names})\\s*$",
            "x-unit": dimension.unit,
        }


@dataclass(frozen=True, slots=True)
class Ratio:
    """Annotation of a dimensionless field in a range, written as a number or in per cent."""

    minimum: float = 0.0
    maximum: float = 1.0

    def read(self, value: Any) -> float:
        """Return `value` as the model holds it."""
        if isinstance(value, str):
            try:
                number = units.parse_ratio(value)
            except units.UnitError as bad:
                raise problem("bad-unit", str(bad), hint=bad.hint) from None
        elif isinstance(value, bool) or not isinstance(value, int | float):
            hint = "a bare number or per cent: 0.12 or '12 %'"
            raise problem("bad-type", f"{shown(value)} is not a ratio", hint=hint)
        else:
            number = float(value)
        # Written so that NaN fails as well.
        if not self.minimum <= number <= self.maximum or math.isinf(number):
            limits = f"{self.minimum:g} to {self.maximum:g}"
            per_cent = self.maximum <= 1 and 2 < number <= 100 and not isinstance(value, str)
            hint = f"as per cent it is '{number:g} %', as a share {number / 100:g}"
            message = f"{shown(value)} lies outside {limits}"
            raise problem("out-of-range", message, hint=hint if per_cent else "")
        return number

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        bounds = _bounds(handler(source))
        return core_schema.no_info_plain_validator_function(
            _within(self.read, bounds), metadata={_KEPT: bounds}
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe both written forms."""
        number = {"type": "number", "minimum": self.minimum, "maximum": self.maximum}
        for name, limit in schema.get("metadata", {}).get(_KEPT, {}).items():
            number[_JSON_BOUNDS[name]] = limit
        return {
            "anyOf": [number, {"type": "string", "pattern": f"{_NUMBER}%\\s*$"}],
            "x-unit": "1",
        }


#: What a bound of a field asks of a number, and in words.
_BOUNDS: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "ge": (operator.ge, "must not be below"),
    "gt": (operator.gt, "must be above"),
    "le": (operator.le, "must not exceed"),
    "lt": (operator.lt, "must be below"),
}


_JSON_BOUNDS: Final = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}
_KEPT: Final = "netsim_bounds"


def _bounds(schema: CoreSchema) -> dict[str, Any]:
    """Return the bounds that a field gives its type, held in the `schema` of that type.

    Reading a quantity takes the place of pydantic's own validation of the type, and with it of
    these bounds.
    """
    return {name: limit for name, limit in schema.items() if name in _BOUNDS}


def _within(read: Callable[[Any], Any], bounds: dict[str, Any]) -> Callable[[Any], Any]:
    """Return `read` followed by the check of `bounds`."""
    if not bounds:
        return read

    def bounded(value: Any) -> Any:
        number = read(value)
        for name, limit in bounds.items():
            keeps, words = _BOUNDS[name]
            if not keeps(number, limit):
                raise problem("out-of-range", f"{shown(value)} {words} {limit:g}")
        return number

    return bounded


Time = Annotated[int, Quantity("time")]
PositiveTime = Annotated[int, Quantity("time", positive=True)]
Duration = Annotated[float, Quantity("duration")]
Data = Annotated[int, Quantity("data")]
PositiveData = Annotated[int, Quantity("data", positive=True)]
Rate = Annotated[int, Quantity("rate", positive=True)]
Length = Annotated[float, Quantity("length")]
Speed = Annotated[float, Quantity("speed", positive=True)]
Attenuation = Annotated[float, Quantity("attenuation")]
Frequency = Annotated[float, Quantity("frequency")]
Angle = Annotated[float, Quantity("angle", minimum=None)]
Energy = Annotated[float, Quantity("energy")]
Power = Annotated[float, Quantity("power")]
EnergyPerData = Annotated[float, Quantity("energy_per_data")]
Probability = Annotated[float, Ratio()]
