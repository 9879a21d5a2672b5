"""What becomes of models that come late: they weigh less, or nothing."""

from __future__ import annotations

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.fields import field


class StalenessConfig(AlgorithmConfig):
    """How much late models weigh."""

    max_staleness: int | None = field(
        None, description="largest lag of a model that is still taken in; default: any", ge=0
    )
    a: float = field(
        0.0, description="a model that is behind by a lag weighs (1 + lag)^-a", ge=0, le=100
    )

    def weight(self, lag: int) -> float:
        """Return what a model weighs, 0 if it is too old."""
        if self.max_staleness is not None and lag > self.max_staleness:
            return 0.0
        return float((1 + lag) ** -self.a)
