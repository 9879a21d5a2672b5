"""What a law is: a block ``{dist: NAME, ...}`` and two functions, `draw` and `mean`.

A registered law is a class with a `Config` and two static functions::

    draw(config, generator, count) -> array of `count` durations in seconds
    mean(config) -> expected duration in seconds, exact (infinite where there is none)

and optionally::

    problems(config) -> list[Problem]     what is wrong with its data file

`draw` must have the *prefix property*: the first k of n draws are what k draws alone would have
been. It is what keeps a run's draws in place when rounds are added. A law that needs a number of
draws that is not known beforehand takes them from children of the generator (``spawn``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from netsim.datafiles import Number
from netsim.fields import FILE_KEY, Config, OneOf, Quantity, implementation
from netsim.problems import Problem

Seconds = NDArray[np.float64]

#: Seconds (53 days) that no finite duration of a scenario or data file exceeds: half the range of
#: the clock. Draws of a law may.
LONGEST: Final = 53 * 86400.0

#: A column of a data file that holds durations; ``inf`` is what never comes.
SECONDS: Final = Number(
    "a number of seconds from 0 to 53 days, or inf", least=0, most=LONGEST, endless=True
)

#: Types of a law's parameters. What must be positive is a step of the clock at least, which keeps
#: ratios of parameters, and their squares, within the range of floating point.
Duration = Annotated[float, Quantity("duration", maximum=LONGEST)]
PositiveDuration = Annotated[
    float, Quantity("duration", minimum=1e-12, maximum=LONGEST, positive=True)
]


class LawConfig(Config):
    """A distribution of one duration."""


class LawType(Protocol):
    """What a class registered under kind ``law`` offers."""

    Config: type[LawConfig]
    source: ClassVar[str]

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return `count` durations; the first k do not depend on `count`."""
        ...

    @staticmethod
    def mean(config: Any) -> float:
        """Return the expected duration."""
        ...


#: Laws whose blocks need no `dist`, by the key that tells them.
_TOLD_BY: Final = {"mix": "mix", FILE_KEY: "empirical"}


@dataclass(frozen=True, slots=True)
class LawChoice(OneOf):
    """A law block; ``{mix: [...]}`` and ``{file: F}`` need no `dist`."""

    def choose(self, value: Any) -> str:
        """Return the name of the law that the block asks for."""
        if isinstance(value, Mapping) and self.key not in value:
            for key, name in _TOLD_BY.items():
                if key in value:
                    return name
        return OneOf.choose(self, value)

    def block_schema(self, members: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """Describe the block as `OneOf` does, and what it holds where `dist` is left out."""
        described = OneOf.block_schema(self, members)
        conditions = dict(zip(members, described["allOf"], strict=False))
        named: dict[str, Any] = {"required": described.pop("required")}
        for key, name in _TOLD_BY.items():
            untold = {"required": [key], "not": named}
            described["allOf"].append({"if": untold, "then": conditions[name]["then"]})
        told = [{"required": [key]} for key in _TOLD_BY]
        return described | {"anyOf": [named, *told]}


@dataclass(frozen=True, slots=True)
class TimeOrLawChoice(LawChoice):
    """A law block, or a duration, which stands for the constant law."""

    def spelled_out(self, value: Any) -> Any:
        """Return the block that a duration stands for; anything else as it is."""
        short = isinstance(value, str | int | float) and not isinstance(value, bool)
        return {self.key: "constant", "value": value} if short else value

    def short_form(self) -> tuple[str, dict[str, Any]] | None:
        """Return how a duration is written, in words and as JSON Schema."""
        return "duration", TypeAdapter(Duration).json_schema()


#: Annotation of a field that holds a law: ``bad: Law = field({"dist": "constant", "value": "1 s"},
#: ...)``.
LAW = LawChoice("law", key="dist")
Law = Annotated[LawConfig, LAW]

#: Of one that takes ``100 ms`` as well, for ``{dist: constant, value: 100 ms}``.
TimeOrLaw = Annotated[LawConfig, TimeOrLawChoice("law", key="dist")]


def problems(config: LawConfig, at: tuple[str | int, ...] = ()) -> list[Problem]:
    """Return what keeps `config` from being drawn from; `at`: where its block stands."""
    find: Callable[[Any], list[Problem]] | None = getattr(
        implementation("law", config, key="dist"), "problems", None
    )
    return [replace(found, at=(*at, *found.at)) for found in find(config)] if find else []


def draw(config: LawConfig, generator: np.random.Generator, count: int) -> Seconds:
    """Return `count` durations in seconds, drawn by the law `config`."""
    values: Seconds = implementation("law", config, key="dist").draw(config, generator, count)
    return values


def mean(config: LawConfig) -> float:
    """Return the expected duration in seconds of the law `config`."""
    return float(implementation("law", config, key="dist").mean(config))
