"""The empirical law of measured durations: each draw is one of them, with replacement."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.datafiles import read
from netsim.delays.laws.law import SECONDS, LawConfig, Seconds
from netsim.fields import FilePath, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register


@register("law", "empirical")
class Empirical:
    """Measured durations, drawn with replacement: ``{file: times.csv}``."""

    source: ClassVar[str] = "Efron, Bootstrap Methods, 1979"
    example: ClassVar[dict[str, Any]] = {"file": "data.csv"}

    class Config(LawConfig):
        """The file of measurements."""

        file: FilePath = field(description="CSV or Parquet file with a column 'seconds'")

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return `count` of the measurements."""
        seconds = _measured(config)
        drawn: Seconds = seconds[(generator.random(count) * seconds.size).astype(np.int64)]
        return drawn

    @staticmethod
    def mean(config: Any) -> float:
        """Return the mean of the measurements."""
        return float(_measured(config).mean())

    @staticmethod
    def problems(config: Any) -> list[Problem]:
        """Return what is wrong with the file."""
        try:
            _measured(config)
        except ProblemsFound as found:
            return list(found.problems)
        return []


def _measured(config: Any) -> Seconds:
    seconds: Seconds = read(config.file.path, {"seconds": SECONDS})["seconds"]
    return seconds
