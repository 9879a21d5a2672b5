"""BBPSSW: pairs are twirled to Werner form before and after each round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netsim.quantum.purification.scheme import Circuit, PurificationConfig, compare
from netsim.quantum.states import State, werner
from netsim.registry import register


@register("purification", "bbpssw")
class Bbpssw(Circuit):
    """Compare two Werner states by a bilateral CNOT, and twirl the survivor."""

    source: ClassVar[str] = "Bennett et al., Phys. Rev. Lett. 76, 722, 1996"

    class Config(PurificationConfig):
        """When pairs are purified."""

    @staticmethod
    def purify(
        config: Any, pairs: Sequence[State], gate: float = 1.0, parity: float = 1.0
    ) -> tuple[float, State]:
        """Return the chance of success and the twirled state after it."""
        kept, measured = pairs
        p, state = compare(werner(kept[0]), werner(measured[0]), gate, parity)
        return p, werner(state[0])
