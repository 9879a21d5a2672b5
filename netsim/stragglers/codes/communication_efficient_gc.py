"""Communication-efficient gradient coding: messages of a m-th of the gradient's length.

Any n-s results of length l/m give the gradient of length l, if every worker holds d >= s + m parts
(Ye and Abbe 2018). The gradient of part j is cut into m blocks g[j, u], and worker i returns ``f[i]
= sum over j, u of C[i, j, u] g[j, u]``. Draw K random, (s+m) x n, its first s rows P and its last m
rows L. The s+m workers that hold part j have coefficients c[j, u] with ``P c[j, u] = 0`` and ``L
c[j, u] = e[u]``, the u-th unit vector: s+m equations, s+m unknowns. Without the results of F, |F|
<= s, take weights ``w[u] = L[u] + y' P`` that vanish on F. Then ``w[u] c[j, v] = L[u] c[j, v]``,
which is 1 for u = v and else 0: so ``w[u] f`` is block u of the full gradient.

(The authors say the same from the other side: their messages are f = N F with N a n x (n-s)
Vandermonde matrix, of which P spans the left null space. With P drawn, n systems of s+m unknowns
take the place of n systems of n-s unknowns, and a random K is better conditioned.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.errors import SimulationError
from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats, Rule
from netsim.stragglers.decoding import REFUSE
from netsim.stragglers.pieces import solved
from netsim.stragglers.shares import Shares


@register("code", "communication_efficient_gc")
class CommunicationEfficientGradientCode(OneRound):
    """Any n-s messages of a m-th of the length give the gradient; every worker holds s+m parts."""

    source: ClassVar[str] = (
        "Ye, Abbe, Communication-Computation Efficient Gradient Coding, ICML 2018"
    )

    class Config(CodeConfig):
        """Stragglers against message length."""

        s: int = field(1, description="stragglers tolerated in every round", ge=0)
        m: int = field(2, description="messages are a m-th of the gradient", ge=1)

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self.s, self.m = int(config.s), int(config.m)
        self._blocks: tuple[Shares, ...] | None = None

    @property
    def message_share(self) -> Fraction:
        """Length of a message over that of the gradient."""
        return Fraction(1, self.m)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if workers would hold more than everything."""
        if config.s + config.m <= workers:
            return []
        message = f"every worker would hold s+m={config.s + config.m} of {workers} parts"
        hint = f"take s+m <= {workers}"
        return [Problem(message, at=("code", "m"), hint=hint, also=("workers",))]

    def load(self) -> Fraction:
        """Return (s+m)/n."""
        return Fraction(self.s + self.m, self.workers)

    def loads(self) -> Floats:
        """Return (s+m)/n for all."""
        return np.full(self.workers, float(self.load()))

    def tolerates(self) -> str:
        """Return the model."""
        return f"up to {self.s} stragglers in every round, with messages of 1/{self.m} the length"

    def draw_coefficients(self) -> Shares:
        """Return the coefficients of the first block; `blocks` holds all."""
        return self.blocks[0]

    @property
    def blocks(self) -> tuple[Shares, ...]:
        """What each worker combines, (workers, parts), for each of the m blocks."""
        if self._blocks is None:
            n, held = self.workers, self.s + self.m
            self._checks = self.generator().standard_normal((held, n))
            # Part j is with workers j, j-1, ..., so that worker i holds i, i+1, ...
            holders = (np.arange(n)[:, None] - np.arange(held)) % n
            shares = solved(self._checks, holders, np.eye(held)[:, self.s :])
            part = np.repeat(np.arange(n), held)
            self._blocks = tuple(
                Shares(holders.ravel(), part, shares[:, :, u].ravel(), (n, n))
                for u in range(self.m)
            )
        return self._blocks

    def allowed(self) -> int:
        """Return s."""
        return self.s

    def block_weights(self, returned: Flags) -> Floats:
        """Return the weights of the results for each block of the gradient, (blocks, workers).

        Raises
        ------
        SimulationError
            If they leave an error above 1e-6.
        """
        blocks = self.blocks
        late = np.flatnonzero(~returned)
        checks, sums = self._checks[: self.s], self._checks[self.s :]
        added = np.linalg.lstsq(checks[:, late].T, -sums[:, late].T, rcond=None)[0]
        weights: Floats = np.where(returned, sums + added.T @ checks, 0.0)
        error = max(
            float(np.abs(weights[v] @ blocks[u] - (u == v)).max())
            for u in range(self.m)
            for v in range(self.m)
        )
        if not error <= REFUSE:
            raise SimulationError(f"cannot decode: the weights leave an error of {error:.2g}")
        return weights

    def weights(self, returned: Flags) -> Floats:
        """Return the weights for the first block."""
        first: Floats = self.block_weights(returned)[0]
        return first

    def combine(self, parts: Floats, returned: Flags) -> Floats:
        """Return the sum of the parts' gradients (parts, length) from what returned."""
        length = parts.shape[1]
        padded = np.zeros((len(parts), -(-length // self.m) * self.m))
        padded[:, :length] = parts
        blocks = padded.reshape(len(parts), self.m, -1)
        messages = np.zeros((self.workers, blocks.shape[2]))
        for u, shares in enumerate(self.blocks):
            np.add.at(messages, shares.worker, shares.share[:, None] * blocks[shares.part, u])
        whole = self.block_weights(returned) @ np.where(returned[:, None], messages, 0.0)
        gradient: Floats = whole.reshape(-1)[:length]
        return gradient

    def combine_results(self, parts: Floats) -> Floats:
        """Return the gradient of the round's job from what returned in it."""
        return self.combine(parts, self._returned)
