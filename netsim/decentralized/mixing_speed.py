"""How fast models come together: what theory says of the weights, and what a probe finds.

The probe is a random array that goes through every round's weights as models do, and is not
trained: the factor by which its distance to the mean shrinks is measured round by round, and it is
brought back to length 1. Over many rounds the geometric mean of these factors is what distances
shrink by in a round: for fixed weights the second largest modulus of their eigenvalues, to which
the probe turns as in a power iteration, so the first half of the rounds is left out. Where partners
are drawn, theory has the root of the mean square of the factors, which is never less than their
geometric mean: a little more with many nodes, a tenth with ten.

It is measured where an algorithm mixes by rows of sum 1: not with a server, nor push-sum.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.company import weights_of
from netsim.decentralized.mixing import Mixture
from netsim.decentralized.pattern import Pattern
from netsim.decentralized.schema import DecentralizedScenario
from netsim.decentralized.weights.rule import mixture_of
from netsim.fields import implementation
from netsim.graphs.graph import Graph
from netsim.rng import Streams

Floats = NDArray[np.float64]

#: Columns of the probe.
_WIDE: Final = 16
#: Share of a distance below which all are together, up to rounding.
_TOGETHER: Final = 1e-9


class Probe:
    """A random array that is mixed and not trained.

    Parameters
    ----------
    nodes
        Their number.
    streams
        Where it is drawn from.
    """

    def __init__(self, nodes: int, streams: Streams) -> None:
        self._generator = streams.generator("decentralized.probe")
        self._nodes = nodes
        self._value = self._spare = np.zeros((nodes, _WIDE))
        self._logs: list[float] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew, because the graph is another."""
        self._value = self._generator.standard_normal((self._nodes, _WIDE))
        self._spare = np.empty_like(self._value)
        self._logs = []

    def mix(self, mixture: Mixture) -> None:
        """Go through a round's weights."""
        alive = mixture.pattern.alive
        if alive.sum() < 2 or (self._logs and self._logs[-1] == -math.inf):
            return
        value = self._value
        value[alive] -= value[alive].mean(axis=0)
        before = float(np.linalg.norm(value[alive]))
        if before <= 0:
            return
        mixture.mix(value, value, self._spare)
        mixed = self._spare[alive]
        after = float(np.linalg.norm(mixed - mixed.mean(axis=0)))
        if after <= _TOGETHER * before:
            self._logs.append(-math.inf)
            return
        self._logs.append(math.log(after / before))
        self._value, self._spare = self._spare, value
        self._value /= after

    def contraction(self) -> float | None:
        """Return the factor of a round, over the later half of those since the restart."""
        if not self._logs:
            return None
        if self._logs[-1] == -math.inf:
            return 0.0
        later = self._logs[len(self._logs) // 2 :]
        return math.exp(sum(later) / len(later))


def predicted(
    scenario: DecentralizedScenario,
    graph: Graph,
    pattern: Pattern,
    sizes: Floats,
    known: float | None,
) -> float | None:
    """Return by what distances shrink in a round without training and losses, as theory has it.

    Parameters
    ----------
    scenario
        Weights, and who talks to whom.
    graph, pattern
        Who is joined, and who of them is live.
    sizes
        Sample counts as rules of weights read them.
    known
        Second largest modulus of the eigenvalues of the weights among all who could talk, which it
        is where they all do.
    """
    if not is_mixing(scenario):
        return None
    rule = weights_of(scenario)

    def weigh(some: Pattern) -> Floats:
        return mixture_of(rule, some, sizes).dense()

    partners: Any = scenario.partners
    if partners is not None:
        found: float | None = implementation("partners", partners).contraction(
            partners, graph, pattern, weigh
        )
        return found
    algorithm = implementation("algorithm", scenario.algorithm)
    if hasattr(algorithm, "regroup"):
        own = getattr(algorithm, "contraction", None)
        if own is None:
            return None
        said: float | None = own(scenario.algorithm, pattern, weigh)
        return said
    return known


def is_mixing(scenario: DecentralizedScenario) -> bool:
    """Return whether the algorithm mixes models by rows of weights that sum to 1."""
    algorithm = implementation("algorithm", scenario.algorithm)
    return (
        getattr(algorithm, "mixes", True)
        and weights_of(scenario).kind != "push_sum"
        and scenario.defence is None
    )
