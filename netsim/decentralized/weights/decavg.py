"""Weights by data: a node takes of each neighbour, and of itself, by how many samples it has."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.pattern import Pattern, Weights
from netsim.decentralized.weights.rule import WeightsConfig
from netsim.registry import register


@register("weights", "decavg")
class DecAvgWeights:
    """Shares of the samples in the closed neighbourhood; equal shares where it has none."""

    source: ClassVar[str] = "McMahan et al., AISTATS 2017; arXiv 2310.02986"

    class Config(WeightsConfig):
        """No fields."""

    @staticmethod
    def values(config: Config, pattern: Pattern, sizes: Weights) -> Weights:
        """Return n_j over the sum of the row."""
        share = sizes[pattern.node]
        total = pattern.sum_rows(share)[pattern.row]
        equal = 1.0 / (pattern.degree[pattern.row] + 1)
        return np.where(total > 0, share / np.where(total > 0, total, 1.0), equal)
