"""Pairs made before anybody asks for them, and how requests take them.

Some memories of each router make pairs all the time. One that is idle draws a neighbour by the
router's weights. If one of the neighbour's waits here they agree, else it asks. A neighbour that
has none to spare lets the question wait, and says so. Who has asked may still be taken himself: by
a router of a lower number at any time, by any other once he was told to wait; when the acceptance
comes after that he calls it off. So questions never wait for each other in a circle. Two memories
that agree make attempts until they have a pair, which stays in stock until a request takes it or it
expires.

Of the two ends of a link the one of the lower number gives pairs away, so that no pair is given
twice: when it knows of a request on that link, or has a new pair while it knows of one. It gives
pairs that are good enough for the request, the oldest first, and tells the other end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.decay import Decay
from netsim.quantum.generation import EXPIRE, RESULT, LinkRun
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.path import PathRun
from netsim.quantum.post import Post

#: What a memory does: nothing, it has asked, it was told to wait, it is taken.
IDLE, ASKING, WAITING, TAKEN = range(4)


@dataclass(slots=True, eq=False)
class Slot:
    """A memory that makes pairs all the time."""

    router: int
    index: int
    state: int = IDLE
    #: Counts what it begins, so that a late message finds out that it is late.
    turn: int = 0
    memory: Memory = field(init=False)


class Loan:
    """What a lent memory goes back to when its pair is consumed or gone.

    Parameters
    ----------
    run
        The path that has it.
    stock
        Whose it is.
    """

    def __init__(self, run: PathRun, stock: Stock) -> None:
        self._run, self._stock = run, stock

    def freed(self, memory: Memory) -> None:
        """Give the memory back."""
        self._run.gives_back(memory)
        self._stock.freed(memory)


@dataclass(slots=True, eq=False)
class Standing:
    """A request that takes pairs from stock: its path at work, and who knows of it."""

    path: list[int]
    run: PathRun
    target: float
    measured: bool
    known: set[int] = field(default_factory=set)


class Stock:
    """The memories of all routers that make pairs all the time.

    Parameters
    ----------
    env, agenda, post
        The clock, where events go, and who carries messages.
    beside
        Neighbours of every router.
    memories
        Of each router that make pairs all the time, and the index of its first.
    draws
        Generator of a router.
    delay
        Classical delay (ps) between two neighbours.
    make
        Makes a link of two memories, the asker's first.
    learned
        New weights of a router's neighbours, of the old ones and what a request used.
    ended
        Told of a pair that nobody took, its instant and its cause.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        post: Post,
        beside: list[list[int]],
        memories: list[tuple[int, int]],
        draws: Callable[[int], np.random.Generator],
        delay: Callable[[int, int], int],
        memory: Callable[[int], Memory],
        make: Callable[[Memory, Memory, int, Any], LinkRun],
        learned: Callable[[list[float], list[float]], list[float]],
        numbers: Any,
        ended: Callable[[Pair, int, str], None],
    ) -> None:
        self._env, self._at, self._post = env, agenda.at, post
        self._beside, self._delay, self._make = beside, delay, make
        self._learned, self._numbers, self._ended = learned, numbers, ended
        self._draws = [draws(router) for router in range(len(beside))]
        self.weights = [[1 / len(some)] * len(some) if some else [] for some in beside]
        self._slots = [
            [Slot(router, first + at) for at in range(number)]
            for router, (number, first) in enumerate(memories)
        ]
        self._decay: dict[Memory, Decay | None] = {}
        self._slot_of: dict[Memory, Slot] = {}
        for slot in (one for some in self._slots for one in some):
            slot.memory = memory(slot.router)
            self._slot_of[slot.memory] = slot
            self._decay[slot.memory] = slot.memory.decay
        self._queue: list[deque[tuple[Slot, int]]] = [deque() for _ in beside]
        #: Pairs in stock by link, the oldest first, and the paths that take them.
        self.ready: dict[tuple[int, int], list[Pair]] = {}
        self._standing: list[Standing] = []
        self.over = False
        for router, some in enumerate(beside):
            for slot in self._slots[router]:
                if some:
                    self._at(0, self._idle, slot)

    # Who makes pairs with whom.

    def _idle(self, slot: Slot) -> None:
        """Draw a neighbour, and answer it if it waits for a memory here, else ask it."""
        if self.over:
            return
        slot.state = IDLE
        slot.turn += 1
        router = slot.router
        weights = np.cumsum(self.weights[router])
        drawn = self._draws[router].random() * weights[-1]
        at = min(int(np.searchsorted(weights, drawn, side="right")), len(weights) - 1)
        neighbour = self._beside[router][at]
        if not self._answer(slot, neighbour):
            slot.state = ASKING
            self._send(router, neighbour, self._asked, (slot, slot.turn))

    def _answer(self, slot: Slot, neighbour: int | None) -> bool:
        """Accept the first that waits here, of a neighbour or of anybody; return whether so."""
        waiting = self._queue[slot.router]
        for entry in list(waiting):
            asker, turn = entry
            if asker.turn != turn or asker is slot:
                waiting.remove(entry)
            elif neighbour is None or asker.router == neighbour:
                waiting.remove(entry)
                self._accept(slot, asker, turn)
                return True
        return False

    def _send(self, source: int, target: int, call: Callable[[Any], None], what: Any) -> None:
        delay = self._delay(source, target)
        self._post.send(source, target, delay, call, (*what, target), RESULT)

    def _asked(self, asked: tuple[Slot, int, int]) -> None:
        asker, turn, router = asked
        lower = asker.router < router
        for slot in self._slots[router]:
            if slot.state in (IDLE, WAITING) or (slot.state == ASKING and lower):
                self._accept(slot, asker, turn)
                return
        self._queue[router].append((asker, turn))
        self._send(router, asker.router, self._wait, (asker, turn))

    def _wait(self, told: tuple[Slot, int, int]) -> None:
        """Be ready for anybody, since the neighbour has no memory; some may wait here as well."""
        slot, turn, _ = told
        if slot.turn != turn or slot.state != ASKING:
            return
        slot.state = WAITING
        self._answer(slot, None)

    def _accept(self, slot: Slot, asker: Slot, turn: int) -> None:
        slot.state = TAKEN
        slot.turn += 1
        self._send(slot.router, asker.router, self._accepted, (asker, turn, slot, slot.turn))

    def _accepted(self, told: tuple[Slot, int, Slot, int, int]) -> None:
        asker, turn, slot, its, _ = told
        if asker.turn != turn or asker.state not in (ASKING, WAITING):
            self._send(asker.router, slot.router, self._called_off, (slot, its))
            return
        asker.state = TAKEN
        asker.turn += 1
        up, down = asker.memory, slot.memory
        for one, far in ((asker, True), (slot, False)):
            one.memory.position, one.memory.down = one.router, far
        link = self._make(up, down, asker.index, self._heralded)
        down.free = True
        link.freed(up)

    def _called_off(self, told: tuple[Slot, int, int]) -> None:
        slot, turn, _ = told
        if slot.turn == turn:
            self._idle(slot)

    # Pairs in stock.

    def _heralded(self, up: Memory, down: Memory, emission: int, birth: int, attempts: int) -> None:
        now, link = self._env.now, up.link
        if self.over:
            return
        read = emission if link.from_emission else now
        pair = Pair(next(self._numbers), up, down, link.state, now, birth, read, 1, attempts)
        link.over = True
        if self._slot_of[up].router > self._slot_of[down].router:
            pair.turn()
        up.pair = up.known = down.pair = down.known = pair
        for memory in (up, down):
            memory.link = self  # type: ignore[assignment]
        ends = self._ends(pair)
        self.ready.setdefault(ends, []).append(pair)
        ages = [memory.cutoff for memory in (up, down) if memory.cutoff is not None]
        if ages:
            self._at(max(now, birth + min(ages)), self._expire, pair, EXPIRE)
        for standing in self._standing:
            if ends[0] in standing.known and self._give(standing, ends):
                return

    def _ends(self, pair: Pair) -> tuple[int, int]:
        return self._slot_of[pair.near].router, self._slot_of[pair.far].router

    def _expire(self, pair: Pair) -> None:
        ends = self._ends(pair)
        if pair in self.ready.get(ends, ()):
            self.ready[ends].remove(pair)
            self._drop(pair, "expired")

    def _drop(self, pair: Pair, cause: str) -> None:
        pair.lost = True
        self._ended(pair, self._env.now, cause)
        for memory in (pair.near, pair.far):
            self.freed(memory)

    def freed(self, memory: Memory) -> None:
        """Take a memory back whose pair is consumed or gone."""
        memory.pair = memory.known = memory.claim = None
        memory.decay = self._decay[memory]
        self._idle(self._slot_of[memory])

    # Requests.

    def stand(self, path: list[int], run: PathRun, target: float, measured: bool) -> Standing:
        """Let a request take pairs from stock, from when its routers know of it."""
        standing = Standing(path, run, target, measured)
        self._standing.append(standing)
        return standing

    def know(self, standing: Standing, router: int) -> None:
        """Let a router give the pairs that are its to give to a request that it knows of now."""
        standing.known.add(router)
        at = standing.path.index(router)
        for other in standing.path[max(0, at - 1) : at] + standing.path[at + 1 : at + 2]:
            if router < other:
                self._give(standing, (router, other))

    def _give(self, standing: Standing, ends: tuple[int, int]) -> bool:
        """Give a request all pairs of a link that are good enough; return whether any was."""
        path = standing.path
        if standing.run.over or not (ends[0] in path and ends[1] in path):
            return False
        low, high = path.index(ends[0]), path.index(ends[1])
        if abs(low - high) != 1:
            return False
        now = self._env.now
        good = [pair for pair in self.ready.get(ends, ()) if pair.fidelity(now) >= standing.target]
        for pair in good:
            self.ready[ends].remove(pair)
            owner, other = pair.near, pair.far
            if low > high:
                pair.turn()
            owner.position, other.position = low, high
            owner.down, other.down = low < high, high < low
            for memory in (owner, other):
                memory.link = Loan(standing.run, self)  # type: ignore[assignment]
                if standing.measured and memory.position in (0, len(path) - 1):
                    memory.decay = None
            standing.run.lend(pair, owner, other, self._delay(*ends))
        return bool(good)

    def leave(self, standing: Standing, served: bool) -> None:
        """End a request; where it was served, routers learn what it used."""
        self._standing.remove(standing)
        for memory in standing.run.lent():
            self.freed(memory)
        if not served:
            return
        path = standing.path
        for at, router in enumerate(path):
            used = path[max(0, at - 1) : at] + path[at + 1 : at + 2]
            share = [(one in used) / len(used) for one in self._beside[router]]
            self.weights[router] = self._learned(self.weights[router], share)

    def stop(self) -> None:
        """End everything: what is in stock is gone."""
        self.over = True
        for pairs in self.ready.values():
            for pair in pairs:
                pair.lost = True
                self._ended(pair, self._env.now, "ended")
        self.ready.clear()
