"""A whole stream of pairs at once: arrays from a path, the compiled loop, and rows from arrays.

Where one request has a path to itself, pairs are used by one router each, nothing expires or is
purified, and nobody looks on, then all that happens between the approval and the end is arithmetic
on integers and a few products of floats. The loop does what `path.py` and `generation.py` do, event
for event and draw for draw, so either gives the same bytes; it takes a tenth of the time, and is
taken where a stream is long enough to make up for loading it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from netsim.engine.clock import NEVER
from netsim.fabric.compiled import build_alone, prepared
from netsim.quantum.heralding import Draws
from netsim.quantum.links.kind import Model
from netsim.quantum.pair import Memory
from netsim.quantum.rules import Rules
from netsim.quantum.streaming import layout as at
from netsim.quantum.streaming.layout import Stream
from netsim.quantum.streaming.loop import EVENTS, FULL, LUCK, OVER, PLACES, PLANS, run
from netsim.quantum.streaming.queue import WAKE, push
from netsim.quantum.timing import Timing

#: Rows that are held before they are written.
_ROOM: Final = 1 << 14

Loop = Callable[[Stream, int, int], int]


@dataclass(frozen=True, slots=True)
class Hop:
    """One link of a path: its times and odds, and the draws and memories of both sides."""

    timing: Timing
    model: Model
    sources: list[Draws]
    up: list[Memory]
    down: list[Memory]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stream delivered: pairs, instants of the first and the last wanted one, states."""

    pairs: int
    first: int | None
    served: int | None
    sums: tuple[float, float, float, float]


@functools.cache
def compiled() -> Loop:
    """Return the loop as machine code."""
    loop: Loop = build_alone(run, Stream, "streams of pairs")
    return loop


class Streaming:
    """The stream of one path.

    Parameters
    ----------
    hops
        Its links.
    delays
        Classical delay between any two positions (ps).
    rules
        What routers do.
    swap_draws
        Generators by position.
    end, wanted
        When it ends (ps), and after how many pairs; None: after no number.
    everything
        Whether pairs that were not delivered have rows.
    """

    def __init__(
        self,
        hops: list[Hop],
        delays: list[list[int]],
        rules: Rules,
        swap_draws: list[np.random.Generator],
        end: int,
        wanted: int | None,
        everything: bool,
    ) -> None:
        self._hops, self._swap_draws, self._end = hops, swap_draws, end
        self._sources = [source for hop in hops for source in hop.sources]
        self._state = _state(hops, delays, rules, end, wanted, everything)
        for position, _ in enumerate(swap_draws):
            self._luck(position)

    def play(
        self,
        wakes: Sequence[tuple[int, int]],
        write: Callable[[Any, Any], None],
        loop: Loop | None = None,
    ) -> Outcome:
        """Play the stream and return what it delivered.

        Parameters
        ----------
        wakes
            When the memories of which position begin, in the order in which that was settled.
        write
            Takes rows: whole numbers by `layout.OUT`, and fidelity and wait.
        loop
            What plays; default: the compiled loop.
        """
        loop = compiled() if loop is None else loop
        self._wake(wakes)
        while (wanted := loop(self._state, 0, 0)) != OVER:
            self._serve(wanted, write)
        self._flush(write)
        clock = self._state.clock
        served = int(clock[at.SERVED])
        loop(self._state, 1, served if served >= 0 else self._end)
        self._flush(write)
        i, z, x, y = self._state.sums.tolist()
        return Outcome(
            int(clock[at.DELIVERED]),
            int(clock[at.FIRST]) if clock[at.DELIVERED] else None,
            served if served >= 0 else None,
            (i, z, x, y),
        )

    def _wake(self, wakes: Sequence[tuple[int, int]]) -> None:
        last, state = len(self._hops), self._state
        memories = len(self._hops[0].up)
        for time, position in wakes:
            sides = [2 * position - 1] if position else []
            sides += [2 * position] if position < last else []
            for side in sides:
                for half in range(side * memories, (side + 1) * memories):
                    push(state, time, 0, WAKE, half, 0, 0, 0, 0)

    def _serve(self, wanted: int, write: Callable[[Any, Any], None]) -> None:
        """Give the loop what it cannot go on without."""
        clock = self._state.clock
        if wanted == FULL:
            self._flush(write)
        elif wanted == PLANS:
            self._plan(int(clock[at.WANTING]))
        elif wanted == LUCK:
            self._luck(int(clock[at.LOW]) - 1)
            clock[at.LOW] = 0
        elif wanted == PLACES:
            self._state = _more_pairs(self._state)
        elif wanted == EVENTS:
            self._state = _more_events(self._state)

    def _flush(self, write: Callable[[Any, Any], None]) -> None:
        state = self._state
        count = int(state.clock[at.ROWS])
        if count:
            rows = state.rows[: count * at.OUT].reshape(count, at.OUT)
            write(rows, state.values[: 2 * count].reshape(count, 2))
            state.clock[at.ROWS] = 0

    def _plan(self, up: int) -> None:
        """Draw the next runs of attempts of a requester's memory."""
        state, memories = self._state, len(self._hops[0].up)
        link, index = up // (2 * memories), up % (2 * memories)
        failures, seconds = self._sources[link * memories + index].block()
        first, count = up * at.BLOCK, len(failures)
        state.failures[first : first + count] = failures
        state.seconds[first : first + count] = seconds
        state.halves[up * at.HALF + at.CURSOR] = 0
        state.halves[up * at.HALF + at.DRAWN] = count

    def _luck(self, position: int) -> None:
        """Draw the next luck of a router's swaps, behind what is left of it."""
        state, first = self._state, 2 * at.BLOCK * position
        used, drawn = state.lucks[2 * position : 2 * position + 2].tolist()
        left = state.luck[first + used : first + drawn].copy()
        more = self._swap_draws[position].random(at.BLOCK)
        state.luck[first : first + len(left)] = left
        state.luck[first + len(left) : first + len(left) + at.BLOCK] = more
        state.lucks[2 * position : 2 * position + 2] = 0, len(left) + at.BLOCK


