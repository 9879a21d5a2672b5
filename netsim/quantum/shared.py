"""Statistical sharing: a link's memories serve all requests over it, first come first served.

Links make pairs for nobody in particular. A router that holds a pair looks at the requests that it
knows, the first one first, and swaps for the first that both of its pairs can serve: so a pair is
given to a request when it is swapped, and belongs to it from then on. Where the first request on a
link wants just that link, the pair is given to it at its herald, since both ends must agree without
a message. A request that has ended gives everything of its own back at once, and a link that no
request wants any more drops what it holds.

The rules of routers are those of `path.py`; here memories stand at routers of a network, and a
position on a path depends on the request. Lending a link's pairs out at their herald was not taken:
a pair would wait for one request while another could have used it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.generation import LinkRun
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.path import Ended, PathRun
from netsim.quantum.rules import Rules
from netsim.quantum.swap import Swap

Ends = tuple[int, int]


class Share:
    """A request's part of the network.

    Parameters
    ----------
    number
        Of the request: lower ones come first.
    path
        Its routers.
    rules
        What they do for it.
    delivered
        Told of its pairs.
    """

    def __init__(
        self,
        number: int,
        path: list[int],
        rules: Rules,
        delivered: Callable[[Pair, int], None],
        network: SharedRun,
    ) -> None:
        self.number, self.path, self.rules, self.delivered = number, path, rules, delivered
        self.place = {router: at for at, router in enumerate(path)}
        #: Routers that know of it.
        self.known: set[int] = set()
        self.over = False
        self._network = network

    def know(self, position: int) -> None:
        """Let a router of the path act for the request from now on."""
        self._network.know(self, self.path[position])

    def stop(self) -> None:
        """End the request, and give back what is its own."""
        if not self.over:
            self.over = True
            self._network.leave(self)

    def memories(self, position: int) -> list[Memory]:
        """Return none: memories belong to links here."""
        return []


@dataclass(slots=True, eq=False)
class SharedLink:
    """The memories of a link, the requester's and the responder's, and the pairs' maker."""

    up: list[Memory]
    down: list[Memory]
    run: LinkRun


