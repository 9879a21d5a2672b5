"""What a purification scheme is, and the circuits that all of them are made of.

A scheme says which pairs of the same two routers go together, and what the circuit makes of them.
`Circuit` is for schemes that are a circuit and no more: they take pairs whose fidelities agree.
`Schedule` is for those that count: which pair may be given up for which depends on how often either
was purified already, its `Stage`, and the circuit is one of the others'. A registered scheme is one
of these with a `Config` and a `source`, and may replace::

    others                                 pairs that a round gives up, 1 or 2
    purify(config, pairs, gate, parity)    chance of success, and the kept pair's state then
    fits(config, kept, measured)           whether the one may be kept and the other given up
    after(config, stage)                   stage of the kept pair after a success
    alike(config, stage)                   whether such a pair's next partner is one like itself

Both nodes apply a CNOT from the kept to the measured pair, measure the latter in Z and tell each
other; they keep the former when the outcomes agree. `gate` is the product of both nodes' gate
fidelities (otherwise the qubits of the gate are mixed), `parity` the probability that a comparison
of outcomes is read right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, Literal, NamedTuple

from netsim.fields import Config, field
from netsim.quantum.states import State, Weights

#: Rounds after which a state has come as far as it ever will, for every purpose.
_MOST: Final = 64


class PurificationConfig(Config):
    """When pairs are purified."""

    mode: Literal["once", "until_target"] = field(
        "until_target",
        description="once: only pairs that were never purified; until_target: again and again "
        "while a pair is below the request's fidelity",
    )
    tolerance: float = field(
        1e-9,
        description="pairs are purified if their fidelities differ by no more; schemes that count "
        "rounds go by these instead",
        ge=0,
        le=1,
    )


class Stage(NamedTuple):
    """How far a pair has come: its level, and the rounds that it survived there."""

    level: int = 0
    rounds: int = 0


class Candidate(NamedTuple):
    """What a scheme sees of a pair."""

    fidelity: float
    stage: Stage


class Circuit:
    """A scheme of pairs whose fidelities agree within the tolerance."""

    Config: type[PurificationConfig]
    source: ClassVar[str]
    others: ClassVar[int] = 1

    @staticmethod
    def purify(
        config: Any, pairs: Sequence[State], gate: float = 1.0, parity: float = 1.0
    ) -> tuple[float, State]:
        """Return the chance that outcomes agree and the kept pair's state then.

        Where a scheme says nothing else, pairs are compared as they are.

        Parameters
        ----------
        config
            The scheme's block.
        pairs
            States of the kept pair and of those that are measured.
        gate
            Product of both nodes' gate fidelities.
        parity
            Chance that a comparison of two outcomes is read right.
        """
        kept, measured = pairs
        return compare(kept, measured, gate, parity)

    @staticmethod
    def fits(config: Any, kept: Candidate, measured: Candidate) -> bool:
        """Return whether `measured` may be given up for `kept`."""
        return bool(abs(kept.fidelity - measured.fidelity) <= config.tolerance)

    @staticmethod
    def after(config: Any, stage: Stage) -> Stage:
        """Return the stage of a kept pair after a success; fidelities alone need none."""
        return stage

    @staticmethod
    def alike(config: Any, stage: Stage) -> bool:
        """Return whether a pair of this stage goes together with one like itself."""
        return True


class ScheduleConfig(PurificationConfig):
    """When pairs are purified, and by which circuit."""

    circuit: Literal["bbpssw", "dejmps"] = field(
        "dejmps", description="circuit of a round: of the scheme of that name"
    )


class Schedule(Circuit):
    """A scheme that counts rounds, by the circuit that its block names."""

    @staticmethod
    def purify(
        config: Any, pairs: Sequence[State], gate: float = 1.0, parity: float = 1.0
    ) -> tuple[float, State]:
        """Return what the chosen circuit makes of both pairs."""
        from netsim.registry import lookup

        circuit: type[Circuit] = lookup("purification", config.circuit)
        return circuit.purify(config, pairs, gate, parity)

    @staticmethod
    def after(config: Any, stage: Stage) -> Stage:
        """Return the stage of a kept pair after a success: one round more."""
        return Stage(stage.level, stage.rounds + 1)


def lucky(
    scheme: type[Circuit],
    config: Any,
    kept: tuple[State, Stage],
    partner: tuple[State, Stage],
    gate: float = 1.0,
    parity: float = 1.0,
) -> Iterator[State]:
    """Yield a pair's state after one, two, ... rounds that all succeed, as far as it may go.

    Parameters
    ----------
    scheme, config
        What is done.
    kept, partner
        State and stage of the pair that is kept, and of one that it can be purified with.
    gate, parity
        As in `Circuit.purify`.
    """
    state, stage = kept
    for turn in range(_MOST):
        here = Candidate(state[0], stage), Candidate(partner[0][0], partner[1])
        if turn and not scheme.fits(config, *here):
            return
        _, state = scheme.purify(config, (state, *[partner[0]] * scheme.others), gate, parity)
        stage = scheme.after(config, stage)
        if scheme.alike(config, stage):
            partner = state, stage
        yield state
        if config.mode == "once":
            return


def rotated(state: State) -> State:
    """Return `state` with Phi- and Psi- exchanged: what a check finds worse becomes what it finds.

    Both nodes turn their halves by a quarter about X, in opposite senses.
    """
    i, z, x, y = state
    return i, y, x, z


def compare(
    a: Weights[Any], b: Weights[Any], gate: float = 1.0, parity: float = 1.0
) -> tuple[float, State]:
    """Return the probability that outcomes agree and the state of the kept pair `a` if they do.

    A bit error of either pair alone shows up as disagreement; phase errors of both add up on the
    kept pair. Misread parities let the other half of the cases through.
    """
    n0, n1, n2, n3 = _joined(a, b, (parity, parity, 1 - parity, 1 - parity))
    rest = (1 - gate) / 8
    return _normalised((gate * n0 + rest, gate * n1 + rest, gate * n2 + rest, gate * n3 + rest))


def select(
    a: Weights[Any],
    b: Weights[Any],
    c: Weights[Any],
    gate: float = 1.0,
    parity: float = 1.0,
) -> tuple[float, State]:
    """Return the same for double selection: `b` is checked in Z, and `c` checks `b`, in X.

    A CNOT from `a` to `b`, one from `c` to `b`. Outcomes of `b` agree if an even number of the
    three has a bit error, those of `c` if `b` and `c` both have a phase error or neither has.

    >>> p, state = select(*[(0.85, 0.05, 0.05, 0.05)] * 3)
    >>> round(p, 12), round(state[0], 12)
    (0.666, 0.925675675676)
    """
    right, wrong = parity, 1 - parity
    c0, c1, c2, c3 = c
    # Chance that both outcomes of `b` and `c` are taken to agree, by the error that `b` has then.
    both, phase, bit, none = right * right, right * wrong, wrong * right, wrong * wrong
    k0 = c0 * both + c1 * phase + c2 * bit + c3 * none
    k1 = c1 * both + c0 * phase + c3 * bit + c2 * none
    k2 = c2 * both + c3 * phase + c0 * bit + c1 * none
    k3 = c3 * both + c2 * phase + c1 * bit + c0 * none
    first = _joined(a, b, (k0, k1, k2, k3))
    # The first gate's noise mixes `a` and `b`; the second's mixes `b` and `c`, which agree by
    # chance then, once in four.
    marginal = _joined(a, b, (0.25, 0.25, 0.25, 0.25))
    rest = (1 - gate) / 16
    found = [
        gate * (gate * n + rest) + (1 - gate) * (gate * m + rest)
        for n, m in zip(first, marginal, strict=True)
    ]
    return _normalised((found[0], found[1], found[2], found[3]))


def _joined(a: Weights[Any], b: Weights[Any], chance: Weights[Any]) -> Weights[Any]:
    """Return the kept pair's weights after a CNOT to `b`, passed by the error that `b` has then."""
    a0, a1, a2, a3 = a
    b0, b1, b2, b3 = b
    k0, k1, k2, k3 = chance
    return (
        k0 * a0 * b0 + k1 * a1 * b1 + k2 * a0 * b2 + k3 * a1 * b3,
        k1 * a0 * b1 + k0 * a1 * b0 + k3 * a0 * b3 + k2 * a1 * b2,
        k0 * a2 * b2 + k1 * a3 * b3 + k2 * a2 * b0 + k3 * a3 * b1,
        k1 * a2 * b3 + k0 * a3 * b2 + k3 * a2 * b1 + k2 * a3 * b0,
    )


def _normalised(weights: tuple[float, float, float, float]) -> tuple[float, State]:
    n0, n1, n2, n3 = weights
    p = n0 + n1 + n2 + n3
    return p, (n0 / p, n1 / p, n2 / p, n3 / p)