def _state(
    hops: list[Hop],
    delays: list[list[int]],
    rules: Rules,
    end: int,
    wanted: int | None,
    everything: bool,
) -> Stream:
    links, memories = len(hops), len(hops[0].up)
    halves = 2 * links * memories
    ring = 1 << max(10, (4 * halves).bit_length())
    capacity = 16 * halves + 1024
    clock = np.zeros(at.CLOCK, np.int64)
    clock[at.FIRST] = clock[at.SERVED] = -1
    fixed = np.zeros(at.FIXED, np.int64)
    fixed[[at.LINKS, at.MEMORIES, at.END]] = links, memories, end
    fixed[at.HANDSHAKE], fixed[at.ALL] = rules.handshake, everything
    fixed[at.WANTED] = -1 if wanted is None else wanted
    decays = [memory.decay for hop in hops for memory in (*hop.up, *hop.down)]
    fixed[at.STEADY] = all(decay is None for decay in decays)
    fixed[at.RING], fixed[at.EVENTS] = ring, capacity
    fixed[at.ROOM] = _ROOM + halves
    fixed[at.KEY] = prepared(hops[0].sources[0].key)
    simple = -1.0 if rules.degradation is None else rules.degradation
    partners = np.zeros((links + 1, 2), np.int64)
    for position, pair in (rules.partners or {}).items():
        partners[position] = pair
    return Stream(
        clock=clock,
        fixed=fixed,
        chances=np.array([rules.target, rules.success, simple, rules.gate, rules.measurement]),
        links=np.concatenate([_link(hop) for hop in hops]),
        raw=np.array([hop.model.state for hop in hops], np.float64).reshape(-1),
        delays=np.array(delays, np.int64).reshape(-1),
        partners=partners.reshape(-1),
        halves=_halves(hops),
        rates=np.array([decay.rates if decay else (0, 0, 0) for decay in decays], float).reshape(
            -1
        ),
        polling=np.zeros(links * memories, np.int64),
        jumping=np.zeros(links * memories, np.int64),
        pairs=np.full(ring * at.ROW, -1, np.int64),
        states=np.zeros(4 * ring),
        waits=np.zeros(ring),
        swaps=_chained(halves + 1, at.SWAP),
        heap=np.zeros(capacity, np.int64),
        events=_chained(capacity, at.EVENT),
        failures=np.zeros(halves * at.BLOCK, np.int64),
        seconds=np.zeros(halves * at.BLOCK, np.int64),
        luck=np.zeros((links + 1) * 2 * at.BLOCK),
        lucks=np.zeros(2 * (links + 1), np.int64),
        rows=np.zeros((_ROOM + halves) * at.OUT, np.int64),
        values=np.zeros((_ROOM + halves) * 2),
        sums=np.zeros(4),
    )


