"""What routers of a path do with their pairs, as numbers and choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netsim.quantum.cutoffs import Cutoffs
from netsim.quantum.purification.scheme import Circuit, PurificationConfig, Stage, lucky
from netsim.quantum.states import State, swapped, werner
from netsim.quantum.swapping.policy import Partners


@dataclass(frozen=True, slots=True)
class Rules:
    """What routers of a path do with their pairs.

    Parameters
    ----------
    partners
        Whom each inner position waits for before it swaps; None: anybody.
    target
        Fidelity below which a pair is neither swapped nor handed over.
    success, degradation, gate, measurement, handshake, select
        As the scenario's block `swap` says.
    cutoffs
        What makes routers give up halves, None: nothing.
    scheme, purification
        Of purification, with its block; no scheme: none.
    """

    partners: Partners | None
    target: float
    success: float = 1.0
    degradation: float | None = None
    gate: float = 1.0
    measurement: float = 1.0
    handshake: bool = True
    select: str = "lowest"
    cutoffs: Cutoffs | None = None
    scheme: type[Circuit] | None = None
    purification: PurificationConfig | None = None

    def joined(self, a: State, b: State) -> State:
        """Return the state of two swapped pairs."""
        if self.degradation is not None:
            return werner(a[0] * b[0] * self.degradation)
        return swapped(a, b, self.gate, self.measurement)

    @property
    def once(self) -> bool:
        """Whether only pairs that were never purified are."""
        return self.purification is not None and self.purification.mode == "once"

    @property
    def noise(self) -> tuple[float, float]:
        """Product of two gate fidelities, and the chance that two outcomes are compared rightly."""
        mu = self.measurement
        return self.gate**2, mu * mu + (1 - mu) * (1 - mu)

    def purified(self, pairs: Sequence[State]) -> tuple[float, State]:
        """Return the chance that a purification succeeds, and the kept pair's state then."""
        assert self.scheme is not None
        return self.scheme.purify(self.purification, pairs, *self.noise)

    def hopeful(self, kept: tuple[State, Stage], partner: tuple[State, Stage]) -> bool:
        """Return whether rounds with such partners, all of them lucky, reach the target.

        What cannot be is not tried: both ends would begin again and again until the pairs expire.
        """
        assert self.scheme is not None
        states = lucky(self.scheme, self.purification, kept, partner, *self.noise)
        return any(state[0] >= self.target for state in states)
