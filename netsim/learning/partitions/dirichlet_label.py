"""Label skew: the samples of each class go to the holders in random proportions."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from netsim.fields import field
from netsim.learning.partition import Integers, PartitionConfig, cut
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

#: Divisions drawn before a smallest part of the wanted size is given up.
TRIES: Final = 100


@register("partition", "dirichlet_label")
class DirichletLabel:
    """Each class is divided in proportions drawn from a symmetric Dirichlet law."""

    source: ClassVar[str] = "Hsu, Qi, Brown, arXiv 1909.06335, 2019"

    class Config(PartitionConfig):
        """Concentration, and the smallest part."""

        alpha: float = field(0.5, description="concentration; small: few classes a node", gt=0)
        min_size: int = field(1, description="samples of the smallest part", ge=0)

    @staticmethod
    def problems(config: Config, samples: int, classes: int, holders: int) -> list[Problem]:
        """Return whether so many parts of the smallest size are more than all samples."""
        if config.min_size * holders <= samples:
            return []
        message = f"{holders:,} parts of {config.min_size:,} are more than {samples:,} samples"
        return [Problem(message, ("min_size",), "unsatisfiable", "lower it")]

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return parts of which none is smaller than `min_size`, drawn anew until it is so."""
        classes = int(label.max(initial=0)) + 1
        for _ in range(TRIES):
            pieces: list[list[Integers]] = [[] for _ in range(holders)]
            for one in range(classes):
                order = generator.permutation(np.flatnonzero(label == one))
                shares = generator.dirichlet(np.full(holders, config.alpha))
                for own, piece in zip(pieces, cut(order, shares), strict=True):
                    own.append(piece)
            parts = [np.concatenate(own) for own in pieces]
            if min(map(len, parts)) >= config.min_size:
                return parts
        message = (
            f"none of {TRIES} draws gave each of {holders:,} holders {config.min_size:,} samples"
        )
        hint = "raise alpha, or lower min_size"
        raise ProblemsFound(
            Problem(message, ("data", "partition", "min_size"), "unsatisfiable", hint)
        )
