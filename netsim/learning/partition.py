"""What a partition is: a rule that divides samples among nodes, and what is told of a division.

A registered rule is a class with a `Config`, a `source`, and::

    split(config, label, holders, generator) -> list of arrays    sample numbers of each holder

with every sample given to exactly one holder, and optionally::

    situated = True     it depends on more than classes: `split` takes a `Situation` as well

    problems(config, samples, classes, holders) -> list[Problem]
    features(config, features, place, holders, generator) -> array    as that holder sees them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.fields import Config, implementation
from netsim.problems import Problem

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class PartitionConfig(Config):
    """How samples are divided."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a division may depend on beside classes.

    Parameters
    ----------
    group
        Who holds each sample, as the data says it.
    community, degree
        Community in the graph, and number of neighbours, of each holder.
    """

    group: Integers | None = None
    community: Integers | None = None
    degree: Floats | None = None


def split(
    config: PartitionConfig,
    label: Integers,
    holders: int,
    generator: np.random.Generator,
    situation: Situation | None = None,
) -> list[Integers]:
    """Return the sample numbers of each of `holders` nodes, ascending."""
    rule = implementation("partition", config)
    more: tuple[Situation, ...] = ()
    if getattr(rule, "situated", False):
        more = (situation if situation is not None else Situation(),)
    parts: list[Integers] = rule.split(config, label, holders, generator, *more)
    return [np.sort(part) for part in parts]


def problems(
    config: PartitionConfig,
    samples: int,
    classes: int,
    holders: int,
    at: tuple[str | int, ...] = ("data", "partition"),
) -> list[Problem]:
    """Return what keeps `samples` from being divided; `at`: where the block stands."""
    if not holders:
        return [Problem("nobody is left to hold data", at[:-1], "unsatisfiable", "name holders")]
    if holders > samples:
        message = f"{samples:,} training samples are too few for {holders:,} holders"
        hint = "take fewer holders, or more data"
        return [Problem(message, at[:-1], "unsatisfiable", hint)]
    find: Callable[..., list[Problem]] | None = getattr(
        implementation("partition", config), "problems", None
    )
    found = find(config, samples, classes, holders) if find else []
    return [replace(one, at=(*at, *one.at)) for one in found]


def dealt(parts: list[list[Integers]], who: Integers, samples: Integers, turn: int) -> None:
    """Deal `samples` out to the holders `who` in equal parts, beginning with another each `turn`.

    So that whoever gets one more than the others is not always the same.
    """
    begin = turn * len(samples) % len(who)
    for holder, piece in zip(
        np.roll(who, -begin).tolist(), np.array_split(samples, len(who)), strict=True
    ):
        parts[holder].append(piece)


def cut(order: Integers, shares: Floats) -> list[Integers]:
    """Return `order` cut into pieces whose sizes follow `shares`, which sum to 1."""
    ends = np.rint(np.cumsum(shares)[:-1] * len(order)).astype(np.int64)
    return np.split(order, ends)


def label_counts(label: Integers, parts: Sequence[Integers], classes: int) -> Integers:
    """Return how many samples of each class each part has: (parts, classes)."""
    return np.array([np.bincount(label[part], minlength=classes) for part in parts], np.int64)


def label_entropy(counts: NDArray[Any]) -> Floats:
    """Return the entropy in nats of the classes within each part; 0 where there are no samples."""
    total = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(total, 1)
    return _entropy(share)


def label_divergence(counts: NDArray[Any]) -> float:
    """Return the mean Jensen-Shannon distance of classes between two parts with samples.

    The distance is the root of the divergence in bits: 0 for equal mixtures, 1 for disjoint ones.
    """
    held = counts[counts.sum(axis=1) > 0]
    if len(held) < 2:
        return 0.0
    share = held / held.sum(axis=1, keepdims=True)
    own, total = _entropy(share), 0.0
    for i in range(len(share) - 1):
        middle = _entropy((share[i] + share[i + 1 :]) / 2)
        bits = (middle - (own[i] + own[i + 1 :]) / 2) / np.log(2)
        total += float(np.sqrt(np.maximum(bits, 0)).sum())
    return total / (len(share) * (len(share) - 1) / 2)


def _entropy(share: NDArray[Any]) -> Floats:
    logs = np.log(share, out=np.zeros(share.shape), where=share > 0)
    entropy: Floats = -(share * logs).sum(axis=1)
    return entropy
