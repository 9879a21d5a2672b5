"""Gradient coding by fractional repetition: one survivor in each group of s+1 workers is enough."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.gc import GradientCode, ToleranceConfig
from netsim.stragglers.codes.scheme import Limits
from netsim.stragglers.inner import InnerCode, RepetitionCode


@register("code", "gc_rep")
class RepeatedGradientCode(GradientCode):
    """Gradient coding by repetition: one survivor in each group of s+1 workers is enough."""

    source: ClassVar[str] = "Tandon et al., Gradient Coding, ICML 2017, section 3.2"

    class Config(ToleranceConfig):
        """Parameters of a fractional repetition code; s+1 divides the number of workers."""

    def _inner_code(self) -> InnerCode:
        return RepetitionCode(self.workers, self.s)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if s >= n or s+1 does not divide n."""
        return super().problems(config, workers) or uneven_groups(config.s, workers, ("code", "s"))

    def tolerates(self) -> str:
        """Return the model."""
        return (
            f"up to {self.s} stragglers in every round, and any pattern that leaves one worker in "
            f"each of the {self.workers // (self.s + 1)} groups of {self.s + 1}"
        )

    def limits(self) -> Limits:
        """Return that at most s workers are late; `decodable`: that no group is late as a whole."""
        if self.rule == "model":
            return super().limits()
        nobody = np.zeros(self.workers, dtype=np.bool_)
        return (self.inner.spare(lost=nobody, fragile=~nobody),)


def uneven_groups(
    s: Any, workers: int, at: tuple[str, ...], name: str = "s", why: str = ""
) -> list[Problem]:
    """Return a problem if the workers cannot be cut into groups of s+1; `why` says whence s is."""
    if workers % (s + 1) == 0:
        return []
    fitting = [d - 1 for d in range(1, workers + 1) if workers % d == 0]
    near = sorted(fitting, key=lambda other: abs(other - s))[:2]
    return [
        Problem(
            f"repetition needs groups of equal size: {name}+1={s + 1}{why} does not divide "
            f"{workers} workers",
            at=at,
            hint=f"take {name} = {' or '.join(map(str, sorted(near)))}",
            also=("workers",),
        )
    ]
