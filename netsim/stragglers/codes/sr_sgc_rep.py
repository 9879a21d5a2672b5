"""Selective repeat over fractional repetition (SR-SGC-Rep): only empty groups are retried."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.gc_rep import uneven_groups
from netsim.stragglers.codes.sr_sgc import BurstConfig, SelectiveRepeat, from_lambda, inner_s
from netsim.stragglers.inner import InnerCode, RepetitionCode


@register("code", "sr_sgc_rep")
class RepeatedSelectiveRepeat(SelectiveRepeat):
    """Selective repeat over repetition: groups of s+1 without a survivor are retried."""

    source: ClassVar[str] = (
        "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 (arXiv 2211.13802), "
        "SR-SGC-Rep"
    )

    class Config(BurstConfig):
        """Parameters of selective repeat; B divides W-1, and s+1 the number of workers."""

    def _inner_code(self) -> InnerCode:
        return RepetitionCode(self.workers, self.s)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what breaks selective repeat, or that s+1 does not divide n."""
        s = inner_s(config.B, config.W, config.lam)
        return super().problems(config, workers) or uneven_groups(
            s, workers, ("code", "lambda"), why=from_lambda(config)
        )

    def tolerates(self) -> str:
        """Return the model."""
        return (
            f"{super().tolerates()}, and more: a job needs one worker of each group of {self.s + 1}"
        )
