"""Double selection: the pair that checks is itself checked by a third.

A single check lets the checker's phase errors through to the kept pair; here a third pair finds
most of them, so that noisy gates and pairs allow for higher fidelities. The circuit is `select` of
`scheme`. It leaves phase errors of the kept pair alone, so all three are rotated first, as DEJMPS
does, and the next round finds them; Werner states do not change by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from netsim.quantum.purification.scheme import Circuit, PurificationConfig, rotated, select
from netsim.quantum.states import State
from netsim.registry import register


@register("purification", "double_selection")
class DoubleSelection(Circuit):
    """Two pairs are given up for one: a second checks the first's check."""

    source: ClassVar[str] = "K. Fujii and K. Yamamoto, Phys. Rev. A 80, 042308, 2009"

    others: ClassVar[int] = 2

    class Config(PurificationConfig):
        """When pairs are purified."""

    @staticmethod
    def purify(
        config: Any, pairs: Sequence[State], gate: float = 1.0, parity: float = 1.0
    ) -> tuple[float, State]:
        """Return the chance that both checks agree, and the state then."""
        kept, first, second = pairs
        return select(rotated(kept), rotated(first), rotated(second), gate, parity)
