"""Honest work on samples whose classes are swapped: class c becomes the last class less c."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.decentralized.attack import Array, AttackConfig, Integers
from netsim.registry import register


@register("attack", "label_flip")
class LabelFlip:
    """Trains on samples of swapped classes and sends what comes of it."""

    source: ClassVar[str] = "Tolpegin et al., Data Poisoning Attacks, ESORICS 2020"
    example: ClassVar[dict[str, Any]] = {"fraction": 0.2}

    class Config(AttackConfig):
        """Who."""

    def __init__(self, config: Config, key: int) -> None:
        pass

    @staticmethod
    def labels(config: Config, label: Integers, classes: int) -> Integers:
        """Return classes - 1 - label."""
        return classes - 1 - label

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return what was trained."""
        return vectors[attackers]
