"""Multiplexed coding over fractional repetition (M-SGC-Rep): one survivor per group."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.gc_rep import uneven_groups
from netsim.stragglers.codes.m_sgc import Multiplexed
from netsim.stragglers.codes.sr_sgc import BurstConfig
from netsim.stragglers.inner import InnerCode, RepetitionCode


@register("code", "m_sgc_rep")
class RepeatedMultiplexed(Multiplexed):
    """Multiplexed coding over repetition: a coded group needs one survivor per lambda+1 workers."""

    source: ClassVar[str] = (
        "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 (arXiv 2211.13802), "
        "M-SGC-Rep"
    )

    class Config(BurstConfig):
        """Parameters of multiplexed coding; B < W, and lambda+1 divides the number of workers."""

    def _inner_code(self) -> InnerCode:
        return RepetitionCode(self.workers, self.lam)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what breaks multiplexed coding, or that lambda+1 does not divide n."""
        found = super().problems(config, workers)
        return found or uneven_groups(config.lam, workers, ("code", "lambda"), name="lambda")

    def tolerates(self) -> str:
        """Return the models."""
        return (
            f"{super().tolerates()}, and more: a coded group needs one worker of each "
            f"{self.lam + 1}"
        )
