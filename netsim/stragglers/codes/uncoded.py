"""Uncoded work: every worker does its n-th of the data, and the master waits for all."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.gc import GradientCode, ToleranceConfig
from netsim.stragglers.codes.scheme import CodeConfig, Rule


@register("code", "uncoded")
class Uncoded(GradientCode):
    """No code: each worker does 1/n of the data, and every round waits for the slowest."""

    source: ClassVar[str] = "the baseline of Tandon et al., Gradient Coding, ICML 2017"
    always_waits: ClassVar[bool] = True

    class Config(CodeConfig):
        """Uncoded work has no parameters."""

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        zero = ToleranceConfig(s=0)
        super().__init__(zero, workers, rule=rule, streams=streams)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return nothing: it is always possible."""
        return []

    def tolerates(self) -> str:
        """Return the model."""
        return "no stragglers: every round waits for all workers"
