"""What a rule of weights is: for who hears whom, how much of each is taken.

A registered rule is a class with a `Config`, a `source`, and::

    values(config, pattern, sizes) -> one weight per entry of the pattern

and optionally the class attribute ``symmetric = True``: it needs every edge to go both ways.
`sizes` are the nodes' sample counts, those of relays replaced by what `relay_weight` says.
"""

from __future__ import annotations

import functools
from typing import Annotated

from pydantic import TypeAdapter

from netsim.decentralized.mixing import Mixture
from netsim.decentralized.pattern import Pattern, Weights
from netsim.fields import Config, OneOf, implementation


class WeightsConfig(Config):
    """How much a node takes of each neighbour."""


#: Annotation of a field that holds a rule.
WeightsBlock = Annotated[WeightsConfig, OneOf("weights", bare=True)]


@functools.cache
def named(name: str) -> WeightsConfig:
    """Return the rule `name` with its defaults."""
    adapter: TypeAdapter[WeightsConfig] = TypeAdapter(WeightsBlock)
    return adapter.validate_python(name)


def mixture_of(config: WeightsConfig, pattern: Pattern, sizes: Weights) -> Mixture:
    """Return the weights of the entries of `pattern`."""
    values: Weights = implementation("weights", config).values(config, pattern, sizes)
    return Mixture(pattern, values)


def with_rest(pattern: Pattern, values: Weights) -> Weights:
    """Return `values` with each node's own weight set to what is left of 1."""
    values = values.copy()
    values[pattern.own] = 0.0
    values[pattern.own] = 1.0 - pattern.sum_rows(values)
    return values
