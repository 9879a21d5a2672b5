"""Recurrence: pairs of equal level only, so that n rounds take two to the power of n pairs.

Levels are counted, where the plain circuits compare fidelities: pairs that decayed for different
times still go together.
"""

from __future__ import annotations

from typing import ClassVar

from netsim.fields import field
from netsim.quantum.purification.scheme import Candidate, Schedule, ScheduleConfig
from netsim.registry import register


@register("purification", "recurrence")
class Recurrence(Schedule):
    """Pairs that survived equally many rounds are purified with each other."""

    source: ClassVar[str] = (
        "Bennett et al., Phys. Rev. Lett. 76, 722, 1996; W. Duer and H. J. Briegel, Rep. Prog. "
        "Phys. 70, 1381, 2007"
    )

    class Config(ScheduleConfig):
        """Equal levels only."""

        rounds: int | None = field(
            None, description="levels above a fresh pair; default: as many as it takes", ge=1, le=64
        )

    @staticmethod
    def fits(config: Config, kept: Candidate, measured: Candidate) -> bool:
        """Return whether both survived the same number of rounds, and may go on."""
        done = kept.stage.rounds
        return done == measured.stage.rounds and (config.rounds is None or done < config.rounds)
