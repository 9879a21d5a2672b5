"""Fields of scenario blocks: quantities with units, and blocks chosen by name from the registry.

Every block of a scenario is a `Config`: frozen, strict, unknown keys refused. Its fields are annotated with the types
of this module, which carry dimension and range into validation, the JSON Schema and `netsim describe`::

    class Config(RoutingConfig):
        gap: Time = field("10 us", description="idle time after which a flow may move", source="...")

A scenario writes ``gap: 10 us``; the model holds integer picoseconds. A default is written as a scenario writes it.
Sequences are tuples (the scenario layer turns YAML lists into tuples, so that a strict model takes them).
Pydantic stays at this border: nothing here is touched while events run.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    create_model,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from netsim import registry, units

#: The key under which a block may name a file instead of a registered implementation.
FILE_KEY = "file"


class Config(BaseModel):
    """A block of a scenario. Strict types, no unknown keys, immutable once read."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )


def problem(
    code: str, message: str, *, at: tuple[str | int, ...] = (), hint: str = ""
) -> PydanticCustomError:
    """Return the error that a validator raises, with a stable code and a remedy.

    Parameters
    ----------
    code
        Stable id, shown as ``error[code]``.
    message
        What is wrong, in the user's words.
    at
        Path of the culprit below the block that is being validated, where it is not the block itself.
    hint
        How to mend it.
    """
    # Braces would be read as a template, so the text goes through the context.
    return PydanticCustomError(
        "netsim", "{text}", {"text": message, "code": code, "at": at, "hint": hint}
    )


def field(default: Any = ..., *, description: str, source: str = "", **bounds: Any) -> Any:
    """Return a pydantic field with the description that every field must have.

    Parameters
    ----------
    default
        As a scenario writes it (``"10 us"``); left out, the field is required.
    description
        What it means, in a few words, without a full stop.
    source
        Paper, equation or document, where the value or the rule stands for physics or an algorithm.
    bounds
        Handed on to `pydantic.Field`: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ...
    """
    extra = {"x-source": source} if source else None
    return Field(default, description=description, json_schema_extra=extra, **bounds)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Annotation of a dimensional field: read from ``"500 ns"``, held in SI (time: integer picoseconds).

    Bounds are in the held unit. `positive` refuses zero as well as negative values.
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
                "bad-unit", f"{_shown(value)} is not {dimension.name}", hint=dimension.hint
            )
        else:
            raise problem("bad-unit", f"{value!r} has no unit", hint=dimension.hint)
        return self.check(number, value)

    def check(self, number: float, shown: Any) -> int | float:
        """Return `number` if it lies within the bounds."""
        if self.positive and number <= 0:
            raise problem("out-of-range", f"'{shown}' must be positive")
        if self.minimum is not None and number < self.minimum:
            least = units.canonical(self.minimum, self.dimension) if self.minimum else "zero"
            raise problem("out-of-range", f"'{shown}' must not be below {least}")
        if self.maximum is not None and number > self.maximum:
            raise problem(
                "out-of-range",
                f"'{shown}' must not exceed {units.readable(self.maximum, self.dimension)}",
            )
        if not math.isfinite(number):
            raise problem("out-of-range", f"'{shown}' is too large")
        return number

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: units.canonical(value, self.dimension), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the written form: a string that ends in one of the units."""
        names = "|".join(
            sorted(map(_escaped, units.DIMENSIONS[self.dimension].units), key=len, reverse=True)
        )
        number = r"^\s*[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*"
        return {
            "type": "string",
            "pattern": f"{number}({names})\\s*$",
            "x-unit": units.DIMENSIONS[self.dimension].unit,
        }


@dataclass(frozen=True, slots=True)
class _Ratio:
    """Annotation of a dimensionless field in a range, written as a number or in per cent."""

    minimum: float = 0.0
    maximum: float = 1.0

    def read(self, value: Any) -> float:
        if isinstance(value, str):
            try:
                number = units.parse_ratio(value)
            except units.UnitError as bad:
                raise problem("bad-unit", str(bad), hint=bad.hint) from None
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise problem(
                "bad-value",
                f"{_shown(value)} is not a ratio",
                hint="a bare number or per cent: 0.12 or '12 %'",
            )
        else:
            number = float(value)
        if not self.minimum <= number <= self.maximum:
            raise problem(
                "out-of-range", f"{value} lies outside {self.minimum:g} to {self.maximum:g}"
            )
        return number

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = {"type": "number", "minimum": self.minimum, "maximum": self.maximum}
        return {
            "anyOf": [number, {"type": "string", "pattern": r"^\s*[\d.]+\s*%\s*$"}],
            "x-unit": "1",
        }


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
Probability = Annotated[float, _Ratio()]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotation of a block that is chosen by name among the registered implementations of a kind.

    ``Annotated[RoutingConfig, OneOf("routing", key="policy")]`` reads ``{policy: rps, ...}`` into the `Config` of the
    registered class ``rps``; the chosen name stays on the model under `key`. A registered class has a class attribute
    `Config`, a subclass of `netsim.fields.Config`. Where the block holds ``file:`` and no `key`, the implementation
    named ``file`` is taken.
    """

    kind: str
    key: str = "kind"

    def models(self) -> dict[str, type[Config]]:
        """Return, by registered name, the model with the naming field added."""
        return {
            name: _tagged(registry.lookup(self.kind, name).Config, self.key, name)
            for name in registry.names(self.kind)
        }

    def choose(self, value: Any) -> str:
        """Return the registered name that the block `value` asks for, or raise the error that names the cure."""
        known = registry.names(self.kind)
        if isinstance(value, BaseModel):
            return str(getattr(value, self.key))
        if not isinstance(value, Mapping):
            hint = f"write it as {{{self.key}: {_spoken(value, known)}}}"
            raise problem("bad-type", f"{_shown(value)} is not a {self.kind} block", hint=hint)
        if self.key not in value:
            if FILE_KEY in value and FILE_KEY in known:
                return FILE_KEY
            raise problem(
                "missing-field",
                f"'{self.key}' is missing: which {self.kind}?",
                hint=f"one of {', '.join(known)}",
            )
        name = value[self.key]
        if isinstance(name, str) and registry.canonical(name) in known:
            return registry.canonical(name)
        near = registry.did_you_mean(str(name), known) or f"known: {', '.join(known)}"
        raise problem(
            "unknown-name",
            f"no {_KIND_WORDS.get(self.kind, self.kind)} named {_shown(name)}",
            at=(self.key,),
            hint=f"{near} (see: netsim list policies)",
        )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        models = self.models()
        if not models:
            return handler.generate_schema(Config)
        members = [Annotated[model, Tag(name)] for name, model in models.items()]
        union: Any = (
            functools.reduce(operator.or_, members) if len(members) == 1 else _union(members)
        )
        if len(members) > 1:
            union = Annotated[union, Discriminator(self.choose)]
        chosen = handler.generate_schema(union)
        return core_schema.no_info_before_validator_function(
            functools.partial(_named, self), chosen
        )


