"""Secret bits from delivered pairs: error rates of the averaged state, and what protocols keep.

States are averaged over deliveries before errors are turned into key, since a protocol that does
not sort its pairs sees their mean. Fractions are asymptotic: BB84 and BBM92 by Shor and Preskill
(Phys. Rev. Lett. 85, 441, 2000), six-state and hashing by the entropy of the whole state.
"""

from __future__ import annotations

import math
from typing import Final

from netsim.quantum.bounds import binary_entropy
from netsim.quantum.states import State

#: Protocols of the table `keys`; BBM92 is BB84 with pairs and has its fraction.
PROTOCOLS: Final = ("bb84", "six_state")


def qber_z(state: State) -> float:
    """Return the share of bits that differ when both ends measure in the Z basis."""
    return state[2] + state[3]


def qber_x(state: State) -> float:
    """Return the share of bits that differ when both ends measure in the X basis."""
    return state[1] + state[3]


def bb84(state: State, inefficiency: float = 1.0) -> float:
    """Return the secret bits per sifted pair of BB84 and BBM92.

    Parameters
    ----------
    state
        Averaged over the pairs.
    inefficiency
        Bits that error correction gives away, over those that it must.

    Examples
    --------
    >>> from netsim.quantum.states import werner
    >>> round(bb84(werner(0.95)), 9)
    0.578315399
    """
    given = inefficiency * binary_entropy(qber_z(state))
    return max(0.0, 1 - binary_entropy(qber_x(state)) - given)


def six_state(state: State) -> float:
    """Return the secret bits per sifted pair of the six-state protocol: the hashing bound."""
    return max(0.0, 1 + math.fsum(a * math.log2(a) for a in state if a > 0))


def fraction(protocol: str, state: State) -> float:
    """Return the secret bits per sifted pair of one of `PROTOCOLS`."""
    return bb84(state) if protocol == "bb84" else six_state(state)


def chsh(fidelity: float) -> float:
    """Return the CHSH value of a Werner state; above 2 no local theory explains it."""
    return 2 * math.sqrt(2) * (4 * fidelity - 1) / 3


def chsh_of(state: State) -> float:
    """Return the largest CHSH value of a Bell-diagonal state.

    Twice the root of the two largest squares of its correlations (R., P. and M. Horodecki,
    Phys. Lett. A 200, 340, 1995).

    Examples
    --------
    >>> from netsim.quantum.states import werner
    >>> round(chsh_of(werner(0.9)) - chsh(0.9), 12)
    0.0
    """
    i, z, x, y = state
    squares = sorted(((i + z - x - y) ** 2, (i - z + x - y) ** 2, (i - z - x + y) ** 2))
    return 2 * math.sqrt(squares[1] + squares[2])


def teleportation_fidelity(fidelity: float) -> float:
    """Return the mean fidelity of a qubit teleported over a pair."""
    return (2 * fidelity + 1) / 3
