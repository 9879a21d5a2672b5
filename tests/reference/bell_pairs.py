"""Pairs as density matrices: swapping, purification and GHZ measurements as circuits of gates.

Slow and literal: Kronecker products, explicit gates, noise as a sum over Pauli operators, every
measurement outcome with its correction.
"""

from __future__ import annotations

import itertools

import numpy as np

I2, X, Z = np.eye(2), np.array([[0.0, 1], [1, 0]]), np.diag([1.0, -1])
Y = 1j * X @ Z
PAULIS = [I2, Z, X, Y]
HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
PROJECTORS = np.diag([1.0, 0]), np.diag([0, 1.0])
PHI = np.array([1, 0, 0, 1]) / np.sqrt(2)
BELL = [np.kron(pauli, I2) @ PHI for pauli in PAULIS]


def matrix(state):
    """Return the density matrix of a Bell-diagonal state."""
    return sum(a * np.outer(v, v.conj()) for a, v in zip(state, BELL, strict=True))


def weights(rho):
    """Return the overlaps of `rho` with the four Bell states."""
    return np.array([np.real(v.conj() @ rho @ v) for v in BELL])


def on(gates, qubits):
    """Return the operator of single-qubit `gates` by qubit, among `qubits`."""
    whole = np.array([[1.0]])
    for qubit in range(qubits):
        whole = np.kron(whole, gates.get(qubit, I2))
    return whole


def cnot(control, target, qubits):
    """Return the CNOT between two qubits."""
    return on({control: PROJECTORS[0]}, qubits) + on({control: PROJECTORS[1], target: X}, qubits)


def kept(rho, qubits, total):
    """Return the state of `qubits` alone."""
    tensor = rho.reshape([2] * (2 * total))
    for qubit in sorted(set(range(total)) - set(qubits), reverse=True):
        tensor = np.trace(tensor, axis1=qubit, axis2=qubit + tensor.ndim // 2)
    return tensor.reshape(2 ** len(qubits), -1)


def depolarised(rho, one, other, works, total):
    """Return `rho` after its two qubits were mixed with probability ``1 - works``."""
    mixed = np.zeros_like(rho, dtype=complex)
    for a, b in itertools.product(PAULIS, PAULIS):
        gate = on({one: a, other: b}, total)
        mixed += gate @ rho @ gate.conj().T / 16
    return works * rho + (1 - works) * mixed


def swap(a, b, gate, measurement):
    """Return the far ends' state after a Bell measurement of qubits 1 and 2."""
    rho = depolarised(np.kron(matrix(a), matrix(b)), 1, 2, gate, 4)
    circuit = on({1: HADAMARD}, 4) @ cnot(1, 2, 4)
    rho = circuit @ rho @ circuit.conj().T
    total = np.zeros((4, 4), complex)
    for phase, parity in itertools.product((0, 1), repeat=2):
        outcome = on({1: PROJECTORS[phase], 2: PROJECTORS[parity]}, 4)
        far = kept(outcome @ rho @ outcome, [0, 3], 4)
        for wrong_phase, wrong_parity in itertools.product((0, 1), repeat=2):
            chance = 1.0
            for wrong in (wrong_phase, wrong_parity):
                chance *= 1 - measurement if wrong else measurement
            correction = np.linalg.matrix_power(X, parity ^ wrong_parity)
            correction = correction @ np.linalg.matrix_power(Z, phase ^ wrong_phase)
            gates = np.kron(I2, correction)
            total += chance * gates @ far @ gates.conj().T
    return weights(total)


def purify(a, b, gates, measurements):
    """Return the chance of equal outcomes and the kept pair (qubits 0, 1) for both nodes' noise."""
    rho = np.kron(matrix(a), matrix(b)).astype(complex)
    for node, works in enumerate(gates):
        gate = cnot(node, 2 + node, 4)
        rho = depolarised(gate @ rho @ gate.T, node, 2 + node, works, 4)
    right = np.prod(measurements) + np.prod([1 - m for m in measurements])
    total = np.zeros((4, 4), complex)
    for s, t in itertools.product((0, 1), repeat=2):
        outcome = on({2: PROJECTORS[s], 3: PROJECTORS[t]}, 4)
        chance = right if s == t else 1 - right
        total += chance * kept(outcome @ rho @ outcome, [0, 1], 4)
    chance = np.real(np.trace(total))
    return chance, weights(total / chance)


def select(a, b, c, gates, measurements):
    """Return the same for double selection: b (qubits 2, 3) read in Z, c (4, 5) in X."""
    rho = np.kron(np.kron(matrix(a), matrix(b)), matrix(c)).astype(complex)
    for control in (0, 4):
        for node, works in enumerate(gates):
            gate = cnot(control + node, 2 + node, 6)
            rho = depolarised(gate @ rho @ gate.T, control + node, 2 + node, works, 6)
    turn = on({4: HADAMARD, 5: HADAMARD}, 6)
    rho = turn @ rho @ turn
    right = np.prod(measurements) + np.prod([1 - m for m in measurements])
    total = np.zeros((4, 4), complex)
    for s, t, u, v in itertools.product((0, 1), repeat=4):
        outcome = on(dict(zip((2, 3, 4, 5), (PROJECTORS[o] for o in (s, t, u, v)), strict=True)), 6)
        chance = (right if s == t else 1 - right) * (right if u == v else 1 - right)
        total += chance * kept(outcome @ rho @ outcome, [0, 1], 6)
    chance = np.real(np.trace(total))
    return chance, weights(total / chance)


def ghz(states):
    """Return the leaves' fidelity with GHZ after the centre found GHZ, with as many pairs."""
    n = len(states)
    rho = np.array([[1.0]])
    for state in states:
        rho = np.kron(rho, matrix(state))
    order = [2 * i for i in range(n)] + [2 * i + 1 for i in range(n)]
    tensor = rho.reshape([2] * (4 * n)).transpose(order + [2 * n + q for q in order])
    tensor = tensor.reshape([2**n] * 4)
    target = np.zeros(2**n)
    target[0] = target[-1] = 1 / np.sqrt(2)
    leaves = np.einsum("c,acbd,d->ab", target, tensor, target)
    return np.real(target @ leaves @ target / np.trace(leaves))