class SharedRun(PathRun):
    """The links of a network whose memories serve all requests over them.

    Parameters
    ----------
    env, agenda, delays, rules, numbers, swap_draws, purification_draws, ended
        As of a path, by router instead of by position.
    make
        Makes a link between two routers, the lower number first.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        delays: Mapping[int, Any],
        rules: Rules,
        numbers: Any,
        swap_draws: Mapping[int, np.random.Generator],
        purification_draws: np.random.Generator,
        ended: Ended,
        make: Callable[[int, int, SharedRun], SharedLink],
    ) -> None:
        plain: Any = delays
        draws: Any = swap_draws
        super().__init__(
            env, agenda, [], plain, rules, numbers, draws, purification_draws, ended, _nobody
        )
        # Which router uses a pair, and how it decays, is known when a request takes it.
        self._certain = self._steady = False
        self._make = make
        self._shares: list[Share] = []
        self.open: dict[Ends, SharedLink] = {}
        self._here: dict[int, list[Memory]] = {}
        #: Memories of a router stand in the order of neighbours, then of indices.
        self._rank: dict[Memory, tuple[int, int]] = {}
        self._delivered = self._deliver

    # Requests come and go.

    def join_in(self, share: Share) -> None:
        """Let a request take part, in the order of numbers, once its routers know of it."""
        self._shares.append(share)
        self._shares.sort(key=lambda one: one.number)

    def know(self, share: Share, router: int) -> None:
        """Let a router act for a request from now on."""
        if share.over:
            return
        share.known.add(router)
        at = share.place[router]
        for ends in pairwise(share.path[max(0, at - 1) : at + 2]):
            low, high = min(ends), max(ends)
            if (low, high) not in self.open:
                self._open(low, high)
            for memory in self._side(low, high, router):
                if memory.held_back:
                    memory.held_back = False
                    memory.link.freed(memory)
        self._give_idle(share, router)
        for memory in list(self._here.get(router, ())):
            self.look(memory)

    def _give_idle(self, share: Share, router: int) -> None:
        """Give a request for one link the pairs that wait there once both ends know of it."""
        if len(share.path) > 2 or len(share.known) < 2:
            return
        for memory in list(self._here[router]):
            pair = memory.known
            if pair is None or pair.request is not None or memory.claim is not None:
                continue
            other = pair.other(memory)
            if other.known is pair and other.claim is None and self._first(pair) is share:
                pair.request = share
                self.look(other)

    def leave(self, share: Share) -> None:
        """End a request: its pairs are gone, and links without another request close."""
        self._shares.remove(share)
        self._call_off_all(share)
        for pair in [one for one in self.alive if one.request is share]:
            self._drop(pair)
        wanted = {(min(ends), max(ends)) for one in self._shares for ends in pairwise(one.path)}
        for ends in [one for one in self.open if one not in wanted]:
            self._close(ends)

    def _call_off_all(self, share: Share) -> None:
        for router in share.path:
            for memory in list(self._here.get(router, ())):
                claim = memory.claim
                if isinstance(claim, Swap) and claim.request is share and not claim.lost:
                    self._call_off(claim, None)

    def _deliver(self, pair: Pair, now: int) -> None:
        share: Share = pair.request
        share.delivered(pair, now)

    def _drop(self, pair: Pair) -> None:
        """Give up a pair at both ends at once."""
        self.end(pair, "ended")
        for memory in (pair.near, pair.far):
            if memory.pair is pair:
                self._abandon(memory)
                self.free(memory)

    def _open(self, low: int, high: int) -> None:
        link = self._make(low, high, self)
        self.open[low, high] = link
        self.links.append(link.run)
        for memories in (link.up, link.down):
            router = memories[0].position
            here = self._here.setdefault(router, [])
            here.extend(memories)
            for memory in memories:
                memory.free, memory.held_back = False, True
                self._rank[memory] = low + high - router, memory.index
            here.sort(key=self._rank.__getitem__)

    def _close(self, ends: Ends) -> None:
        link = self.open.pop(ends)
        link.run.over = True
        self.links.remove(link.run)
        held = {*link.up, *link.down}
        for pair in [one for one in self.alive if one.near in held or one.far in held]:
            self._drop(pair)
        for memories in (link.up, link.down):
            router = memories[0].position
            gone = set(memories)
            self._here[router] = [one for one in self._here[router] if one not in gone]
            for memory in memories:
                del self._rank[memory]

    def _side(self, low: int, high: int, router: int) -> list[Memory]:
        link = self.open[low, high]
        return link.up if link.up[0].position == router else link.down

    def at_router(self, router: int) -> list[Memory]:
        """Return the memories of a router's open links."""
        return self._here.get(router, [])

    def before(self, position: int) -> list[Memory]:
        """Return what purification looks through: all memories of a router."""
        return self.at_router(position)

    # Rules.

    def look(self, memory: Memory) -> None:
        """Do with a memory's pair what the rules of the first request that it serves say."""
        pair = memory.known
        if pair is None or memory.claim is not None or self.over:
            return
        if pair.request is None and pair.level == 1 and not pair.judged:
            pair.judged = True
            first = self._first(pair)
            if first is not None and len(first.path) == 2:
                pair.request = first
        quality = pair.read(self._env.now, self._env.now)[0]
        for share in self._candidates(memory, pair):
            self.rules = share.rules
            if not pair.handed and quality < share.rules.target:
                if share.rules.scheme is not None and memory is pair.far:
                    self._purifier.seek(memory, pair)
            elif {pair.near.position, pair.far.position} == {share.path[0], share.path[-1]}:
                self._hand_over(memory, pair)
            elif 0 < share.place[memory.position] < len(share.path) - 1:
                self._seek_for(share, memory, pair)
            if memory.claim is not None or memory.known is not pair:
                return

    def _first(self, pair: Pair) -> Share | None:
        """Return the first request over a link's pair that both ends know of."""
        ends = pair.near.position, pair.far.position
        for share in self._shares:
            if share.known.issuperset(ends) and self._beside(share, *ends):
                return share
        return None

    @staticmethod
    def _beside(share: Share, one: int, other: int) -> bool:
        places = share.place
        return one in places and other in places and abs(places[one] - places[other]) == 1

    def _candidates(self, memory: Memory, pair: Pair) -> list[Share]:
        if pair.request is not None:
            own: Share = pair.request
            return [] if own.over or memory.position not in own.known else [own]
        here, there = memory.position, pair.other(memory).position
        return [
            one
            for one in self._shares
            if here in one.known and self._beside(one, here, there) and len(one.path) > 2
        ]

    def _place(self, share: Share, memory: Memory) -> int | None:
        """Return where on a request's path the other half is, None if the pair cannot serve it."""
        pair = memory.known
        if pair is None or memory.claim is not None:
            return None
        here, there = memory.position, pair.other(memory).position
        if pair.request is None:
            return share.place[there] if self._beside(share, here, there) else None
        return share.place[there] if pair.request is share else None

    def _wanted(self, share: Share, memory: Memory, at: int) -> bool:
        """Return whether a pair whose other half is at `at` may be swapped at its router."""
        partners = share.rules.partners
        here = share.place[memory.position]
        return partners is None or partners[here][at > here] == at

    def _seek_for(self, share: Share, memory: Memory, pair: Pair) -> None:
        """Swap for a request, if there is a companion on the other side."""
        here, there = share.place[memory.position], self._place(share, memory)
        if there is None or not self._wanted(share, memory, there):
            return
        ready = []
        for one in self._here[memory.position]:
            at = None if one is memory else self._place(share, one)
            if at is None or (at > here) == (there > here) or not self._wanted(share, one, at):
                continue
            held = one.known
            if held is not None and held.fidelity(self._env.now) >= share.rules.target:
                ready.append(one)
        companion = self._chosen(ready)
        if companion is None or companion.known is None:
            return
        if there > here:
            swap = Swap(companion, companion.known, memory, pair)
        else:
            swap = Swap(memory, pair, companion, companion.known)
        swap.request = share
        memory.claim = companion.claim = swap
        if not share.rules.handshake:
            self._measure(swap)
            return
        for own, held in ((swap.left, swap.near), (swap.right, swap.far)):
            partner = held.other(own)
            delay = self.delay(own, partner)
            self.ask(delay, self._asked, (swap, partner, held, delay))

    def _measure(self, swap: Swap) -> None:
        share = swap.request
        if not self.over and not swap.lost and share is not None and not share.over:
            self.rules = share.rules
            near, far = swap.left.pair, swap.right.pair
            if near is not None and far is not None:
                if near.far is not swap.left:
                    near.turn()
                if far.near is not swap.right:
                    far.turn()
                near.request = far.request = share
        super()._measure(swap)


def _nobody(pair: Pair, now: int) -> None:
    """Nothing: deliveries are told by request."""
