"""Independent delays: every worker in every round draws from one law."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netsim.delays.lanes import fill
from netsim.delays.laws.law import Law, Seconds
from netsim.delays.process import DelayConfig
from netsim.fields import field
from netsim.registry import register
from netsim.rng import Streams


@register("delay", "independent")
class Independent:
    """Every worker in every round draws from one law."""

    source: ClassVar[str] = "Lee et al., Speeding Up Distributed Machine Learning Using Codes, 2018"

    class Config(DelayConfig):
        """The law."""

        law: Law = field(
            {"dist": "shifted_exponential", "shift": "0.5 s", "mean": "0.1 s"},
            description="law of a worker's time in a round",
        )

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in independent draws."""
        fill(config.law, streams, f"{purpose}.law", out)
