"""A little is enough: the honest mean, moved by so few deviations that it hides among them.

Every number is mean - z deviation of the honest models' (population). With n nodes of which m
attack, the largest z that a majority would still hold to be one of theirs is the normal quantile of
(n - m - s) / (n - m), s = floor(n/2 + 1) - m being how many honest ones must be won over.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.attack import Array, AttackConfig, Integers
from netsim.fields import field
from netsim.registry import register


@register("attack", "alie")
class Alie:
    """Sends the honest models' mean less z of their deviations; it knows them all."""

    source: ClassVar[str] = "Baruch, Baruch, Goldberg, A Little Is Enough, NeurIPS 2019"
    example: ClassVar[dict[str, Any]] = {"fraction": 0.2}

    class Config(AttackConfig):
        """Who, and how far from the mean."""

        z: float | None = field(
            None, description="deviations from the mean; default: the most that hides", ge=0
        )

    def __init__(self, config: Config, key: int) -> None:
        self._z = config.z

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return mean - z deviation."""
        z = self._z if self._z is not None else most_that_hides(len(honest), len(attackers))
        models = vectors[honest]
        forged = models.mean(axis=0) - vectors.dtype.type(z) * models.std(axis=0)
        return np.repeat(forged[None], len(attackers), axis=0)


def most_that_hides(honest: int, attackers: int) -> float:
    """Return the largest z at which a majority holds the forged models to be theirs; at least 0."""
    needed = (honest + attackers) // 2 + 1 - attackers
    share = (honest - needed) / honest
    return max(0.0, NormalDist().inv_cdf(min(max(share, 1e-6), 1 - 1e-6)))
