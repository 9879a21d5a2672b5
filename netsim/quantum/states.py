"""Bell-diagonal states of a pair: four weights, and what noise and swapping make of them.

A state is ``(a_I, a_Z, a_X, a_Y)``, the weights of Phi+, Phi-, Psi+ and Psi-: which Pauli error
stands between the pair and Phi+. In this order the product of two Pauli operators is the exclusive
or of their indices, so that errors that follow each other are one convolution over that group, and
everything a repeater does keeps a state Bell-diagonal (Duer and Briegel 2007). Density matrices
would give the same numbers at a hundred times the cost; they serve the tests as a twin.

A component is a number, or an array over many independent trials: the functions do not care.
"""

from __future__ import annotations

import math
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
N = TypeVar("N", float, Floats)
Weights: TypeAlias = tuple[N, N, N, N]
State: TypeAlias = tuple[float, float, float, float]

MIXED: State = (0.25, 0.25, 0.25, 0.25)


def werner(fidelity: N) -> tuple[N, N, N, N]:
    """Return the state of that fidelity whose errors are equally likely.

    >>> werner(0.7)
    (0.7, 0.10000000000000002, 0.10000000000000002, 0.10000000000000002)
    """
    rest = (1 - fidelity) / 3
    return fidelity, rest, rest, rest


def with_shares(fidelity: float, shares: tuple[float, float, float]) -> State:
    """Return the state of that fidelity whose errors X, Y, Z have these shares."""
    x, y, z = shares
    rest = 1 - fidelity
    return fidelity, rest * z, rest * x, rest * y


def convolve(a: tuple[N, N, N, N], b: tuple[N, N, N, N]) -> tuple[N, N, N, N]:
    """Return the weights of two independent Pauli errors after each other.

    Component k is the sum of ``a[i] b[j]`` over all i xor j = k.
    """
    a0, a1, a2, a3 = a
    b0, b1, b2, b3 = b
    return (
        a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3,
        a0 * b1 + a1 * b0 + a2 * b3 + a3 * b2,
        a0 * b2 + a2 * b0 + a1 * b3 + a3 * b1,
        a0 * b3 + a3 * b0 + a1 * b2 + a2 * b1,
    )


def swapped(
    a: tuple[N, N, N, N], b: tuple[N, N, N, N], gate: float = 1.0, measurement: float = 1.0
) -> tuple[N, N, N, N]:
    """Return the state of the far ends after a Bell measurement of the near ones.

    Parameters
    ----------
    a, b
        The two pairs.
    gate
        With this probability the gate works; otherwise the outcome is fully mixed.
    measurement
        Probability that each of the two bits is read right: a wrong phase bit is a Z error on the
        new pair, a wrong parity bit an X error.
    """
    joined = convolve(a, b)
    if gate == 1.0 and measurement == 1.0:
        return joined
    right, wrong = measurement, 1 - measurement
    i, z, x, y = joined
    one = right * right, right * wrong, wrong * right, wrong * wrong
    k0, k1, k2, k3 = one
    rest = (1 - gate) / 4
    return (
        gate * (i * k0 + z * k1 + x * k2 + y * k3) + rest,
        gate * (i * k1 + z * k0 + x * k3 + y * k2) + rest,
        gate * (i * k2 + x * k0 + z * k3 + y * k1) + rest,
        gate * (i * k3 + y * k0 + z * k2 + x * k1) + rest,
    )


def ghz_fidelity(*pairs: State) -> float:
    """Return the fidelity of the GHZ state that a star's centre makes by one measurement.

    The centre holds one half of each pair and measures them in the GHZ basis. Each term of the
    overlap with GHZ factorises over the pairs: their parities either all agree or all disagree, and
    phases add up. [``prod(a0+a1) + prod(a0-a1) + prod(a2+a3) + prod(a2-a3)``] / 2.

    >>> round(ghz_fidelity(*[werner(0.9)] * 3), 15)
    0.732148148148148
    """
    return (
        math.prod(a[0] + a[1] for a in pairs)
        + math.prod(a[0] - a[1] for a in pairs)
        + math.prod(a[2] + a[3] for a in pairs)
        + math.prod(a[2] - a[3] for a in pairs)
    ) / 2
