"""Some memories of each router make pairs with its neighbours all the time, all alike."""

from __future__ import annotations

from typing import ClassVar

from netsim.fields import field
from netsim.quantum.policies.policy import GenerationConfig
from netsim.registry import register


@register("generation", "continuous")
class Continuous:
    """Some memories make pairs all the time, with neighbours drawn uniformly."""

    source: ClassVar[str] = (
        "A. Kolar et al., Adaptive, continuous entanglement generation for quantum networks, 2022"
    )

    class Config(GenerationConfig):
        """Some memories make pairs all the time, with neighbours drawn uniformly."""

        memories: int = field(
            1,
            description="memories of each router, of its `memory.count`, that do so",
            ge=1,
            le=1024,
        )

    @staticmethod
    def standing(config: Config) -> int:
        """Return how many memories of each router make pairs all the time."""
        return config.memories

    @staticmethod
    def learned(config: Config, weights: list[float], share: list[float]) -> list[float]:
        """Return the weights as they are."""
        return weights
