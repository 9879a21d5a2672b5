"""How a stored half of a pair decays: a Pauli channel whose weights depend on the elapsed time.

Decay is lazy: nothing happens while a pair waits, and whoever reads its state applies the channel
for the time since it was last read, once per half with that half's own elapsed time. Channels of
consecutive spans compose to the channel of their sum, so it does not matter how often one reads.

Rates x, y, z of the Pauli errors give ``A = exp(-2(x+y)t)``, ``B = exp(-2(x+z)t)``,
``C = exp(-2(y+z)t)`` and the weights ``(1+A+B+C, 1+A-B-C, 1-A-B+C, 1-A+B-C)/4`` of I, Z, X, Y.
With relaxation T1 and coherence time T2 the twirled channel has ``A = exp(-t/T1)`` and
``B = C = exp(-t/T2)``, which is the same form. (In A, Z does not appear: populations decay by X and
Y alone.) Hence three rates describe every memory here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from netsim.quantum.states import Floats, State

#: Seconds of a picosecond.
PS = 1e-12


@dataclass(frozen=True, slots=True)
class Decay:
    """Rates (1/s) at which the three correlations of a stored half fall.

    Parameters
    ----------
    parity
        Rate of A, the correlation of bits (ZZ).
    diagonal
        Rate of B, that of YY.
    phase
        Rate of C, that of XX.
    """

    parity: float = 0.0
    diagonal: float = 0.0
    phase: float = 0.0

    @property
    def none(self) -> bool:
        """Whether nothing decays."""
        return self.parity == self.diagonal == self.phase == 0.0

    @property
    def rates(self) -> tuple[float, float, float]:
        """The three rates, of ZZ, YY and XX."""
        return self.parity, self.diagonal, self.phase

    def weights(self, seconds: float) -> State:
        """Return the Pauli weights after `seconds` of storage."""
        a = math.exp(-self.parity * seconds)
        b = math.exp(-self.diagonal * seconds)
        c = math.exp(-self.phase * seconds)
        return (1 + a + b + c) / 4, (1 + a - b - c) / 4, (1 - a - b + c) / 4, (1 - a + b - c) / 4

    def weights_of(self, seconds: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the Pauli weights of many spans at once."""
        a = np.exp(-self.parity * seconds)
        b = np.exp(-self.diagonal * seconds)
        c = np.exp(-self.phase * seconds)
        return (1 + a + b + c) / 4, (1 + a - b - c) / 4, (1 - a - b + c) / 4, (1 - a + b - c) / 4

    def after(self, state: State, seconds: float) -> State:
        """Return `state` after one of its halves was stored for `seconds`.

        The same as convolving with `weights`, written in the correlations, which the channel
        multiplies: three products where the convolution takes sixteen.
        """
        i, z, x, y = state
        a = (i + z - x - y) * math.exp(-self.parity * seconds)
        b = (i - z - x + y) * math.exp(-self.diagonal * seconds)
        c = (i - z + x - y) * math.exp(-self.phase * seconds)
        whole = i + z + x + y
        return (
            (whole + a + b + c) / 4,
            (whole + a - b - c) / 4,
            (whole - a - b + c) / 4,
            (whole - a + b - c) / 4,
        )


def pauli(time: float, shares: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)) -> Decay:
    """Return the decay with errors at rate 1/`time`, of which X, Y, Z have these shares.

    Parameters
    ----------
    time
        Mean time between errors (s); infinite for a perfect memory.
    shares
        Of X, Y and Z; they sum to 1.
    """
    x, y, z = (share / time for share in shares)
    return Decay(2 * (x + y), 2 * (x + z), 2 * (y + z))


def relaxation(t1: float, t2: float) -> Decay:
    """Return the decay of a memory with relaxation time `t1` and coherence time `t2` (s).

    Raises
    ------
    ValueError
        If `t2` exceeds twice `t1`, which no memory can.
    """
    if t2 > 2 * t1:
        raise ValueError(f"T2 = {t2:g} s exceeds 2 T1 = {2 * t1:g} s")
    return Decay(1 / t1, 1 / t2, 1 / t2)
