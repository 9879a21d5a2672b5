"""Every node knows k classes, and every class is known by equally many nodes, or nearly so."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.partition import Integers, PartitionConfig
from netsim.problems import Problem
from netsim.registry import register


@register("partition", "classes_per_node")
class ClassesPerNode:
    """Each holder gets samples of k classes, dealt in turn over a random order of the holders."""

    source: ClassVar[str] = "Li et al., Federated Learning on Non-IID Data Silos, ICDE 2022"

    class Config(PartitionConfig):
        """Number of classes."""

        k: int = field(2, description="classes of a node", ge=1)

    @staticmethod
    def problems(config: Config, samples: int, classes: int, holders: int) -> list[Problem]:
        """Return whether k classes are too many, or leave a class without a holder."""
        if config.k > classes:
            message = f"a node cannot know {config.k} of {classes} classes"
            return [Problem(message, ("k",), "out-of-range", f"at most {classes}")]
        if config.k * holders < classes:
            message = f"{holders:,} holders of {config.k} classes leave some of {classes} to nobody"
            return [Problem(message, ("k",), "unsatisfiable", "raise it")]
        return []

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return parts; classes go round, so that k neighbours in the round are all different."""
        classes = int(label.max(initial=0)) + 1
        place = generator.permutation(holders)
        known = (place[:, None] * config.k + np.arange(config.k)) % classes
        pieces: list[list[Integers]] = [[np.zeros(0, np.int64)] for _ in range(holders)]
        for one in range(classes):
            order = generator.permutation(np.flatnonzero(label == one))
            who = np.flatnonzero((known == one).any(axis=1))
            for holder, piece in zip(who, np.array_split(order, len(who)), strict=True):
                pieces[holder].append(piece)
        return [np.concatenate(own) for own in pieces]