def _chained(count: int, width: int, begin: int = 0) -> Any:
    """Return rows whose first cell names the next free one."""
    rows = np.zeros((count, width), np.int64)
    rows[:, 0] = np.arange(begin + 1, begin + count + 1)
    return rows.reshape(-1)


def _link(hop: Hop) -> Any:
    timing, row = hop.timing, np.zeros(at.LINK, np.int64)
    row[[at.DELAY, at.FLIGHT, at.RECOVERY]] = timing.delay, timing.flight, timing.recovery
    row[[at.SPACING, at.SECOND, at.LEAD]] = timing.first, timing.second, timing.lead
    row[at.FORWARD], row[at.ROUNDS] = timing.forward, hop.model.rounds
    row[at.EMISSION] = hop.model.from_emission
    return row


def _halves(hops: list[Hop]) -> Any:
    rows = []
    for link, hop in enumerate(hops):
        for memory in (*hop.up, *hop.down):
            row = np.zeros(at.HALF, np.int64)
            row[[at.POSITION, at.INDEX, at.DOWN]] = memory.position, memory.index, memory.down
            row[at.OF_LINK], row[at.DECAYS] = link, memory.decay is not None
            row[[at.PAIR, at.KNOWN, at.CLAIM, at.PARTNER]] = -1
            row[[at.FAILS, at.POLLED, at.SINCE, at.JUMP]] = -1
            if memory.down:
                row[at.ENTITY] = hop.sources[memory.index].entity
            rows.append(row)
    return np.concatenate(rows)


def _more_pairs(state: Stream) -> Stream:
    """Return the state with a ring twice as large, in which all pairs keep their numbers."""
    ring, number = int(state.fixed[at.RING]), int(state.clock[at.NUMBER])
    larger = 2 * ring
    kept = np.arange(max(0, number - ring), number)
    old, new = kept % ring, kept % larger
    pairs = np.full((larger, at.ROW), -1, np.int64)
    pairs[new] = state.pairs.reshape(ring, at.ROW)[old]
    states, waits = np.zeros((larger, 4)), np.zeros(larger)
    states[new], waits[new] = state.states.reshape(ring, 4)[old], state.waits[old]
    state.fixed[at.RING] = larger
    return state._replace(pairs=pairs.reshape(-1), states=states.reshape(-1), waits=waits)


def _more_events(state: Stream) -> Stream:
    """Return the state with room for twice as many events."""
    count = int(state.fixed[at.EVENTS])
    heap = np.concatenate([state.heap, np.zeros(count, np.int64)])
    events = np.concatenate([state.events, _chained(count, at.EVENT, count)])
    # The old rows that are free end where the new ones begin.
    state.fixed[at.EVENTS] = 2 * count
    return state._replace(heap=heap, events=events)


def worth(hops: Sequence[tuple[Timing, Model]], memories: int, length: int) -> bool:
    """Return whether a stream of so many ps makes so many pairs that loading the loop pays.

    Parameters
    ----------
    hops
        Times and odds of its links.
    memories
        On either side of each.
    length
        Of the stream (ps).
    """
    made = 0.0
    for timing, model in hops:
        begun = model.success + (1 - model.success) * model.second if model.rounds == 2 else 0.0
        mean = max(1.0, timing.first + begun * timing.second)
        made += memories * min(length, NEVER) * model.success / mean
    return made > 4000
