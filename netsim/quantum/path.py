"""One path at work: from memories that make pairs to pairs that are handed over at both ends.

Routers act on what they know: a memory whose pair was swapped elsewhere learns of it when the
message comes, and a message about a pair that the memory holds no more changes nothing. Whenever a
memory changes, its router looks, in this order: a pair of the two ends is handed over, one below
the wanted fidelity is purified, one that has a ready companion on the other side is swapped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.decay import PS
from netsim.quantum.generation import EXPIRE, MEASURE, REQUEST, RESULT, LinkRun
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.purification.scheme import Scheme
from netsim.quantum.states import MIXED, State, swapped, werner
from netsim.quantum.swap import Purification, Swap
from netsim.quantum.swapping.policy import Partners

Ended = Callable[[Pair, int, str], None]


@dataclass(frozen=True, slots=True)
class Rules:
    """What routers of a path do with their pairs.

    Parameters
    ----------
    partners
        Whom each inner position waits for before it swaps; None: anybody.
    target
        Fidelity below which a pair is neither swapped nor handed over.
    success, degradation, gate, measurement, handshake, select
        As the scenario's block `swap` says.
    cutoff
        Age at which a pair is given up (ps), or None.
    scheme, once, tolerance
        Of purification; no scheme: none.
    """

    partners: Partners | None
    target: float
    success: float = 1.0
    degradation: float | None = None
    gate: float = 1.0
    measurement: float = 1.0
    handshake: bool = True
    select: str = "lowest"
    cutoff: int | None = None
    scheme: Scheme | None = None
    once: bool = False
    tolerance: float = 0.0

    def joined(self, a: State, b: State) -> State:
        """Return the state of two swapped pairs."""
        if self.degradation is not None:
            return werner(a[0] * b[0] * self.degradation)
        return swapped(a, b, self.gate, self.measurement)

    def purified(self, kept: State, measured: State) -> tuple[float, State]:
        """Return the chance that a purification succeeds, and the state then."""
        if self.scheme is None:
            return 0.0, MIXED
        mu = self.measurement
        return self.scheme.purify(kept, measured, self.gate**2, mu * mu + (1 - mu) * (1 - mu))

    def reaches_target(self, state: State) -> bool:
        """Return whether rounds with equal pairs, all of them lucky, bring `state` to the target.

        What cannot be is not tried: both ends would begin again and again until the pairs expire.
        """
        while state[0] < self.target:
            _, better = self.purified(state, state)
            if better[0] <= state[0] + 1e-12:
                return False
            state = better
        return True


class PathRun:
    """The routers of one path during one reservation, or one trial of it.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    sides
        Of each router but the last the memories towards the responder, and of the one after it
        those towards the initiator: link by link.
    delays
        Classical delay between any two positions (ps).
    rules
        What routers do.
    numbers
        Numbers of pairs, in the order of creation.
    swap_draws, purification_draws
        Generators by position, and of the path.
    ended
        Told of every pair's end, its instant and its cause.
    delivered
        Told of a pair that both ends have handed over.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        sides: list[tuple[list[Memory], list[Memory]]],
        delays: list[list[int]],
        rules: Rules,
        numbers: Any,
        swap_draws: list[np.random.Generator],
        purification_draws: np.random.Generator,
        ended: Ended,
        delivered: Callable[[Pair, int], None],
    ) -> None:
        self._env, self._at = env, agenda.at
        self._sides, self._delays, self.rules = sides, delays, rules
        self._numbers, self._swap_draws = numbers, swap_draws
        self._purification_draws = purification_draws
        self._ended, self._delivered = ended, delivered
        self._last = len(sides)
        #: Memories by position: towards the initiator, and towards the responder.
        self._before: list[list[Memory]] = [[], *(down for _, down in sides)]
        self._after: list[list[Memory]] = [*(up for up, _ in sides), []]
        self.links: list[LinkRun] = []
        self.alive: dict[Pair, None] = {}
        self.over = False

    def begin(self, active: list[int]) -> None:
        """Let every router's memories start when it knows of the reservation.

        Parameters
        ----------
        active
            By position (ps).
        """
        for position, time in enumerate(active):
            for memory in (*self._before[position], *self._after[position]):
                memory.free = False
                self._at(time, self._wake, memory, RESULT)

    def hold(self) -> None:
        """Keep all memories back until their routers `wake`."""
        for memory in chain(*self._before, *self._after):
            memory.free = False

    def wake(self, position: int) -> None:
        """Let the memories of a router begin."""
        for memory in self.memories(position):
            self._wake(memory)

    def memories(self, position: int) -> list[Memory]:
        """Return the memories of a router: towards the initiator, then the others."""
        return [*self._before[position], *self._after[position]]

    def _wake(self, memory: Memory) -> None:
        if not self.over:
            memory.link.freed(memory)

    def stop(self) -> None:
        """End everything: what is held now is gone."""
        if self.over:
            return
        self.over = True
        for link in self.links:
            link.over = True
        now = self._env.now
        for pair in self.alive:
            pair.lost = True
            self._ended(pair, now, "ended")
        self.alive.clear()

    # Pairs come and go.

    def heralded(self, up: Memory, down: Memory, emission: int, birth: int, attempts: int) -> None:
        """Take a link's new pair, whose herald reaches both routers now."""
        now, rules = self._env.now, self.rules
        read = emission if up.link.from_emission else now
        expiry = None if rules.cutoff is None else birth + rules.cutoff
        number = next(self._numbers)
        pair = Pair(number, up, down, up.link.state, now, birth, read, expiry, 1, attempts)
        self.alive[pair] = None
        up.pair = up.known = down.pair = down.known = pair
        if expiry is not None:
            self._at(max(expiry, now), self._expire, pair, EXPIRE)
        self._look(up)
        if down.known is pair and down.claim is None:
            self._look(down)

    def _free(self, memory: Memory) -> None:
        memory.pair = memory.known = memory.claim = None
        memory.link.freed(memory)

    def _end(self, pair: Pair, cause: str) -> None:
        if not pair.lost:
            pair.lost = True
            self.alive.pop(pair, None)
            self._ended(pair, self._env.now, cause)

    def _delay(self, one: Memory, other: Memory) -> int:
        return self._delays[one.position][other.position]

    def _expire(self, pair: Pair) -> None:
        """Give up both halves where they are known; a swap's other partners are told."""
        if self.over:
            return
        for memory in (pair.near, pair.far):
            if memory.known is not pair:
                continue
            held = memory.pair
            self._abandon(memory)
            if held is not None and not held.lost:
                other = held.other(memory)
                self._end(held, "expired")
                if not (held is pair and other.known is pair):
                    self._tell(self._delay(memory, other), self._lose, (held, other))
            self._free(memory)

    def _abandon(self, memory: Memory) -> None:
        """Call off what `memory` takes part in, by a message to those who are elsewhere."""
        claim = memory.claim
        if claim is None or claim.lost:
            return
        if isinstance(claim, Swap):
            self._call_off(claim, memory)
            return
        claim.lost = True
        for pair in (claim.kept, claim.measured):
            for half in (pair.near, pair.far):
                if half is not memory and half.claim is claim:
                    self._tell(self._delay(memory, half), self._release, (half, claim))

    def _call_off(self, swap: Swap, but: Memory | None = None) -> None:
        swap.lost = True
        for own in (swap.left, swap.right):
            if own is not but and own.claim is swap:
                self._tell(0, self._release, (own, swap))
        for partner in swap.accepted:
            if partner is not but and partner.claim is swap:
                self._tell(self._delay(swap.left, partner), self._release, (partner, swap))

    def _tell(self, delay: int, function: Callable[[Any], object], argument: Any) -> None:
        self._at(self._env.now + delay, function, argument, RESULT)

    def _release(self, told: tuple[Memory, Any]) -> None:
        memory, claim = told
        if not self.over and memory.claim is claim:
            memory.claim = None
            self._look(memory)

    def _lose(self, told: tuple[Pair, Memory]) -> None:
        """Free a memory that learns that its pair is no more; an older pair changes nothing."""
        pair, memory = told
        if not self.over and memory.pair is pair:
            self._abandon(memory)
            self._free(memory)

    # What a router does when one of its memories changes.

    def _look(self, memory: Memory) -> None:
        """Do with a memory's pair what the rules say."""
        pair = memory.known
        if pair is None or memory.claim is not None or self.over:
            return
        if pair.handed or pair.read(self._env.now, self._env.now)[0] >= self.rules.target:
            if pair.near.position == 0 and pair.far.position == self._last:
                self._hand_over(memory, pair)
            elif 0 < memory.position < self._last:
                self._seek_companion(memory, pair)
        elif self.rules.scheme is not None and memory is pair.far:
            self._seek_purification(memory, pair)

    def _hand_over(self, memory: Memory, pair: Pair) -> None:
        now = self._env.now
        self._settle(pair, memory, now)
        pair.handed += 1
        if pair.handed == 2:
            self.alive.pop(pair, None)
            pair.lost = True
            self._ended(pair, now, "delivered")
            self._free(memory)
            self._delivered(pair, now)
        else:
            self._free(memory)

    @staticmethod
    def _settle(pair: Pair, memory: Memory, now: int) -> None:
        """Let the half in `memory` decay up to `now`, and no more from then on."""
        if memory is pair.near:
            pair.read(now, pair.read_far)
            pair.read_near = 1 << 62
        else:
            pair.read(pair.read_near, now)
            pair.read_far = 1 << 62

    def _ready(self, memory: Memory) -> bool:
        """Return whether a memory's pair may be swapped at its router."""
        pair = memory.known
        if pair is None or memory.claim is not None:
            return False
        if not self._expected(memory, pair):
            return False
        return pair.fidelity(self._env.now) >= self.rules.target

    def _expected(self, memory: Memory, pair: Pair) -> bool:
        partners = self.rules.partners
        if partners is None:
            return True
        wanted = partners[memory.position][memory.down]
        return pair.other(memory).position == wanted

    def _seek_companion(self, memory: Memory, pair: Pair) -> None:
        if not self._expected(memory, pair):
            return
        side = (self._before if memory.down else self._after)[memory.position]
        companion = self._chosen([one for one in side if self._ready(one)])
        if companion is None or companion.known is None:
            return
        if memory.down:
            swap = Swap(companion, companion.known, memory, pair)
        else:
            swap = Swap(memory, pair, companion, companion.known)
        memory.claim = companion.claim = swap
        if not self.rules.handshake:
            self._measure(swap)
            return
        now = self._env.now
        for one in (swap.near, swap.far):
            partner = one.near if one is swap.near else one.far
            delay = self._delay(memory, partner)
            self._at(now + delay, self._asked, (swap, partner, one, delay), REQUEST)

    def _chosen(self, ready: list[Memory]) -> Memory | None:
        if len(ready) < 2 or self.rules.select == "lowest":
            return ready[0] if ready else None
        now = self._env.now
        if self.rules.select == "random":
            draws = self._swap_draws[ready[0].position]
            return ready[int(draws.integers(len(ready)))]
        held = [(one, one.known) for one in ready if one.known is not None]
        if self.rules.select == "oldest":
            return min(held, key=lambda each: each[1].birth)[0]
        if self.rules.select == "newest":
            return max(held, key=lambda each: each[1].birth)[0]
        return max(held, key=lambda each: each[1].fidelity(now))[0]

    # Swapping.

    def _asked(self, asked: tuple[Swap, Memory, Pair, int]) -> None:
        """Accept a middle router's request, or refuse it, whereupon it asks again."""
        swap, memory, pair, delay = asked
        if self.over or swap.lost:
            return
        now = self._env.now
        claim = memory.claim
        if memory.known is pair and self._yields(claim, memory, swap):
            self._abandon(memory)
            claim = memory.claim = None
        if memory.known is not pair or claim is not None:
            self._at(now + 2 * delay, self._asked, asked, REQUEST)
            return
        memory.claim = swap
        swap.accepted.append(memory)
        swap.ready = max(swap.ready, now + delay)
        if len(swap.accepted) == 2:
            self._at(swap.ready, self._measure, swap, MEASURE)

    @staticmethod
    def _yields(own: Any, memory: Memory, other: Swap) -> bool:
        """Return whether a router's own unanswered request gives way to another's."""
        if isinstance(own, Swap):
            mine = own.position == memory.position
            return mine and memory.position > other.position and len(own.accepted) < 2
        return isinstance(own, Purification) and not own.answered

    def _measure(self, swap: Swap) -> None:
        if self.over or swap.lost:
            return
        left, right = swap.left, swap.right
        near, far = left.pair, right.pair
        if near is None or far is None:
            return
        now, rules = self._env.now, self.rules
        works = not (near.lost or far.lost)
        if works and rules.success < 1:
            works = self._swap_draws[left.position].random() < rules.success
        outer_left, outer_right = near.near, far.far
        state = rules.joined(near.read(now, now), far.read(now, now)) if works else MIXED
        cause = "swapped" if works else "failed"
        self._end(near, cause)
        self._end(far, cause)
        swap.lost = True
        if works:
            self._join(near, far, state)
        else:
            self._tell(self._delay(left, outer_left), self._lose, (near, outer_left))
            self._tell(self._delay(right, outer_right), self._lose, (far, outer_right))
        self._free(left)
        self._free(right)

    def _join(self, near: Pair, far: Pair, state: State) -> None:
        now = self._env.now
        expiries = [one.expiry for one in (near, far) if one.expiry is not None]
        middle = near.far
        new = Pair(
            next(self._numbers),
            near.near,
            far.far,
            state,
            now,
            min(near.birth, far.birth),
            now,
            min(expiries) if expiries else None,
            near.level + far.level,
            near.attempts + far.attempts,
            near.purifications + far.purifications,
            abs(near.created - far.created) * PS,
        )
        # Each end needs the outcomes of all swaps, those that the middle has yet to hear included.
        heard = max(now, near.due_far, far.due_near)
        new.due_near = max(heard + self._delay(middle, new.near), near.due_near)
        new.due_far = max(heard + self._delay(middle, new.far), far.due_far)
        self.alive[new] = None
        for half, due in ((new.near, new.due_near), (new.far, new.due_far)):
            half.pair = new
            self._at(due, self._told, (new, half), RESULT)
        if new.expiry is not None:
            self._at(max(new.expiry, now), self._expire, new, EXPIRE)

    def _told(self, told: tuple[Pair, Memory]) -> None:
        """Let an end of a swapped pair learn who its partner is."""
        pair, memory = told
        if self.over or memory.pair is not pair:
            return
        memory.known = pair
        memory.claim = None
        if pair.lost:
            # The other half was given up; the message that says so is on its way.
            return
        now = self._env.now
        if pair.expiry is not None and now > pair.expiry:
            other = pair.other(memory)
            self._end(pair, "expired")
            self._free(memory)
            self._tell(self._delay(memory, other), self._lose, (pair, other))
            return
        self._look(memory)

    # Purification.

    def _seek_purification(self, memory: Memory, pair: Pair) -> None:
        rules, now = self.rules, self._env.now
        if (rules.once and pair.purifications) or not rules.reaches_target(pair.read(now, now)):
            return
        for other in self._before[memory.position]:
            held = other.known
            if other is memory or held is None or other.claim is not None or held.lost:
                continue
            if held.near.position != pair.near.position or (rules.once and held.purifications):
                continue
            if abs(held.fidelity(now) - pair.state[0]) <= rules.tolerance:
                process = Purification(pair, held, memory.position)
                memory.claim = other.claim = process
                delay = self._delay(memory, pair.near)
                self._at(now + delay, self._asked_to_purify, (process, delay), REQUEST)
                return

    def _asked_to_purify(self, asked: tuple[Purification, int]) -> None:
        process, delay = asked
        if self.over or process.lost:
            return
        now = self._env.now
        kept, measured = process.kept, process.measured
        halves = kept.near, measured.near
        pairs = kept, measured
        if any(
            half.known is not pair or half.claim is not None
            for half, pair in zip(halves, pairs, strict=True)
        ):
            self._at(now + 2 * delay, self._asked_to_purify, asked, REQUEST)
            return
        for half in halves:
            half.claim = process
        process.answered = now
        self._at(now + delay, self._decide, (process, delay), RESULT)

    def _decide(self, asked: tuple[Purification, int]) -> None:
        """Let the asker measure, compare, and tell the other router its outcome."""
        process, delay = asked
        if self.over or process.lost:
            return
        now, kept, measured = self._env.now, process.kept, process.measured
        a, b = kept.read(process.answered, now), measured.read(process.answered, now)
        chance, state = self.rules.purified(a, b)
        works = self._purification_draws.random() < chance
        self._end(measured, "measured" if works else "failed")
        if works:
            kept.state = state
            kept.purifications += 1
            kept.attempts += measured.attempts
        else:
            self._end(kept, "failed")
        self._tell(delay, self._learn, (process, works))
        self._free(measured.far)
        if not works:
            self._free(kept.far)
        elif kept.far.claim is process:
            kept.far.claim = None
            self._look(kept.far)

    def _learn(self, told: tuple[Purification, bool]) -> None:
        """Let the router that was asked act on the outcome."""
        process, works = told
        if self.over:
            return
        kept, measured = process.kept, process.measured
        if measured.near.claim is process:
            self._free(measured.near)
        if kept.near.claim is process:
            if works:
                kept.near.claim = None
                self._look(kept.near)
            else:
                self._free(kept.near)
