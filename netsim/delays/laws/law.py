"""What a law is: a block ``{dist: NAME, ...}`` and two functions, `draw` and `mean`.

A registered law is a class with a `Config` and two static functions::

    draw(config, generator, count) -> array of `count` durations in seconds
    mean(config) -> expected duration in seconds, exact (infinite where there is none)

`draw` must have the *prefix property*: the first k of n draws are what k draws alone would have
been. It is what keeps a run's draws in place when rounds are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.fields import FILE_KEY, Config, OneOf, implementation

Seconds = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class LawChoice(OneOf):
    """A law block; ``{mix: [...]}`` and ``{file: F}`` need no `dist`."""

    def choose(self, value: Any) -> str:
        """Return the name of the law that the block asks for."""
        if isinstance(value, Mapping) and self.key not in value:
            if "mix" in value:
                return "mix"
            if FILE_KEY in value:
                return "empirical"
        return OneOf.choose(self, value)


#: Annotation of a field that holds a law: ``bad: Law = field({"dist": "constant", "value": "1 s"},
#: ...)``.
LAW = LawChoice("law", key="dist")
Law = Annotated[LawConfig, LAW]


def draw(config: LawConfig, generator: np.random.Generator, count: int) -> Seconds:
    """Return `count` durations in seconds, drawn by the law `config`."""
    values: Seconds = implementation("law", config, key="dist").draw(config, generator, count)
    return values


def mean(config: LawConfig) -> float:
    """Return the expected duration in seconds of the law `config`."""
    return float(implementation("law", config, key="dist").mean(config))
