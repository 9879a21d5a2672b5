"""What a purification scheme is, and the circuit that all of them are made of.

A registered scheme is a class with a `Config`, a `source` and::

    purify(kept, measured, gate, parity) -> probability, state

Both nodes apply a CNOT from the kept to the measured pair, measure the latter in Z and tell each
other; they keep the former when the outcomes agree. `gate` is the product of both nodes' gate
fidelities (otherwise the four qubits are mixed), `parity` the probability that the comparison of
outcomes is read right.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from netsim.fields import Config, field
from netsim.quantum.states import State


class PurificationConfig(Config):
    """When pairs are purified."""

    mode: Literal["once", "until_target"] = field(
        "until_target",
        description="once: only pairs that were never purified; until_target: again and again "
        "while a pair is below the request's fidelity",
    )
    tolerance: float = field(
        1e-9, description="two pairs are purified if their fidelities differ by no more", ge=0, le=1
    )


class Scheme(Protocol):
    """What a class registered under kind ``purification`` offers."""

    Config: type[PurificationConfig]
    source: ClassVar[str]

    @staticmethod
    def purify(kept: State, measured: State, gate: float, parity: float) -> tuple[float, State]:
        """Return the probability that the outcomes agree, and the kept pair's state then."""
        ...


def compare(a: State, b: State, gate: float = 1.0, parity: float = 1.0) -> tuple[float, State]:
    """Return the probability that outcomes agree and the state of the kept pair `a` if they do.

    A bit error of either pair alone shows up as disagreement; phase errors of both add up on the
    kept pair. Misread parities let the other half of the cases through.
    """
    a0, a1, a2, a3 = a
    b0, b1, b2, b3 = b
    right, wrong, rest = gate * parity, gate * (1 - parity), (1 - gate) / 8
    n0 = right * (a0 * b0 + a1 * b1) + wrong * (a0 * b2 + a1 * b3) + rest
    n1 = right * (a0 * b1 + a1 * b0) + wrong * (a0 * b3 + a1 * b2) + rest
    n2 = right * (a2 * b2 + a3 * b3) + wrong * (a2 * b0 + a3 * b1) + rest
    n3 = right * (a2 * b3 + a3 * b2) + wrong * (a2 * b1 + a3 * b0) + rest
    p = n0 + n1 + n2 + n3
    return p, (n0 / p, n1 / p, n2 / p, n3 / p)