_KIND_WORDS = {"routing": "routing policy", "delay": "delay model", "traffic": "traffic pattern"}


def _named(choice: OneOf, value: Any) -> Any:
    """Return the block with its name in canonical spelling, so that ``drop-tail`` reads as ``drop_tail``."""
    name = choice.choose(value)
    return {**value, choice.key: name} if isinstance(value, Mapping) else value


def _union(members: list[Any]) -> Any:
    from typing import Union

    return Union[tuple(members)]  # noqa: UP007 - built at run time from a list


@functools.cache
def _tagged(config: type[Config], key: str, name: str) -> type[Config]:
    literal = (Literal[name], Field(default=name, description="which implementation"))
    fields: dict[str, Any] = {key: literal}
    return create_model(
        config.__qualname__,
        __base__=config,
        __module__=config.__module__,
        __doc__=config.__doc__,
        **fields,
    )


def _shown(value: Any) -> str:
    """Return `value` as an error shows it: quoted if it is text, cut if it is long."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = (
        f"'{value}'"
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else repr(value)
    )
    return text if len(text) <= 60 else text[:57] + "..."


def _spoken(value: Any, known: list[str]) -> str:
    return (
        value
        if isinstance(value, str) and registry.canonical(value) in known
        else known[0]
        if known
        else "NAME"
    )


def _escaped(unit: str) -> str:
    return unit.replace("/", "\\/")


def implementation(kind: str, config: Config, key: str = "kind") -> Any:
    """Return the registered class whose `Config` the validated block `config` is."""
    return registry.lookup(kind, getattr(config, key))


@dataclass(frozen=True, slots=True)
class InputFile:
    """Annotation of a field that names a file which the scenario reads.

    The text is kept as written; `netsim.scenario` resolves it against the scenario's folder, refuses paths that leave
    it through ``..``, and replaces it by the absolute path before the model is built. `Path` is what the model holds.
    """

    resolve: Callable[[str], Path] | None = None


FilePath = Annotated[str, InputFile()]
