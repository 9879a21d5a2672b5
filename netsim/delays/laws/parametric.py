"""The textbook laws, parametrized by mean and standard deviation wherever these determine them."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from netsim.delays.laws.law import Duration, LawConfig, PositiveDuration, Seconds
from netsim.fields import field, problem
from netsim.registry import register

#: A tail index below 0.1 gives durations beyond the range of floating point.
Shape = Annotated[float, Field(ge=0.1, le=1e6)]
_TEXTBOOK = "Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions, 1994"


@register("law", "constant")
class Constant:
    """Always the same duration."""

    source: ClassVar[str] = "definition"
    example: ClassVar[dict[str, Any]] = {"value": "1 s"}

    class Config(LawConfig):
        """A fixed duration."""

        value: Duration = field(description="the duration")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return `count` equal durations; nothing is drawn."""
        return np.full(count, config.value)

    @staticmethod
    def mean(config: Any) -> float:
        """Return the duration."""
        return float(config.value)


@register("law", "uniform")
class Uniform:
    """Uniform between two durations."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"high": "1 s"}

    class Config(LawConfig):
        """The interval."""

        low: Duration = field("0 s", description="shortest duration")
        high: Duration = field(description="longest duration")

        @model_validator(mode="after")
        def _ordered(self) -> Self:
            if self.high < self.low:
                raise problem("unsatisfiable", "uniform: 'high' is below 'low'", at=("high",))
            return self

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``low + (high - low) U``."""
        low, high = float(config.low), float(config.high)
        return low + (high - low) * generator.random(count)

    @staticmethod
    def mean(config: Any) -> float:
        """Return the middle."""
        return float(config.low + config.high) / 2


@register("law", "exponential")
class Exponential:
    """Exponential: memoryless."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"mean": "1 s"}

    class Config(LawConfig):
        """The mean, the inverse of the rate."""

        mean: Duration = field(description="mean duration, the inverse of the rate")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``mean * Exp(1)``."""
        return float(config.mean) * generator.standard_exponential(count)

    @staticmethod
    def mean(config: Any) -> float:
        """Return the mean."""
        return float(config.mean)


@register("law", "shifted_exponential")
class ShiftedExponential:
    """A fixed part plus an exponential one, the usual model of a worker's compute time."""

    source: ClassVar[str] = "Lee et al., Speeding Up Distributed Machine Learning Using Codes, 2018"
    example: ClassVar[dict[str, Any]] = {"shift": "1 s", "mean": "1 s"}

    class Config(LawConfig):
        """Shift and mean of the exponential part."""

        shift: Duration = field(description="least duration")
        mean: Duration = field(description="mean of the exponential part, the inverse of its rate")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``shift + mean * Exp(1)``."""
        shift, mean = float(config.shift), float(config.mean)
        return shift + mean * generator.standard_exponential(count)

    @staticmethod
    def mean(config: Any) -> float:
        """Return ``shift + mean``."""
        return float(config.shift + config.mean)


@register("law", "normal")
class Normal:
    """Normal, truncated at zero: negative draws are drawn again, which lifts the mean a little."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"mean": "1 s", "sd": "0.1 s"}

    class Config(LawConfig):
        """Mean and standard deviation before truncation."""

        mean: Duration = field(description="mean before truncation at zero")
        sd: Duration = field(description="standard deviation before truncation at zero")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return normal draws given that they are not negative.

        Attempt t of all cells comes from the t-th child stream in cell order, which keeps the
        prefix property. As the mean is not negative, every attempt settles at least half of the
        cells on average.
        """
        if config.sd == 0:
            return np.full(count, config.mean)
        values: Seconds = config.mean + config.sd * generator.standard_normal(count)
        pending = np.flatnonzero(values < 0)
        while pending.size:
            again = generator.spawn(1)[0].standard_normal(pending.size)
            values[pending] = config.mean + config.sd * again
            pending = pending[values[pending] < 0]
        return values

    @staticmethod
    def mean(config: Any) -> float:
        """Return ``m + sd phi(m/sd) / Phi(m/sd)``."""
        if config.sd == 0:
            return float(config.mean)
        z = config.mean / config.sd
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return float(config.mean + config.sd * density / (0.5 * math.erfc(-z / math.sqrt(2))))


@register("law", "lognormal")
class LogNormal:
    """Log-normal, given by its own mean and standard deviation."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"mean": "1 s", "sd": "0.1 s"}

    class Config(LawConfig):
        """Mean and standard deviation of the duration itself, not of its logarithm."""

        mean: PositiveDuration = field(description="mean duration")
        sd: Duration = field(description="standard deviation of the duration")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``exp(m + s N)`` with ``s^2 = ln(1 + (sd/mean)^2)``, ``m = ln mean - s^2/2``."""
        variance = math.log1p((config.sd / config.mean) ** 2)
        location = math.log(config.mean) - variance / 2
        values: Seconds = np.exp(location + math.sqrt(variance) * generator.standard_normal(count))
        return values

    @staticmethod
    def mean(config: Any) -> float:
        """Return the mean."""
        return float(config.mean)


@register("law", "pareto")
class Pareto:
    """Pareto: a heavy tail, ``P(X > x) = (scale / x)^shape`` for x above `scale`."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"scale": "1 s", "shape": 2.0}

    class Config(LawConfig):
        """Least duration and tail index."""

        scale: PositiveDuration = field(description="least duration")
        shape: Shape = field(description="tail index; the mean is infinite at 1 and below")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``scale * exp(E / shape)`` with E exponential."""
        values: Seconds = config.scale * np.exp(
            generator.standard_exponential(count) / config.shape
        )
        return values

    @staticmethod
    def mean(config: Any) -> float:
        """Return ``scale * shape / (shape - 1)``, infinite for a shape of 1 and below."""
        if config.shape <= 1:
            return math.inf
        return float(config.scale * config.shape / (config.shape - 1))


@register("law", "weibull")
class Weibull:
    """Weibull: ``P(X > x) = exp(-(x/scale)^shape)``."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"scale": "1 s", "shape": 2.0}

    class Config(LawConfig):
        """Scale and shape."""

        scale: Duration = field(description="scale: 63 % of the durations are shorter")
        shape: Shape = field(description="shape; below 1 the tail is heavier than exponential")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``scale * E^(1/shape)`` with E exponential."""
        values: Seconds = config.scale * generator.standard_exponential(count) ** (1 / config.shape)
        return values

    @staticmethod
    def mean(config: Any) -> float:
        """Return ``scale * Gamma(1 + 1/shape)``."""
        return float(config.scale * math.gamma(1 + 1 / config.shape))


@register("law", "gamma")
class Gamma:
    """Gamma, given by mean and standard deviation, after an optional fixed part."""

    source: ClassVar[str] = _TEXTBOOK
    example: ClassVar[dict[str, Any]] = {"mean": "1 s", "sd": "0.1 s"}

    class Config(LawConfig):
        """Fixed part, and mean and standard deviation of the gamma part."""

        shift: Duration = field("0 s", description="fixed part")
        mean: PositiveDuration = field(description="mean of the gamma part")
        sd: PositiveDuration = field(description="standard deviation of the gamma part")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return ``shift + scale * Gamma(shape)``, shape ``(mean/sd)^2``, scale ``sd^2/mean``."""
        values = generator.standard_gamma((config.mean / config.sd) ** 2, count)
        values *= config.sd**2 / config.mean
        values += config.shift
        return values

    @staticmethod
    def mean(config: Any) -> float:
        """Return ``shift + mean``."""
        return float(config.shift + config.mean)
