"""Pumping ladder: a pair of level k is pumped with finished pairs of level k - 1.

Pumping alone tends to a limit below one. Pairs that have come near it serve as the fresh ones of
the next level, which tends to a higher limit, and so on (nested entanglement pumping). With
one round a level it is recurrence.
"""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.fields import field
from netsim.quantum.purification.scheme import Candidate, Schedule, ScheduleConfig, Stage
from netsim.registry import register


@register("purification", "ladder")
class Ladder(Schedule):
    """Pairs are pumped `rounds` times at each level, with finished ones of the level below."""

    source: ClassVar[str] = (
        "W. Duer and H. J. Briegel, Phys. Rev. Lett. 90, 067901, 2003 (nested entanglement pumping)"
    )

    class Config(ScheduleConfig):
        """Level by level."""

        rounds: int = field(2, description="rounds at each level", ge=1, le=1000)
        levels: int | None = field(
            None, description="levels above a fresh pair; default: as many as it takes", ge=1, le=64
        )

    @staticmethod
    def fits(config: Config, kept: Candidate, measured: Candidate) -> bool:
        """Return whether `measured` is a finished pair of the level below `kept`'s next round."""
        if not _finished(config, measured.stage):
            return False
        level = kept.stage.level + _finished(config, kept.stage)
        if config.levels is not None and level > config.levels:
            return False
        return measured.stage.level == level - 1

    @staticmethod
    def after(config: Any, stage: Stage) -> Stage:
        """Return the stage one round on: of a finished pair the first of the next level."""
        if _finished(config, stage):
            return Stage(stage.level + 1, 1)
        return Stage(stage.level, stage.rounds + 1)

    @staticmethod
    def alike(config: Any, stage: Stage) -> bool:
        """Return whether the pair is finished, so that its next partner is of its own level."""
        return _finished(config, stage)


def _finished(config: Any, stage: Stage) -> bool:
    return bool(stage.level == 0 or stage.rounds == config.rounds)
