"""Approximate gradient codes: few copies of each part, and whatever sum the survivors allow.

Every part is held by d workers, each worker returns the plain sum of its parts, and the master
weights the results a so that a'B is near 1'. Three assignments:

* ``repetition`` (fractional repetition, d divides n): a part is lost only if all d workers of its
  group are late, so with independent straggling of probability p, ``E |a'B - 1|^2 / n = p^d``.
* ``regular``: the sum of d random permutation matrices: every worker d parts, every part d copies.
* ``bernoulli``: every worker holds every part with probability d/n.

Two decodings: ``optimal`` is the least-squares solution, ``one_step`` the constant
``1 / (d (1 - e))`` with e the share of late workers (Raviv et al. 2018, Charles et al. 2017).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, Literal

import numpy as np

from netsim.fields import Probability, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.k_sync import at_most_all
from netsim.stragglers.codes.one_round import OneRound, drawn_load
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats, Integers, in_words
from netsim.stragglers.pieces import pieces
from netsim.stragglers.shares import Shares


@register("code", "approximate_gc")
class ApproximateGradientCode(OneRound):
    """Few copies of every part; the survivors' results are combined as well as they allow."""

    source: ClassVar[str] = (
        "Charles, Papailiopoulos, Ellenberg, Approximate Gradient Coding via Sparse Random Graphs, "
        "2017; Raviv et al., Gradient Coding from Cyclic MDS Codes and Expander Graphs, 2018"
    )
    exact: ClassVar[bool] = False

    class Config(CodeConfig):
        """The code and its decoding."""

        d: int = field(2, description="copies of every part", ge=1)
        assignment: Literal["repetition", "regular", "bernoulli"] = field(
            "regular", description="who holds which part"
        )
        decode: Literal["optimal", "one_step"] = field(
            "optimal", description="least squares, or one constant weight"
        )
        straggling: Probability | None = field(
            None,
            description="share of late workers that one_step expects; default: what each round saw",
        )
        most_late: int | None = field(
            None, description="wait while more are late; default: all but one", ge=0
        )

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if d does not fit the number of workers."""
        found = at_most_all(config.d, workers, "d")
        if config.most_late is not None and config.most_late >= workers:
            message = f"with most_late={config.most_late} a round of {workers} workers may be empty"
            hint = f"take at most {workers - 1}"
            place = ("code", "most_late")
            found.append(Problem(message, at=place, hint=hint, also=("workers",)))
        if not found and config.assignment == "repetition" and workers % config.d:
            message = f"repetition needs equal groups: d={config.d} does not divide {workers}"
            hint = "take a divisor, or 'regular'"
            found.append(Problem(message, at=("code", "d"), hint=hint, also=("workers",)))
        return found

    def draw_coefficients(self) -> Shares:
        """Return the assignment, drawn from the replication's stream."""
        n, d = self.workers, int(self.config.d)
        if self.config.assignment == "repetition":
            worker, place = np.indices((n, d)).reshape(2, -1)
            return _plain(worker, worker // d * d + place, n)
        generator = self.generator()
        if self.config.assignment == "bernoulli":
            worker, part = np.concatenate([self._drawn(rows, generator) for rows in pieces(n, n)]).T
            return _plain(worker, part, n)
        dealt = [generator.permutation(n) for _ in range(d)]
        return _plain(np.tile(np.arange(n), d), np.concatenate(dealt), n)

    def _drawn(self, workers: slice, generator: np.random.Generator) -> Integers:
        """Return who of the `workers` holds which part, each with probability d/n."""
        first, count = int(workers.start), int(workers.stop - workers.start)
        found = np.argwhere(generator.random((count, self.workers)) < self.config.d / self.workers)
        return np.asarray(found + np.array([first, 0]), dtype=np.int64)

    def load_in_words(self) -> str:
        """Return the load as far as it follows from d, and what is drawn."""
        d = int(self.config.d)
        if self.config.assignment == "bernoulli":
            return drawn_load(d, self.workers)
        most = in_words(Fraction(d, self.workers))
        if self.config.assignment == "repetition" or d == 1:
            return most
        return f"at most {most}; a worker that the draw gives a part twice has less"

    def allowed(self) -> int:
        """Return how many may be late."""
        most = self.config.most_late
        return self.workers - 1 if most is None else int(most)

    def weights(self, returned: Flags) -> Floats:
        """Return the weights of the chosen decoding."""
        weights = np.zeros(self.workers)
        if not returned.any():
            return weights
        if self.config.decode == "optimal":
            return self.coefficients.least_squares(returned)
        late = self.config.straggling
        share = 1 - np.mean(returned) if late is None else late
        weights[returned] = 1 / (self.config.d * (1 - share)) if share < 1 else 0.0
        return weights


def _plain(worker: Integers, part: Integers, n: int) -> Shares:
    """Return shares of plain sums: coefficient 1 as often as a worker is dealt a part."""
    return Shares(worker, part, np.ones(len(worker)), (n, n))
