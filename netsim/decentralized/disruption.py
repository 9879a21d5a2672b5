"""What a disruption is: spans of rounds in which nodes are gone, edges cut, or messages lost.

A registered kind is a class with a `Config`, a `source`, and::

    spans(config, scene) -> list[Span]

All spans of a run are known before it begins, since none depends on what is learned: who holds data
may follow from who will be hit, several entries compose by counting, and adding nodes to one draws
nothing for others. What strikes at round r acts before the local training of round r, from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.fields import Config, implementation
from netsim.fields import field as described
from netsim.problems import Problem

if TYPE_CHECKING:
    from netsim.graphs.graph import Graph
    from netsim.rng import Streams

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NOBODY: Integers = np.zeros(0, np.int64)
PURPOSE = "decentralized.disruption"


class AtConfig(Config):
    """When it happens."""

    round: int = described(description="round before whose training it acts, from 0", ge=0)


class DisruptionConfig(Config):
    """Something that goes wrong."""

    at: AtConfig = described(description="when it happens")
    recover_after: int | None = described(
        None, description="rounds until it is over; default: it stays", ge=1
    )


class NodesConfig(DisruptionConfig):
    """Something that nodes suffer from, and what becomes of them."""

    rejoin: Literal["stale", "fetch", "reset"] = described(
        "stale",
        description="what a node returns with: its own old model, that of its lowest live "
        "neighbour, or its first one",
    )
    survivors_reset: bool = described(
        False, description="true: all that are left start again from their first models"
    )


@dataclass(frozen=True, slots=True)
class Loss:
    """Messages that are lost at random, each with its own draw.

    `burst` holds the probabilities of Gilbert and Elliott's channel: to its bad state, back, and of
    a loss in the good and in the bad state; then `p` is not used.
    """

    p: float
    burst: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What is so from round `begin` to before round `end`.

    Parameters
    ----------
    entry
        Index in the scenario's list.
    kind
        Registered name.
    begin, end
        Rounds; an end of None never comes.
    nodes, edges
        Which are gone.
    loss
        How messages are lost, over `edges`.
    arcs
        For a loss: 2 e and 2 e + 1 for edge e.
    rejoin, survivors_reset
        As `NodesConfig`.
    """

    entry: int
    kind: str
    begin: int
    end: int | None
    nodes: Integers = field(default_factory=lambda: NOBODY)
    edges: Integers = field(default_factory=lambda: NOBODY)
    loss: Loss | None = None
    arcs: Integers = field(default_factory=lambda: NOBODY)
    rejoin: str = "stale"
    survivors_reset: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What a disruption finds.

    Parameters
    ----------
    graph
        Who is joined to whom.
    alive
        Nodes that no entry before this one has taken for good by then.
    sizes
        Samples of each node, or None while they are not known.
    rounds
        Rounds of the run.
    streams, entry
        Where to draw from, and the index of the entry.
    """

    graph: Graph
    alive: Flags
    sizes: Floats | None
    rounds: int
    streams: Streams
    entry: int

    def generator(self, *more: int) -> np.random.Generator:
        """Return a generator of this entry's own."""
        return self.streams.generator(PURPOSE, self.entry, *more)


def spans_of(
    entries: Sequence[DisruptionConfig],
    graph: Graph,
    sizes: Floats | None,
    rounds: int,
    streams: Streams,
) -> list[Span]:
    """Return what all entries do, by round and then in their order."""
    found: list[Span] = []
    order = sorted(range(len(entries)), key=lambda entry: (entries[entry].at.round, entry))
    for entry in order:
        config = entries[entry]
        alive = np.ones(graph.node_count, np.bool_)
        for span in found:
            if span.begin <= config.at.round and (span.end is None or span.end > config.at.round):
                alive[span.nodes] = False
        scene = Scene(graph, alive, sizes, rounds, streams, entry)
        made = implementation("disruption", config).spans(config, scene)
        name = config.kind  # type: ignore[attr-defined]
        found += [
            replace(
                one,
                entry=entry,
                kind=name,
                rejoin=getattr(config, "rejoin", "stale"),
                survivors_reset=getattr(config, "survivors_reset", False),
            )
            for one in made
        ]
    return sorted(found, key=lambda one: (one.begin, one.entry))


def span(config: DisruptionConfig, **what: Any) -> Span:
    """Return the span of an entry that begins where it says and lasts as long as it says."""
    begin = config.at.round
    end = None if config.recover_after is None else begin + config.recover_after
    return Span(0, "", begin, end, **what)


def problems(
    entries: Sequence[DisruptionConfig], graph: Graph | None, nodes: int, rounds: int
) -> list[Problem]:
    """Return what keeps entries from happening; `graph` where it can be known beforehand."""
    found = []
    for entry, config in enumerate(entries):
        at = ("disruption", entry)
        if config.at.round >= rounds:
            message = f"round {config.at.round:,} never comes: there are {rounds:,}, from 0"
            hint = "let it happen earlier"
            found.append(
                Problem(message, (*at, "at", "round"), "out-of-range", hint, also=("rounds",))
            )
        find: Callable[..., list[Problem]] | None = getattr(
            implementation("disruption", config), "problems", None
        )
        if find is not None:
            found += [replace(one, at=(*at, *one.at)) for one in find(config, graph, nodes)]
    return found
