"""DEJMPS: no twirling; a rotation before each round puts the errors where the round finds them."""

from __future__ import annotations

from typing import ClassVar

from netsim.quantum.purification.scheme import PurificationConfig, compare
from netsim.quantum.states import State
from netsim.registry import register


@register("purification", "dejmps")
class Dejmps:
    """Exchange Phi- and Psi- in both pairs, then compare them by a bilateral CNOT."""

    source: ClassVar[str] = "Deutsch et al., Phys. Rev. Lett. 77, 2818, 1996"

    class Config(PurificationConfig):
        """When pairs are purified."""

    @staticmethod
    def purify(kept: State, measured: State, gate: float, parity: float) -> tuple[float, State]:
        """Return the chance of success and the state after it."""
        return compare(_rotated(kept), _rotated(measured), gate, parity)


def _rotated(state: State) -> State:
    i, z, x, y = state
    return i, y, x, z
