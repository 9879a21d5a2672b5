"""Gradient coding in clusters that are formed anew from who was slow (Buyukates et al. 2021).

The workers are dealt into clusters, each with its own gradient code for its share of the data and s
tolerated stragglers. With fixed clusters several slow workers may sit in one. Here the workers of
the last round are ordered by their times and dealt in turn, so that every cluster gets its share of
the slow ones; this needs every worker to hold the data of any cluster it may join.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.gc import too_many_stragglers
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import (
    Assignment,
    CodeConfig,
    Flags,
    Floats,
    History,
    Integers,
    Limit,
    Limits,
    Rule,
)
from netsim.stragglers.inner import CyclicCode
from netsim.stragglers.shares import Shares


@register("code", "dynamic_clustering")
class DynamicClustering(OneRound):
    """Gradient codes in clusters, which are dealt anew each round so that slow workers spread."""

    source: ClassVar[str] = (
        "Buyukates, Ozfatura, Ulukus, Gunduz, Gradient Coding with Dynamic Clustering, 2021"
    )

    class Config(CodeConfig):
        """Clusters and stragglers in each."""

        clusters: int = field(description="number of clusters", ge=1)
        s: int = field(1, description="stragglers tolerated in every cluster", ge=0)
        dynamic: bool = field(True, description="form the clusters anew each round")

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(config, workers, rule=rule, streams=streams)
        self._size = workers // int(config.clusters)
        self._code = CyclicCode(self._size, int(config.s), self.generator())
        #: The workers of each cluster, in their order inside it: (clusters, size).
        self.members: Integers = np.arange(workers).reshape(-1, self._size)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if the clusters are uneven or s too large."""
        if workers % config.clusters:
            message = f"{workers} workers do not fall into {config.clusters} equal clusters"
            hint = "take a divisor"
            return [Problem(message, at=("code", "clusters"), hint=hint, also=("workers",))]
        size = workers // config.clusters
        return too_many_stragglers(config.s, size, ("code", "s"), f" in a cluster of {size}")

    def load(self) -> Fraction:
        """Return (s+1)/n."""
        return Fraction(int(self.config.s) + 1, self.workers)

    def loads(self) -> Floats:
        """Return (s+1)/n for all."""
        return np.full(self.workers, float(self.load()))

    def tolerates(self) -> str:
        """Return the model."""
        return f"up to {self.config.s} stragglers in each of {self.config.clusters} clusters"

    def assign(self, r: int, history: History) -> Assignment:
        """Deal the workers by their times in the last round, fastest first, to and fro."""
        if self.config.dynamic and history.finish:
            order = np.argsort(history.finish[-1], kind="stable")
            dealt = order.reshape(self._size, -1)
            dealt[1::2] = dealt[1::2, ::-1]
            self.members = np.ascontiguousarray(dealt.T)
            self._shares = None
        return super().assign(r, history)

    def draw_coefficients(self) -> Shares:
        """Return the cluster's code for the cluster's parts."""
        own = Shares.of_band(self._code.decoder.band)
        worker = self.members[:, own.worker]
        part = np.arange(len(self.members))[:, None] * self._size + own.part
        share = np.tile(own.share, len(self.members))
        return Shares(worker.ravel(), part.ravel(), share, (self.workers, self.workers))

    def allowed(self) -> int:
        """Return s, what any cluster bears."""
        return int(self.config.s)

    def limits(self) -> Limits:
        """Return that at most s are late in every cluster."""
        together = []
        for members in self.members:
            cluster = np.zeros(self.workers, dtype=np.bool_)
            cluster[members] = True
            together.append(Limit(cluster, int(self.config.s)))
        return (tuple(together),)

    def weights(self, returned: Flags) -> Floats:
        """Return the weights of every cluster's code."""
        weights = np.zeros(self.workers)
        for members in self.members:
            weights[members] = self._code.decode(returned[members]).weights
        return weights
