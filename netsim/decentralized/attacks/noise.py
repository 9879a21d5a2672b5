"""One's model under Gaussian noise, anew every round."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.attack import Array, AttackConfig, Integers
from netsim.fields import field
from netsim.registry import register
from netsim.rng import normals


@register("attack", "noise")
class Noise:
    """Sends its own model plus Gaussian noise."""

    source: ClassVar[str] = "Blanchard et al., Machine Learning with Adversaries, NeurIPS 2017"
    example: ClassVar[dict[str, Any]] = {"fraction": 0.2}

    class Config(AttackConfig):
        """Who, and how much."""

        sigma: float = field(1.0, description="standard deviation of the noise on a number", gt=0)

    def __init__(self, config: Config, key: int) -> None:
        self._sigma, self._key = config.sigma, key

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return x + sigma n."""
        size = vectors.shape[1]
        drawn = normals(self._key, attackers[:, None], turn * size + np.arange(size))
        forged: Array = vectors[attackers] + (self._sigma * drawn).astype(vectors.dtype)
        return forged
