"""DEJMPS: no twirling; a rotation before each round puts the errors where the round finds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netsim.quantum.purification.scheme import Circuit, PurificationConfig, compare, rotated
from netsim.quantum.states import State
from netsim.registry import register


@register("purification", "dejmps")
class Dejmps(Circuit):
    """Exchange Phi- and Psi- in both pairs, then compare them by a bilateral CNOT."""

    source: ClassVar[str] = "Deutsch et al., Phys. Rev. Lett. 77, 2818, 1996"

    class Config(PurificationConfig):
        """When pairs are purified."""

    @staticmethod
    def purify(
        config: Any, pairs: Sequence[State], gate: float = 1.0, parity: float = 1.0
    ) -> tuple[float, State]:
        """Return the chance of success and the state after it."""
        kept, measured = pairs
        return compare(rotated(kept), rotated(measured), gate, parity)
