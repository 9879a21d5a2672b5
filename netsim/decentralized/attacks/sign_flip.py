"""The opposite of one's model."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.decentralized.attack import Array, AttackConfig, Integers
from netsim.fields import field
from netsim.registry import register


@register("attack", "sign_flip")
class SignFlip:
    """Sends its own model with the opposite sign, scaled."""

    source: ClassVar[str] = "Li et al., RSA: Byzantine-Robust Stochastic Aggregation, AAAI 2019"
    example: ClassVar[dict[str, Any]] = {"fraction": 0.2}

    class Config(AttackConfig):
        """Who, and how strongly."""

        scale: float = field(1.0, description="factor of the opposite", gt=0)

    def __init__(self, config: Config, key: int) -> None:
        self._scale = config.scale

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return -scale x."""
        forged: Array = vectors.dtype.type(-self._scale) * vectors[attackers]
        return forged
