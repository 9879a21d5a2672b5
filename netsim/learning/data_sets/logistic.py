"""Nodes that differ in what they see and in what is right: the two kinds of drift, one dial each.

Group k, which is one node's data, has a rule of its own, y the largest of W_k x + b_k, with all
entries of W_k and b_k normal around u_k, u_k ~ N(0, alpha); and inputs of its own, x ~ N(v_k, S),
the entries of v_k normal around B_k, B_k ~ N(0, beta), S diagonal with S_jj = j^-1.2. With alpha
= 0 rules still differ by their own draws, of mean 0; `same_rule` gives all groups the first one.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.learning.data_set import DataConfig, DataSet
from netsim.registry import register


@register("data_set", "logistic_alpha_beta")
class LogisticAlphaBeta:
    """Samples in groups, whose rules and inputs differ by alpha and beta."""

    source: ClassVar[str] = "Li et al., Federated Optimization in Heterogeneous Networks, 2020"

    class Config(DataConfig):
        """Groups, their sizes, and how far they are apart."""

        groups: int = field(
            30, description="groups of samples; with partition given one per holder", ge=1
        )
        per_group: int = field(60, description="samples of a group", ge=1, le=1_000_000)
        alpha: float = field(1.0, description="variance of the groups' rules", ge=0)
        beta: float = field(1.0, description="variance of the groups' inputs", ge=0)
        dim: int = field(60, description="features of a sample", ge=1, le=10_000)
        classes: int = field(10, description="number of classes", ge=2, le=1000)
        same_rule: bool = field(False, description="true: all groups have one rule")

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        return config.groups * config.per_group, config.dim, config.classes

    @staticmethod
    def groups(config: Config) -> int:
        """Return how many groups there are."""
        return config.groups

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return random samples, group by group."""
        spread = np.arange(1, config.dim + 1) ** -0.6
        features, label = [], []
        shape = (config.dim + 1, config.classes)
        common = generator.standard_normal(shape)
        for _ in range(config.groups):
            shift = math.sqrt(config.alpha) * generator.standard_normal()
            rule = shift + generator.standard_normal(shape)
            shift = math.sqrt(config.beta) * generator.standard_normal()
            middle = shift + generator.standard_normal(config.dim)
            x = middle + spread * generator.standard_normal((config.per_group, config.dim))
            rule = common if config.same_rule else rule
            features.append(x)
            label.append((x @ rule[:-1] + rule[-1]).argmax(axis=1))
        group = np.repeat(np.arange(config.groups), config.per_group)
        return DataSet(
            np.concatenate(features).astype(np.float32),
            np.concatenate(label),
            config.classes,
            group,
        )
