"""Pumping: one pair is purified again and again with fresh ones; a failure begins anew.

Two memories a side are enough whatever the number of rounds, but the fidelity tends to a limit
below one that the fresh pairs set. Above it no number of rounds helps, and none is tried.
"""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.fields import field
from netsim.quantum.purification.scheme import Candidate, Schedule, ScheduleConfig, Stage
from netsim.registry import register


@register("purification", "pumping")
class Pumping(Schedule):
    """The pair that has come farthest is kept, and a fresh one is given up for it."""

    source: ClassVar[str] = "W. Duer, H.-J. Briegel, J. I. Cirac and P. Zoller, PRA 59, 169, 1999"

    class Config(ScheduleConfig):
        """Again and again with fresh pairs."""

        rounds: int | None = field(
            None, description="rounds a pair may go through; default: as many as it takes", ge=1
        )

    @staticmethod
    def fits(config: Config, kept: Candidate, measured: Candidate) -> bool:
        """Return whether `measured` is fresh and `kept` may go on."""
        return measured.stage.rounds == 0 and (
            config.rounds is None or kept.stage.rounds < config.rounds
        )

    @staticmethod
    def alike(config: Any, stage: Stage) -> bool:
        """Return False: partners are always fresh."""
        return False
