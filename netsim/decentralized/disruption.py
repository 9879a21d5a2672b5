"""What a disruption is: spans in which nodes are gone, edges cut, or messages lost.

A registered kind is a class with a `Config`, a `source`, and::

    spans(config, scene) -> list[Span]

and, if it can happen at a time as well as at a round, ``clock = True``. Spans are counted in rounds
or, where peers have a clock, in picoseconds. All but those of a rate are known before a run begins,
since none depends on what is learned: who holds data may follow from who will be hit, several
entries compose by counting, and adding nodes to one draws nothing for others. What strikes at round
r acts before the local training of round r, from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from netsim.delays.laws.law import LawConfig, TimeOrLaw, draw
from netsim.engine.clock import SECOND
from netsim.fields import Config, Quantity, Time, implementation
from netsim.fields import field as described
from netsim.fields import problem as wrong
from netsim.problems import Problem

if TYPE_CHECKING:
    from netsim.graphs.graph import Graph
    from netsim.rng import Streams

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NOBODY: Integers = np.zeros(0, np.int64)
PURPOSE = "decentralized.disruption"


EventRate = Annotated[float, Quantity("frequency", positive=True)]


class AtConfig(Config):
    """When it happens."""

    round: int | None = described(
        None, description="round before whose training it acts, from 0", ge=0
    )
    time: Time | None = described(None, description="time at which it happens")
    rate: EventRate | None = described(
        None, description="how often it happens, again and again at random times"
    )

    @model_validator(mode="after")
    def _check_one_is_given(self) -> Self:
        given = [n for n in ("round", "time", "rate") if getattr(self, n) is not None]
        if len(given) == 1:
            return self
        what = "nothing says it" if not given else f"'{given[1]}' says it as well"
        hint = "give one of round, time, rate"
        raise wrong(
            "unsatisfiable", f"when does it happen? {what}", at=tuple(given[1:2]), hint=hint
        )

    @property
    def clock(self) -> bool:
        """Whether it happens at times, not at rounds."""
        return self.round is None


class DisruptionConfig(Config):
    """Something that goes wrong."""

    at: AtConfig = described(description="when it happens")
    recover_after: int | TimeOrLaw | None = described(
        None,
        description="rounds, or a time or law, until it is over; default: it stays",
    )

    @model_validator(mode="after")
    def _check_units_agree(self) -> Self:
        after = self.recover_after
        if isinstance(after, int) and after < 1:
            raise wrong("out-of-range", f"{after} must not be below 1", at=("recover_after",))
        if after is not None and isinstance(after, LawConfig) != self.at.clock:
            unit, form = ("a time", "5 s") if self.at.clock else ("rounds", "5")
            message = (
                f"what happens {'at a time' if self.at.clock else 'at a round'} is over after "
            )
            hint = f"write it as {form}"
            raise wrong("unsatisfiable", message + unit, at=("recover_after",), hint=hint)
        return self


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
    in_flight: Literal["lost", "delivered"] = described(
        "lost",
        description="what becomes of messages that a node has on their way when it drops; those to "
        "it are lost",
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
    """What is so from `begin` to before `end`.

    Parameters
    ----------
    entry
        Index in the scenario's list.
    kind
        Registered name.
    begin, end
        Rounds, or picoseconds of a `clock`; an end of None never comes.
    nodes, edges
        Which are gone.
    loss
        How messages are lost, over `edges`.
    arcs
        For a loss: 2 e and 2 e + 1 for edge e.
    rejoin, survivors_reset, in_flight
        As `NodesConfig`.
    clock
        Whether it begins and ends at times.
    slow
        Factors of the compute times of `nodes`, and of their rates.
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
    in_flight: str = "lost"
    clock: bool = False
    slow: tuple[float, float] | None = None


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
    begin
        When it happens: a round, or picoseconds of a `clock`.
    until
        When the run is stopped (ps), if that is known.
    occurrence
        How often a rate has brought it before, or None.
    """

    graph: Graph
    alive: Flags
    sizes: Floats | None
    rounds: int
    streams: Streams
    entry: int
    begin: int = 0
    clock: bool = False
    until: int | None = None
    occurrence: int | None = None

    def generator(self, *more: int) -> np.random.Generator:
        """Return a generator of this entry's own."""
        if self.occurrence is not None:
            return self.streams.generator(f"{PURPOSE}.again", self.entry, self.occurrence, *more)
        return self.streams.generator(PURPOSE, self.entry, *more)

    def end(self, config: DisruptionConfig, begin: int, which: int = 0) -> int | None:
        """Return when what began at `begin` is over; `which` tells several of an entry apart."""
        after = config.recover_after
        if after is None:
            return None
        if isinstance(after, int):
            return begin + after
        generator = self.streams.generator(
            f"{PURPOSE}.recovery", self.entry, self.occurrence or 0, which
        )
        return begin + max(1, round(float(draw(after, generator, 1)[0]) * SECOND))


def spans_of(
    entries: Sequence[DisruptionConfig],
    graph: Graph,
    sizes: Floats | None,
    rounds: int,
    streams: Streams,
    until: int | None = None,
) -> list[Span]:
    """Return what all entries do but those of a rate, by when it begins and then in their order.

    Who is gone by rounds and who is gone by times are not known of each other.
    """
    found: list[Span] = []
    known = [
        (entry, config, config.at.time if config.at.clock else config.at.round)
        for entry, config in enumerate(entries)
        if config.at.rate is None
    ]
    for entry, config, begin in sorted(known, key=lambda one: (one[2], one[0])):
        alive = np.ones(graph.node_count, np.bool_)
        for span in found:
            if span.clock == config.at.clock and span.begin <= (begin or 0) < _end(span):
                alive[_gone(span)] = False
        scene = Scene(
            graph, alive, sizes, rounds, streams, entry, begin or 0, config.at.clock, until
        )
        found += spans_at(config, scene)
    return sorted(found, key=lambda one: (one.begin, one.entry))


def spans_at(config: DisruptionConfig, scene: Scene) -> list[Span]:
    """Return what one entry does."""
    made = implementation("disruption", config).spans(config, scene)
    return [
        replace(
            one,
            entry=scene.entry,
            kind=config.kind,  # type: ignore[attr-defined]
            rejoin=getattr(config, "rejoin", "stale"),
            survivors_reset=getattr(config, "survivors_reset", False),
            in_flight=getattr(config, "in_flight", "lost"),
            clock=scene.clock,
        )
        for one in made
    ]


def _end(span: Span) -> float:
    return float("inf") if span.end is None else span.end


def _gone(span: Span) -> Integers:
    return NOBODY if span.slow is not None else span.nodes


def span(config: DisruptionConfig, scene: Scene, **what: Any) -> Span:
    """Return the span of an entry that begins where it says and lasts as long as it says."""
    return Span(0, "", scene.begin, scene.end(config, scene.begin), **what)


def problems(
    entries: Sequence[DisruptionConfig], graph: Graph | None, nodes: int, rounds: int
) -> list[Problem]:
    """Return what keeps entries from happening; `graph` where it can be known beforehand."""
    found = []
    for entry, config in enumerate(entries):
        at = ("disruption", entry)
        if config.at.round is not None and config.at.round >= rounds:
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
