"""Nodes come and go: each is on for a while and off for a while, by laws of its own draws.

Lengths are in rounds, drawn and rounded up to at least one, or in time, by a law each. In the long
run a node is on for the share up / (up + down) of the time, and with lengths without memory
(geometric, exponential) the number of nodes that are on is binomial.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Final, Literal

import numpy as np

from netsim.decentralized.disruption import NodesConfig, Scene, Span
from netsim.delays.laws.law import LawConfig, TimeOrLaw, draw
from netsim.delays.laws.law import problems as law_problems
from netsim.engine.clock import SECOND
from netsim.fields import Probability, field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register

#: Lengths of a law that are drawn at once for a node.
_BLOCK: Final = 64


@register("disruption", "churn")
class Churn:
    """Every node alternates between on and off."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "alternating renewal processes; Stutzbach, Rejaie, IMC 2006"
    example: ClassVar[dict[str, Any]] = {"at": {"round": 0}}

    class Config(NodesConfig):
        """Lengths, their law, and which nodes."""

        up: float | TimeOrLaw = field(
            20.0, description="how long a node is on: a mean number of rounds, or a time or law"
        )
        down: float | TimeOrLaw = field(
            5.0, description="how long a node is off: a mean number of rounds, or a time or law"
        )
        law: Literal["geometric", "weibull", "lognormal"] = field(
            "geometric", description="law of both lengths in rounds"
        )
        shape: float = field(
            1.0, description="shape of weibull, or sigma of lognormal", gt=0, le=10
        )
        fraction: Probability = field(1.0, description="share of the nodes that come and go")

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return which lengths are not in the unit of when it begins."""
        found = []
        for name in ("up", "down"):
            length = getattr(config, name)
            if isinstance(length, LawConfig) != config.at.clock:
                unit, form = ("a time or law", "30 s") if config.at.clock else ("rounds", "20")
                message = f"'{name}' is {unit} here, as 'at' is"
                found.append(Problem(message, (name,), "unsatisfiable", f"write it as {form}"))
            elif isinstance(length, LawConfig):
                found += [replace(one, at=(name, *one.at)) for one in law_problems(length)]
            elif length < 1:
                message = f"{length:g} rounds must not be below 1"
                found.append(Problem(message, (name,), "out-of-range", "at least one"))
        return found

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return a span for every time that a node is off."""
        count = scene.graph.node_count
        some = scene.generator().permutation(count)[: round(config.fraction * count)]
        end = scene.rounds if not scene.clock else (scene.until or 0)
        over = scene.end(config, scene.begin)
        if over is not None:
            end = min(end, over)
        found = []
        for node in np.sort(some).tolist():
            lengths = _times(config, scene, node) if scene.clock else _rounds(config, scene, node)
            at = scene.begin + next(lengths)
            while at < end:
                back = min(at + next(lengths), end)
                found.append(Span(0, "", at, back, nodes=np.array([node], np.int64)))
                at = back + next(lengths)
        return found


def _rounds(config: Churn.Config, scene: Scene, node: int) -> Iterator[int]:
    """Yield rounds that a node is on, off, on, and so on."""
    generator = scene.generator(node)
    while True:
        for mean in (config.up, config.down):
            yield _length(config, float(mean), generator)  # type: ignore[arg-type]


def _times(config: Churn.Config, scene: Scene, node: int) -> Iterator[int]:
    """Yield ps that a node is on, off, on, and so on."""
    block = 0
    while True:
        drawn = [
            draw(law, scene.generator(node, block, which), _BLOCK)  # type: ignore[arg-type]
            for which, law in enumerate((config.up, config.down))
        ]
        for pair in zip(*drawn, strict=True):
            yield from (max(1, round(float(length) * SECOND)) for length in pair)
        block += 1


def _length(config: Churn.Config, mean: float, generator: np.random.Generator) -> int:
    """Return a random number of rounds, at least 1."""
    if config.law == "geometric":
        return int(generator.geometric(1 / mean))
    if config.law == "weibull":
        from math import gamma

        drawn = generator.weibull(config.shape) * mean / gamma(1 + 1 / config.shape)
    else:
        drawn = generator.lognormal(np.log(mean) - config.shape**2 / 2, config.shape)
    return max(1, round(drawn))
