"""A model all of whose numbers are one."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.attack import Array, AttackConfig, Integers
from netsim.fields import field
from netsim.registry import register


@register("attack", "same_value")
class SameValue:
    """Sends the same number in every place."""

    source: ClassVar[str] = "Li et al., RSA: Byzantine-Robust Stochastic Aggregation, AAAI 2019"
    example: ClassVar[dict[str, Any]] = {"fraction": 0.2}

    class Config(AttackConfig):
        """Who, and what."""

        value: float = field(1.0, description="what every number is")

    def __init__(self, config: Config, key: int) -> None:
        self._value = config.value

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return the value throughout."""
        return np.full((len(attackers), vectors.shape[1]), self._value, vectors.dtype)
