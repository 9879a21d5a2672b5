"""One path at work: from memories that make pairs to pairs that are handed over at both ends.

Routers act on what they know: a memory whose pair was swapped elsewhere learns of it when the
message comes, and a message about a pair that the memory holds no more changes nothing. Whenever a
memory changes, its router looks, in this order: a pair of the two ends is handed over, one below
the wanted fidelity is purified, one that has a ready companion on the other side is swapped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER
from netsim.engine.environment import Environment
from netsim.quantum.decay import PS
from netsim.quantum.generation import EXPIRE, MEASURE, REQUEST, RESULT, LinkRun
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.purifying import Purification, Purifier
from netsim.quantum.rules import Rules
from netsim.quantum.states import MIXED, State
from netsim.quantum.swap import Swap

Ended = Callable[[Pair, int, str], None]


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

    #: Whether what messages come to may be worked out before they are sent.
    certain: ClassVar[bool] = True

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
        self._purifier = Purifier(self, purification_draws)
        self._ended, self._delivered = ended, delivered
        self._last = len(sides)
        #: Memories by position: towards the initiator, and towards the responder.
        self._before: list[list[Memory]] = [[], *(down for _, down in sides)]
        self._after: list[list[Memory]] = [*(up for up, _ in sides), []]
        self.links: list[LinkRun] = []
        self.alive: dict[Pair, None] = {}
        self.over = False
        #: Memories that are lent, with pairs that were made before.
        self._lent: dict[Memory, None] = {}
        #: Whether routers may swap.
        self.joining = True
        #: Whether every pair has one router alone that may use or lose it: nobody refuses a swap,
        #: so when it is granted is known beforehand, and halves that wait need not be told of.
        plain = rules.cutoffs is None and rules.scheme is None
        self._certain = self.certain and rules.partners is not None and plain
        halves = [half for side in sides for half in (*side[0], *side[1])]
        self._steady = all(half.decay is None for half in halves)

    @property
    def routers(self) -> int:
        """How many routers the path has."""
        return self._last + 1

    def all_memories(self) -> list[Memory]:
        """Return all memories."""
        return [memory for up, down in self._sides for memory in (*up, *down)]

    def join(self) -> None:
        """Let links try no more, and routers swap from now on."""
        self.joining = True
        for link in self.links:
            link.over = True
        for memory in self.all_memories():
            self.look(memory)

    @property
    def now(self) -> int:
        """The present instant (ps)."""
        return self._env.now

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
        for memory in self.all_memories():
            memory.free = False

    def wake(self, position: int) -> None:
        """Let the memories of a router begin; lent ones may hold a neighbour's pairs already."""
        for memory in self.memories(position):
            if memory not in self._lent:
                self._wake(memory)

    def before(self, position: int) -> list[Memory]:
        """Return the memories of a router towards the initiator."""
        return self._before[position]

    def memories(self, position: int) -> list[Memory]:
        """Return the memories of a router: towards the initiator, then the others."""
        return [*self._before[position], *self._after[position]]

    def _wake(self, memory: Memory) -> None:
        if not self.over:
            memory.link.freed(memory)

    def stop(self, cause: str = "ended") -> None:
        """End everything: what is held now is gone, by that cause."""
        if self.over:
            return
        self.over = True
        for link in self.links:
            link.over = True
        now = self._env.now
        for pair in self.alive:
            pair.lost = True
            self._ended(pair, now, cause)
        self.alive.clear()

    # Pairs come and go.

    def heralded(self, up: Memory, down: Memory, emission: int, birth: int, attempts: int) -> None:
        """Take a link's new pair, whose herald reaches both routers now."""
        now, rules = self._env.now, self.rules
        read = emission if up.link.from_emission else now
        number = next(self._numbers)
        pair = Pair(number, up, down, up.link.state, now, birth, read, 1, attempts)
        self.alive[pair] = None
        up.pair = up.known = down.pair = down.known = pair
        if rules.cutoffs is not None:
            rules.cutoffs.begin(pair)
            self._watch(pair)
        self.look(up)
        if down.known is pair and down.claim is None:
            self.look(down)

    # Pairs from elsewhere.

    def lend(self, pair: Pair, owner: Memory, other: Memory, delay: int) -> None:
        """Take a pair of two neighbours that was made before; `other` hears of it by message."""
        near, far = pair.near, pair.far
        self._after[near.position].append(near)
        self._before[far.position].append(far)
        self._lent[near] = self._lent[far] = None
        self.alive[pair] = None
        if self.rules.cutoffs is not None:
            self.rules.cutoffs.begin(pair)
            self._watch(pair)
        known = self._env.now + delay
        if other is near:
            pair.due_near = known
        else:
            pair.due_far = known
        other.known = None
        self.tell(self.delay(owner, other), self._introduce, (pair, other))
        self.look(owner)

    def _introduce(self, told: tuple[Pair, Memory]) -> None:
        pair, memory = told
        if not self.over and memory.pair is pair:
            memory.known = pair
            self.look(memory)

    def gives_back(self, memory: Memory) -> None:
        """Forget a lent memory."""
        if self._lent.pop(memory, memory) is None:
            (self._after if memory.down else self._before)[memory.position].remove(memory)

    def lent(self) -> list[Memory]:
        """Return the memories that are lent."""
        return list(self._lent)

    def free(self, memory: Memory) -> None:
        """Let a memory hold nothing."""
        memory.pair = memory.known = memory.claim = None
        memory.link.freed(memory)

    def end(self, pair: Pair, cause: str) -> None:
        """End a pair, unless it is no more."""
        if not pair.lost:
            pair.lost = True
            self.alive.pop(pair, None)
            self._ended(pair, self._env.now, cause)

    def delay(self, one: Memory, other: Memory) -> int:
        """Return the classical delay between the routers of two memories (ps)."""
        return self._delays[one.position][other.position]

    def _watch(self, pair: Pair) -> None:
        """Look at both halves of a pair when their time is over."""
        now = self._env.now
        for half, last in ((pair.near, pair.last_near), (pair.far, pair.last_far)):
            if last < NEVER:
                self._at(max(last, now), self._expire, (pair, half), EXPIRE)

    def renewed(self, pair: Pair, half: Memory) -> None:
        """Count anew how long a half may be kept, whose router heard that its pair is better."""
        if self.rules.cutoffs is not None:
            now = self._env.now
            last = self.rules.cutoffs.renew(pair, half, now)
            if last < NEVER:
                self._at(max(last, now), self._expire, (pair, half), EXPIRE)

    def _expire(self, due: tuple[Pair, Memory]) -> None:
        pair, half = due
        if not self.over and self._late(pair, half):
            self._give_up(half)

    def _late(self, pair: Pair, half: Memory) -> bool:
        """Return whether a router gives up its half now, which it knows and has not measured."""
        if half.known is not pair:
            return False
        claim = half.claim
        if type(claim) is Purification and claim.consumes(half):
            return False
        return (pair.last_near if half is pair.near else pair.last_far) <= self._env.now

    def _give_up(self, half: Memory) -> None:
        """Free a memory, and tell the router of the other half, unless it gives up as well."""
        held = half.pair
        self._abandon(half)
        if held is not None and not held.lost:
            other = held.other(half)
            self.end(held, "expired")
            if not self._late(held, other):
                self.tell(self.delay(half, other), self._lose, (held, other))
        self.free(half)

    def _abandon(self, memory: Memory) -> None:
        """Call off what `memory` takes part in, where that is this router's to do.

        The others hear of it by the message that the pair is no more, or is free again.
        """
        claim = memory.claim
        if type(claim) is Swap:
            if memory is claim.left or memory is claim.right:
                self._call_off(claim, memory)
        elif claim is not None and memory.position == claim.position:
            claim.void = True

    def _call_off(self, swap: Swap, but: Memory | None) -> None:
        """Release the other memory of a router's own swap, and both partners by message."""
        if swap.lost:
            return
        swap.lost = True
        swap.since = self._env.now
        for own, pair in ((swap.left, swap.near), (swap.right, swap.far)):
            partner = pair.other(own)
            if own is not but and own.claim is swap:
                self.tell(0, self._release, (own, swap))
            self.tell(self.delay(own, partner), self._release, (partner, swap))

    def back(self, delay: int) -> int:
        """Return the delay of the way back."""
        return delay

    def ask(self, delay: int, function: Callable[[Any], object], argument: Any) -> None:
        """Let a request arrive after `delay`."""
        self._at(self._env.now + delay, function, argument, REQUEST)

    def tell(self, delay: int, function: Callable[[Any], object], argument: Any) -> None:
        """Let an answer or a result arrive after `delay`."""
        self._at(self._env.now + delay, function, argument, RESULT)

    def _release(self, told: tuple[Memory, Any]) -> None:
        memory, claim = told
        if not self.over and memory.claim is claim:
            memory.claim = None
            self.look(memory)

    def _lose(self, told: tuple[Pair, Memory]) -> None:
        """Free a memory that learns that its pair is no more; an older pair changes nothing."""
        pair, memory = told
        if not self.over and memory.pair is pair:
            self._abandon(memory)
            self.free(memory)

    # What a router does when one of its memories changes.

    def look(self, memory: Memory) -> None:
        """Do with a memory's pair what the rules say."""
        pair = memory.known
        if pair is None or memory.claim is not None or self.over:
            return
        if pair.handed or self._good(pair):
            if pair.near.position == 0 and pair.far.position == self._last:
                self._hand_over(memory, pair)
            elif self.joining and 0 < memory.position < self._last:
                self._seek_companion(memory, pair)
        elif self.rules.scheme is not None and memory is pair.far:
            self._purifier.seek(memory, pair)

    def _good(self, pair: Pair) -> bool:
        """Return whether a pair has the wanted fidelity now."""
        if self._steady:
            return pair.state[0] >= self.rules.target
        now = self._env.now
        return pair.read(now, now)[0] >= self.rules.target

    def _hand_over(self, memory: Memory, pair: Pair) -> None:
        """Hand over one half; the pair is delivered with the second, if none was lost till then."""
        now = self._env.now
        self._settle(pair, memory, now)
        pair.handed += 1
        done = pair.handed == 2 and not pair.lost
        if done:
            self.end(pair, "delivered")
        self.free(memory)
        if done:
            self._delivered(pair, now)

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
        if pair is None or memory.claim is not None or not self._expected(memory, pair):
            return False
        return self._good(pair)

    def _expected(self, memory: Memory, pair: Pair) -> bool:
        """Return whether a pair is one that its inner router may swap."""
        partners = self.rules.partners
        if partners is None:
            return True
        wanted = partners[memory.position]
        return wanted[1] == pair.far.position if memory.down else wanted[0] == pair.near.position

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
        elif self._certain:
            self._at(self._granted(swap), self._measure, swap, MEASURE)
        else:
            for one in (swap.near, swap.far):
                partner = one.near if one is swap.near else one.far
                delay = self.delay(memory, partner)
                self.ask(delay, self._asked, (swap, partner, one, delay))

    def _granted(self, swap: Swap) -> int:
        """Return when both partners' answers are there: each is asked again until it was told."""
        now, delays, ready = self._env.now, self._delays[swap.left.position], 0
        for partner, told in (
            (swap.near.near, swap.near.due_near),
            (swap.far.far, swap.far.due_far),
        ):
            delay = delays[partner.position]
            asked = now + delay
            if told > asked:
                asked = told if delay == 0 else asked - (asked - told) // (2 * delay) * 2 * delay
            ready = max(ready, asked + delay)
        return ready

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
        now = self._env.now
        # A partner that was told of the end before does not listen any more.
        if self.over or (swap.lost and swap.since <= now - delay):
            return
        claim = memory.claim
        if memory.known is pair and self._yields(claim, memory, swap):
            self._abandon(memory)
            claim = memory.claim = None
        if memory.known is not pair or claim is not None:
            self._refuse(asked)
        else:
            self._accept(swap, memory, delay)

    def _refuse(self, asked: tuple[Swap, Memory, Pair, int]) -> None:
        """Let a request be asked again as soon as its refusal is back."""
        self._at(self._env.now + 2 * asked[3], self._asked, asked, REQUEST)

    def _accept(self, swap: Swap, memory: Memory, delay: int) -> None:
        memory.claim = swap
        swap.accepted.append(memory)
        swap.ready = max(swap.ready, self._env.now + delay)
        if len(swap.accepted) == 2:
            self._at(swap.ready, self._measure, swap, MEASURE)

    @staticmethod
    def _yields(own: Any, memory: Memory, other: Swap) -> bool:
        """Return whether a router's own request gives way to another's.

        Of two swaps that ask for each other's memories that nearer the initiator goes on. Whoever
        asks for a pair to swap it will not answer a request to purify it, so that one is in vain.
        """
        if type(own) is Swap:
            return own.position == memory.position and memory.position > other.position
        return own is not None and own.position == memory.position and not own.answered

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
        self.end(near, cause)
        self.end(far, cause)
        swap.lost = True
        if works:
            self._join(near, far, state)
        else:
            self.tell(self.delay(left, outer_left), self._lose, (near, outer_left))
            self.tell(self.delay(right, outer_right), self._lose, (far, outer_right))
        self.free(left)
        self.free(right)

    def _join(self, near: Pair, far: Pair, state: State) -> None:
        now = self._env.now
        middle = near.far
        new = Pair(
            next(self._numbers),
            near.near,
            far.far,
            state,
            now,
            min(near.birth, far.birth),
            now,
            near.level + far.level,
            near.attempts + far.attempts,
            near.purifications + far.purifications,
            abs(near.created - far.created) * PS,
        )
        # Each end needs the outcomes of all swaps, those that the middle has yet to hear included.
        new.request = near.request
        heard = max(now, near.due_far, far.due_near)
        new.due_near = max(heard + self.delay(middle, new.near), near.due_near)
        new.due_far = max(heard + self.delay(middle, new.far), far.due_far)
        self.alive[new] = None
        for half, due in ((new.near, new.due_near), (new.far, new.due_far)):
            if self._certain and half.pair is not None and half.pair.due(half) <= now:
                half.known = half.pair
            half.pair = new
            if not self._certain or self._matters(half, new):
                self._inform(middle, half, due, new)
        if self.rules.cutoffs is not None:
            self.rules.cutoffs.begin(new, (near, far))
            self._watch(new)

    def _inform(self, middle: Memory, half: Memory, due: int, pair: Pair) -> None:
        """Let an end of a swapped pair be told of it."""
        self._at(due, self._told, (pair, half), RESULT)

    def _matters(self, half: Memory, pair: Pair) -> bool:
        """Return whether a router does anything when it is told of a swapped pair."""
        if 0 < half.position < self._last:
            return self._expected(half, pair)
        return pair.near.position == 0 and pair.far.position == self._last

    def _told(self, told: tuple[Pair, Memory]) -> None:
        """Let an end of a swapped pair learn who its partner is."""
        pair, memory = told
        if self.over or memory.pair is not pair:
            return
        memory.known = pair
        memory.claim = None
        late = self.rules.cutoffs is not None and self._env.now > (
            pair.last_near if memory is pair.near else pair.last_far
        )
        if late:
            self._give_up(memory)
        else:
            self.look(memory)
