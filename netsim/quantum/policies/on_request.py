"""Pairs are made for requests alone."""

from __future__ import annotations

from typing import ClassVar

from netsim.quantum.policies.policy import GenerationConfig
from netsim.registry import register


@register("generation", "on_request")
class OnRequest:
    """Pairs are made for requests alone."""

    source: ClassVar[str] = "X. Wu et al., SeQUeNCe, 2021"

    class Config(GenerationConfig):
        """Pairs are made for requests alone."""

    @staticmethod
    def standing(config: Config) -> int:
        """Return 0: no memory makes pairs for nobody."""
        return 0

    @staticmethod
    def learned(config: Config, weights: list[float], share: list[float]) -> list[float]:
        """Return the weights as they are."""
        return weights
