"""What an order of swaps is: which two partners each inner router waits for before it swaps.

A registered policy is a class with a `Config`, a `source` and::

    ranks(config, nodes) -> {position: (left, right)}, or None where any two partners will do

Positions count from 0 at the initiator to ``nodes - 1`` at the responder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Protocol

from netsim.fields import Config, Probability, field

Partners = dict[int, tuple[int, int]]


class SwapConfig(Config):
    """How inner routers join pairs."""

    success: Probability = field(1.0, description="chance that a swap succeeds")
    degradation: Probability | None = field(
        None,
        description="simple model: the new pair is a Werner state of fidelity F1 F2 degradation, "
        "and nothing decays; default: Bell-diagonal states with the gate errors below",
    )
    gate_fidelity: Probability = field(
        1.0, description="chance that the two-qubit gate works; otherwise its outcome is mixed"
    )
    measurement_fidelity: Probability = field(
        1.0, description="chance that a measured bit is read right"
    )
    handshake: bool = field(
        True,
        description="ask both partners before measuring; false: measure as soon as both pairs are "
        "there",
    )
    select: Literal["lowest", "oldest", "newest", "highest_fidelity", "random"] = field(
        "lowest", description="which ready memory of the other side is taken"
    )


class SwapPolicy(Protocol):
    """What a class registered under kind ``swap`` offers."""

    Config: type[SwapConfig]
    source: ClassVar[str]

    @staticmethod
    def ranks(config: Any, nodes: int) -> Partners | None:
        """Return the partners that each inner position waits for."""
        ...


def in_order(order: Sequence[int], nodes: int) -> Partners:
    """Return the partners of positions that swap in this order, each with who is left beside it.

    >>> in_order([1, 3, 2], 5)
    {1: (0, 2), 3: (2, 4), 2: (0, 4)}
    """
    left = list(range(nodes))
    found: Partners = {}
    for position in order:
        at = left.index(position)
        found[position] = left[at - 1], left[at + 1]
        del left[at]
    return found
