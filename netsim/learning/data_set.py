"""What a data set is: samples with a class each, and the block that asks for one.

A registered data set is a class with a `Config`, a `source`, and::

    load(config, generator) -> DataSet        all samples; random ones are drawn from the generator
    extent(config) -> tuple[int, int, int]    samples, features, classes, without drawing anything

and optionally ``problems(config) -> list[Problem]``, what is wrong with its files, and
``groups(config) -> int | None``, the holders that the data names. Nothing is ever fetched: a data
set is shipped, drawn, or a file of the user's.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from netsim.fields import Config, OneOf, Probability, field, implementation
from netsim.learning.partition import PartitionConfig
from netsim.problems import Problem

Floats = NDArray[Any]
Integers = NDArray[np.int64]

#: Most numbers of a data set: two gigabytes as float32.
MOST_NUMBERS: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class DataSet:
    """Samples and their classes.

    Parameters
    ----------
    features
        Numbers of each sample (samples, features), float32.
    label
        Class of each sample, from 0.
    classes
        Number of classes.
    group
        Who holds each sample, from 0, where the data says it.
    """

    features: Floats
    label: Integers
    classes: int
    group: Integers | None = None

    def __len__(self) -> int:
        return len(self.label)


class DataConfig(Config):
    """What there is to learn, and who holds it."""

    partition: Annotated[PartitionConfig, OneOf("partition", bare=True)] = field(
        {"kind": "iid"}, description="how the training samples are divided among their holders"
    )
    test_fraction: Probability = field(
        0.2, description="share of the samples kept for the common test set, at least one", lt=1
    )
    holders: Literal["all", "survivors", "dropped"] | tuple[int, ...] = field(
        "all",
        description="nodes that hold data: all, those that no disruption names, those that one "
        "does, or a list; all data is divided among them",
    )
    victim_share: Probability | None = field(
        None,
        description="share of the samples that the nodes which a disruption drops hold together; "
        "default: as the partition says",
    )


@dataclass(frozen=True, slots=True)
class DataChoice(OneOf):
    """A data block; ``{sizes: [...]}`` needs no `kind`."""

    def choose(self, value: Any) -> str:
        """Return the name of the data set that the block asks for."""
        if isinstance(value, Mapping) and self.key not in value and "sizes" in value:
            return "sizes"
        return OneOf.choose(self, value)

    def block_schema(self, members: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """Describe the block as `OneOf` does, and what it holds where `kind` is left out."""
        described = OneOf.block_schema(self, members)
        named = {"required": described.pop("required", [self.key])}
        untold = {"required": ["sizes"], "not": named}
        described["allOf"].append({"if": untold, "then": members["sizes"]})
        return described | {"anyOf": [named, {"required": ["sizes"]}]}


#: Annotation of a field that holds a data block.
DataBlock = Annotated[DataConfig, DataChoice("data_set")]


def read(block: Mapping[str, Any]) -> DataConfig:
    """Return the block ``{kind: NAME, ...}`` as a scenario would, validated.

    >>> read({"kind": "digits"}).test_fraction
    0.2
    """
    return _adapter().validate_python(block)


@functools.cache
def _adapter() -> TypeAdapter[DataConfig]:
    return TypeAdapter(DataBlock)


def load(config: DataConfig, generator: np.random.Generator) -> DataSet:
    """Return the samples that `config` asks for."""
    found: DataSet = implementation("data_set", config).load(config, generator)
    return found


def extent(config: DataConfig) -> tuple[int, int, int]:
    """Return samples, features and classes of what `config` asks for."""
    found: tuple[int, int, int] = implementation("data_set", config).extent(config)
    return found


def groups(config: DataConfig) -> int | None:
    """Return how many holders the data itself names; None if it names none."""
    count: Callable[[Any], int | None] | None = getattr(
        implementation("data_set", config), "groups", None
    )
    return None if count is None else count(config)


def problems(config: DataConfig, at: tuple[str | int, ...] = ("data",)) -> list[Problem]:
    """Return what is wrong with the files of `config`; `at`: where its block stands."""
    find: Callable[[Any], list[Problem]] | None = getattr(
        implementation("data_set", config), "problems", None
    )
    return [replace(one, at=(*at, *one.at)) for one in find(config)] if find else []


def test_count(count: int, test_fraction: float) -> int:
    """Return how many of `count` samples test: the share rounded up, at least one, not all."""
    # 0.2 * 1795 is a hair above 359: no sample more for a rounding error.
    return min(count - 1, max(1, math.ceil(count * test_fraction - 1e-9)))


def split_test(
    count: int, test_fraction: float, generator: np.random.Generator
) -> tuple[Integers, Integers]:
    """Return which of `count` samples train and which test, in random order."""
    order = generator.permutation(count)
    training = count - test_count(count, test_fraction)
    return order[:training], order[training:]
