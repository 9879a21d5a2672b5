"""One whole model, of those in the densest place.

Of n models each scores the sum of its squared distances to the n - f - 2 others that are nearest,
and the lowest score wins, among equals a node's own and then the lower node's. With n >= 2 f + 3
models of which f are forged the winner is one that honest ones surround. Nodes that lost neighbours
take the largest f for which that holds, and with fewer than three models keep their own.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.decentralized.defence import Array, DefenceConfig, with_own
from netsim.fields import field
from netsim.registry import register


@register("defence", "krum")
class Krum:
    """Takes over the model whose nearest others are nearest."""

    source: ClassVar[str] = "Blanchard et al., Machine Learning with Adversaries, NeurIPS 2017"

    class Config(DefenceConfig):
        """How many to withstand."""

        f: int = field(1, description="forged models that each node withstands", ge=0)

    @staticmethod
    def least(config: Config) -> int:
        """Return 2 f + 3."""
        return 2 * config.f + 3

    @staticmethod
    def combine(config: Config, own: Array, received: Array, weight: Array) -> Array:
        """Return the model of the lowest score."""
        models = with_own(own, received)
        count = len(models)
        if count < 3:
            return own
        near = count - min(config.f, (count - 3) // 2) - 2
        # Row by row: all differences at once would take a model per pair.
        away = np.array([((models - one).astype(np.float64) ** 2).sum(axis=1) for one in models])
        away.sort(axis=1)
        chosen: Array = models[away[:, 1 : 1 + near].sum(axis=1).argmin()]
        return chosen
