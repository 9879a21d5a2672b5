"""Purification under way: who asks whom, what both sides measure, and when each learns the outcome.

The router farther down the path asks; the other accepts when all its halves are there and in no
other protocol, measures, and answers; the first measures when the answer comes, compares, and
tells its own outcome, which the other learns one delay later. Refused requests are sent again at
once. Until then each side's memories are claimed.

A half that the asker gives up before the answer makes the whole void: if the other side has
measured meanwhile, all of it failed; if it refuses, the rest is as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.quantum.pair import Memory, Pair
from netsim.quantum.purification.scheme import Candidate

if TYPE_CHECKING:
    from netsim.quantum.path import PathRun


class Purification:
    """Pairs of the same two routers, of which all but the first are given up.

    Parameters
    ----------
    pairs
        The kept one, and those that are measured.
    """

    __slots__ = ("answered", "pairs", "position", "void")

    def __init__(self, pairs: tuple[Pair, ...]) -> None:
        self.pairs = pairs
        #: Of the router that asks.
        self.position = pairs[0].far.position
        self.void = False
        #: When the other router accepted and measured, 0 before.
        self.answered = 0

    def consumes(self, half: Memory) -> bool:
        """Return whether the router that was asked has measured this half."""
        return (
            bool(self.answered)
            and half.known is not self.pairs[0]
            and half.position != self.position
        )


class Purifier:
    """The purifications of a path.

    Parameters
    ----------
    path
        Whose memories they use.
    draws
        Where their luck comes from.
    """

    def __init__(self, path: PathRun, draws: np.random.Generator) -> None:
        self._path, self._draws = path, draws

    def seek(self, memory: Memory, pair: Pair) -> None:
        """Purify a pair below the target, in its half farther down the path, if partners are there.

        Kept is the pair that came farthest, this one among equals; given up are those of the lowest
        index that go with it.
        """
        path, rules = self._path, self._path.rules
        scheme, block, now = rules.scheme, rules.purification, path.now
        if scheme is None or (rules.once and pair.purifications):
            return
        mine = Candidate(pair.fidelity(now), pair.stage)
        others = self._partners(memory, pair)
        kept, given = pair, [one for one, it in others if scheme.fits(block, mine, it)]
        given = given[: scheme.others] if len(given) >= scheme.others else []
        for one, it in others:
            if it.stage <= (kept.stage if given else (-1,)) or not scheme.fits(block, it, mine):
                continue
            rest = [two for two, its in others if two is not one and scheme.fits(block, it, its)]
            if len(rest) + 1 >= scheme.others:
                kept, given = one, [pair, *rest][: scheme.others]
        if not given:
            return
        states = (kept.state, kept.stage), (given[0].state, given[0].stage)
        if not rules.hopeful(*states):
            return
        process = Purification((kept, *given))
        for one in process.pairs:
            one.far.claim = process
        delay = path.delay(memory, pair.near)
        path.ask(delay, self._asked, (process, delay))

    def _partners(self, memory: Memory, pair: Pair) -> list[tuple[Pair, Candidate]]:
        """Return the other pairs of the same two routers that are below the target and idle."""
        path, rules, now = self._path, self._path.rules, self._path.now
        found = []
        for other in path.before(memory.position):
            held = other.known
            if other is memory or held is None or other.claim is not None:
                continue
            if held.near.position != pair.near.position or (rules.once and held.purifications):
                continue
            if held.request is not pair.request:
                continue
            fidelity = held.fidelity(now)
            if fidelity < rules.target:
                found.append((held, Candidate(fidelity, held.stage)))
        return found

    def _asked(self, asked: tuple[Purification, int]) -> None:
        process, delay = asked
        path = self._path
        if path.over:
            return
        if any(one.near.known is not one or one.near.claim is not None for one in process.pairs):
            path.tell(path.back(delay), self._refused, asked)
            return
        for one in process.pairs:
            one.near.claim = process
        process.answered = path.now
        path.tell(path.back(delay), self._decide, asked)

    def _refused(self, asked: tuple[Purification, int]) -> None:
        """Ask again, or let the rest of a void purification go."""
        process, delay = asked
        path = self._path
        if path.over:
            return
        if not process.void:
            path.ask(delay, self._asked, asked)
            return
        halves = [one.far for one in process.pairs if one.far.claim is process]
        for half in halves:
            half.claim = None
        for half in halves:
            path.look(half)

    def _decide(self, asked: tuple[Purification, int]) -> None:
        """Let the asker measure, compare, and tell the other router its outcome."""
        process, delay = asked
        path = self._path
        if path.over:
            return
        now, (kept, *given) = path.now, process.pairs
        works = False
        if not process.void:
            states = [one.read(process.answered, now) for one in process.pairs]
            chance, state = path.rules.purified(states)
            works = self._draws.random() < chance
        for one in given:
            path.end(one, "measured" if works else "failed")
        if works:
            scheme = path.rules.scheme
            assert scheme is not None
            kept.state = state
            kept.purifications += 1
            kept.stage = scheme.after(path.rules.purification, kept.stage)
            kept.attempts += sum(one.attempts for one in given)
        else:
            path.end(kept, "failed")
        path.tell(delay, self._learn, (process, works))
        for one in given:
            if one.far.claim is process:
                path.free(one.far)
        self._settle(kept, kept.far, process, works)

    def _learn(self, told: tuple[Purification, bool]) -> None:
        """Let the router that was asked act on the outcome."""
        process, works = told
        if self._path.over:
            return
        kept, *given = process.pairs
        for one in given:
            if one.near.claim is process:
                self._path.free(one.near)
        self._settle(kept, kept.near, process, works)

    def _settle(self, kept: Pair, half: Memory, process: Purification, works: bool) -> None:
        """Let one side go on with the kept pair, or give it up."""
        if half.claim is not process:
            return
        if works:
            half.claim = None
            self._path.renewed(kept, half)
            self._path.look(half)
        else:
            self._path.free(half)
