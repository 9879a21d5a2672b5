"""What becomes of the accuracy: evaluations, what a disruption did to it, and when it was back."""

from __future__ import annotations

from typing import Final

from netsim.decentralized.measures import Measures
from netsim.decentralized.pattern import Pattern
from netsim.decentralized.peers import Peers
from netsim.engine.clock import to_seconds
from netsim.family import Scalar

#: Share of the accuracy before a disruption that counts as recovered.
RECOVERED: Final = 0.99


class Story:
    """Evaluations of a run.

    Parameters
    ----------
    measures
        Who scores and writes.
    peers
        Whose bytes are counted.
    target
        The wanted accuracy, or None.
    """

    def __init__(self, measures: Measures, peers: Peers, target: float | None) -> None:
        self._measures, self._peers, self._target = measures, peers, target
        self._evaluated = (-1, 0)
        self.accuracy: float | None = None
        #: Mean accuracy just before and after the first disruption.
        self._before: float | None = None
        self._after: float | None = None
        #: Round and time of the first disruption, of recovery from it, and of the wanted accuracy,
        #: with the bytes sent by then.
        self._struck: tuple[int, int | None] | None = None
        self._recovered: tuple[int, int | None] | None = None
        self._reached: tuple[int, int | None, int] | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the wanted accuracy was reached."""
        return self._reached is not None

    def evaluate(self, number: int, stage: int, pattern: Pattern, t: int | None = None) -> None:
        """Score all models after `number` rounds, once for the same round and stage."""
        if self._evaluated == (number, stage):
            return
        self._evaluated = (number, stage)
        self.accuracy = self._measures.evaluate(number, stage, pattern, t)
        if self.accuracy is None:
            return
        if self._target is not None and not self._reached and self.accuracy >= self._target:
            self._reached = number, t, int(self._peers.bytes_sent.sum())
        if (
            self._struck is not None
            and self._recovered is None
            and stage == 0
            and number > self._struck[0]
            and self._before is not None
            and self.accuracy >= RECOVERED * self._before
        ):
            self._recovered = number, t

    def strike(self, number: int, before: float | None, t: int | None = None) -> None:
        """Note the first disruption: when it came, and the accuracy before it."""
        if self._struck is None:
            self._struck, self._before, self._after = (number, t), before, self.accuracy

    def figures(self) -> dict[str, Scalar]:
        """Return columns of table `runs`."""
        rounds, seconds = None, None
        if self._struck is not None and self._recovered is not None:
            rounds = self._recovered[0] - self._struck[0]
            seconds = _between(self._struck[1], self._recovered[1])
        reached = self._reached or (None, None, None)
        return {
            "accuracy": self.accuracy,
            "loss": self._measures.loss,
            "accuracy_before": self._before,
            "accuracy_after": self._after,
            "recovery_rounds": rounds,
            "recovery_time": seconds,
            "rounds_to_target": reached[0],
            "time_to_target": None if reached[1] is None else to_seconds(reached[1]),
            "bytes_to_target": reached[2],
            "alive": self._measures.shape["alive"],
            "largest_component": self._measures.shape["largest_component"],
        }


def _between(begin: int | None, end: int | None) -> float | None:
    return None if begin is None or end is None else to_seconds(end - begin)
