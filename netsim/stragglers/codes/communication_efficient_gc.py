"""Communication-efficient gradient coding: messages of a m-th of the gradient's length.

Any n-s results of length l/m give the gradient of length l, if every worker holds d >= s + m parts
(Ye and Abbe 2018). The gradient of part j is cut into m blocks g[j, u]. With N random, n x (n-s),
find for every part vectors b[j, u] of length n-s such that ``N[i] b[j, u] = 0`` for the n-d workers
i without part j, and whose last m entries are the u-th unit vector: n-s equations, n-s unknowns.
Worker i returns ``f[i] = sum over j, u of (N[i] b[j, u]) g[j, u]``, which is ``N[i] F`` with
``F = sum of b[j, u] g[j, u]``. From any n-s results F follows, and its last m entries are the
blocks of the full gradient. (The authors take N a Vandermonde matrix; a random one is better
conditioned.)
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
        self._blocks: Floats | None = None

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

    def draw_coefficients(self) -> Floats:
        """Return the coefficients of the first block; `block_coefficients` holds all."""
        return self.block_coefficients[:, :, 0]

    @property
    def block_coefficients(self) -> Floats:
        """What each worker combines: (workers, parts, blocks)."""
        if self._blocks is None:
            n, size = self.workers, self.workers - self.s
            self._mixing = self.generator().standard_normal((n, size))
            self._blocks = np.stack([self._part(part, size) for part in range(n)], axis=1)
        return self._blocks

    def _part(self, part: int, size: int) -> Floats:
        """Return N b[part, u] for all workers and blocks."""
        n, held = self.workers, self.s + self.m
        without = (part + 1 + np.arange(n - held)) % n
        last = np.eye(size)[size - self.m :]
        system = np.vstack((self._mixing[without], last))
        wanted = np.vstack((np.zeros((n - held, self.m)), np.eye(self.m)))
        vectors = np.linalg.solve(system, wanted)
        coefficients: Floats = self._mixing @ vectors
        coefficients[without] = 0.0
        return coefficients

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
        coefficients = self.block_coefficients
        weights = np.zeros((self.m, self.workers))
        inverse = np.linalg.pinv(self._mixing[returned])
        weights[:, returned] = inverse[-self.m :]
        combined = np.einsum("vi,iju->vju", weights, coefficients)
        error = float(np.abs(combined - np.eye(self.m)[:, None, :]).max())
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
        messages = np.einsum("iju,jul->il", self.block_coefficients, blocks)
        whole = self.block_weights(returned) @ np.where(returned[:, None], messages, 0.0)
        gradient: Floats = whole.reshape(-1)[:length]
        return gradient

    def combine_results(self, parts: Floats) -> Floats:
        """Return the gradient of the round's job from what returned in it."""
        return self.combine(parts, self._returned)
