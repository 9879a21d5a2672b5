"""Gilbert-Elliott: each worker is a two-state Markov chain, with a law of its time in either.

From good to bad with probability p, back with q; the first round is drawn from the stationary law,
bad with probability p / (p + q). A bad burst lasts 1/q rounds on average (Gilbert 1960, Elliott
1963).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from netsim.delays.lanes import Marks, fill, mark, place
from netsim.delays.laws.law import Law, Seconds
from netsim.delays.process import DelayConfig
from netsim.fields import Probability, field
from netsim.registry import register
from netsim.rng import Streams

_GILBERT = "Gilbert, Capacity of a Burst-Noise Channel, 1960"


@register("delay", "gilbert_elliott")
class GilbertElliott:
    """Bursts of slow rounds: a two-state Markov chain per worker, a law for either state."""

    source: ClassVar[str] = f"{_GILBERT}; Elliott, 1963"

    class Config(DelayConfig):
        """The chain and the two laws."""

        p: Probability = field(
            0.05, description="probability that a good worker is bad next round", source=_GILBERT
        )
        q: Probability = field(
            0.5, description="probability that a bad worker is good next round", source=_GILBERT
        )
        good: Law = field(
            {"dist": "constant", "value": "0.5 s"}, description="time in a good round"
        )
        bad: Law = field({"dist": "exponential", "mean": "2 s"}, description="time in a bad round")

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in draws of the good law, and draws of the bad law where the chain is bad."""
        _, rounds, workers = out.shape
        fill(config.good, streams, f"{purpose}.good", out)
        bad = states(streams, f"{purpose}.state", config.p, config.q, rounds, workers)
        place(out, bad, config.bad, streams, f"{purpose}.bad")


def stationary(p: float, q: float) -> float:
    """Return the long-run share of bad rounds, p / (p + q); 0 for a chain that never moves."""
    return p / (p + q) if p + q > 0 else 0.0


def states(
    streams: Sequence[Streams], purpose: str, p: float, q: float, rounds: int, workers: int
) -> Marks:
    """Return which (replication, round, worker of whole lanes) is bad."""
    turns = mark(streams, f"{purpose}.turn", p, rounds, workers)
    if rounds:
        turns[:, :1] = mark(streams, f"{purpose}.first", stationary(p, q), 1, workers)
    return chain(turns, mark(streams, f"{purpose}.stay", 1 - q, rounds, workers))


def chain(turns: Marks, stays: Marks) -> Marks:
    """Return the states of two-state chains from what each would do.

    `turns` says who would turn bad if it were good (in round 0: who starts bad), `stays` who would
    stay bad. The next state is ``turns ^ (state & (turns ^ stays))``: a few byte operations a round
    for all chains at once.
    """
    # Lanes are whole, so a round's flags are whole words of eight. Rounds come first in memory,
    # where a step goes through the flags of all chains as they lie.
    state = np.ascontiguousarray(turns.view(np.uint64).swapaxes(0, 1))
    held = np.ascontiguousarray(stays.view(np.uint64).swapaxes(0, 1))
    for current in range(1, len(state)):
        differs = held[current]
        differs ^= state[current]
        differs &= state[current - 1]
        state[current] ^= differs
    states: Marks = state.swapaxes(0, 1).view(np.bool_)
    return states
