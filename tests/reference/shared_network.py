"""A network whose links serve several requests, message by message.

Links and messages are those of `repeater_chain`; what is told here is which request a router swaps
for. Pairs carry the number of the request that they belong to, or None. Every decision looks
through all requests and all memories of the router.
"""

from __future__ import annotations

import heapq
from itertools import count, pairwise

from tests.reference.repeater_chain import END, HERALD, REQUEST, RESULT, Chain, Half
from tests.reference.repeater_pairs import Habits


class SharedNetwork(Chain):
    """Runs until nothing is left; `rows` are (near, far, created, ended, cause, request).

    Requests are (path, partners by position or None, known by position, end); `gaps` are delays by
    pairs of routers, `memories` counts by links (low, high).
    """

    def __init__(
        self, memories, gaps, flight, recovery, scripts, requests, end, rounds, link_delay
    ):
        self.queue, self.sequence, self.now = [], count(), 0
        self.flight, self.recovery, self.rounds, self.delay = flight, recovery, rounds, link_delay
        self.gaps, self.requests = gaps, requests
        self.luck = lambda node: True
        self.habits, self.nodes = Habits(), 1
        self.handshake = True
        self.rows, self.over, self.number, self.alive = [], False, count(), {}
        self.scripts = {key: iter(script) for key, script in scripts.items()}
        self.links, self.halves, self.known = {}, {}, [set() for _ in requests]
        self.ended, self.ranks = set(), sorted(memories)
        for (low, high), number in sorted(memories.items()):
            up = [Half(low, index, True) for index in range(number)]
            down = [Half(high, index, False) for index in range(number)]
            self.links[low, high] = up, down
            for half in (*up, *down):
                half.idle, half.asleep, half.link = False, True, (low, high)
                half.there = high if half.down else low
                self.halves.setdefault(half.node, []).append(half)
        for here in self.halves.values():
            here.sort(key=lambda half: (half.there, half.index))
        for number, (path, _, known, until) in enumerate(requests):
            # The responder first, as the approval travels.
            for position in reversed(range(len(path))):
                self.at(known[position], RESULT, self.hear, number, path[position])
            if until is not None:
                self.at(until, END, self.leave, number)
        self.at(end, END, self.finish)
        while self.queue and not self.over:
            self.now, _, _, call, args = heapq.heappop(self.queue)
            call(*args)

    def gap(self, a, b):
        return self.gaps[a][b]

    def order(self, up):
        return HERALD + 64 * self.ranks.index(up.link) + up.index

    def across(self, up):
        return self.links[up.link][1]

    def attempt(self, up, down, emission):
        key = (*up.link, up.index)
        self.scripts.setdefault((up.node, up.index), None)
        saved = self.scripts[up.node, up.index]
        self.scripts[up.node, up.index] = self.scripts[key]
        super().attempt(up, down, emission)
        self.scripts[up.node, up.index] = saved

    def close(self, pair, cause):
        if not pair["closed"]:
            pair["closed"] = True
            self.alive.pop(pair["number"])
            ends = pair["near"].node, pair["far"].node
            self.rows.append((*ends, pair["created"], self.now, cause, pair.get("for")))

    def finish(self):
        for number in range(len(self.requests)):
            if number not in self.ended:
                self.leave(number)
        self.over = True

    # Requests.

    def hear(self, number, router):
        if number in self.ended:
            return
        self.known[number].add(router)
        path = self.requests[number][0]
        at = path.index(router)
        for other in path[max(0, at - 1) : at] + path[at + 1 : at + 2]:
            for half in self.halves[router]:
                if half.there == other and half.asleep:
                    half.asleep = False
                    self.release(half)
        if len(path) == 2 and len(self.known[number]) == 2:
            for half in self.halves[router]:
                pair = half.told
                if pair and pair.get("for") is None and not half.busy:
                    other = self.other(pair, half)
                    if other.told is pair and not other.busy and self.first(pair) == number:
                        pair["for"] = number
                        self.look(other)
        for half in self.halves[router]:
            self.look(half)

    def leave(self, number):
        self.ended.add(number)
        busy = []
        for router in self.requests[number][0]:
            for half in self.halves[router]:
                swap = half.busy
                if swap and swap["for"] == number and not swap["off"] and swap not in busy:
                    busy.append(swap)
        for swap in busy:
            self.call_off(swap, None)
        for pair in list(self.alive.values()):
            if pair.get("for") == number:
                self.drop(pair)
        wanted = set()
        for other, (path, _, _, _) in enumerate(self.requests):
            if other not in self.ended:
                wanted |= {tuple(sorted(ends)) for ends in pairwise(path)}
        for ends in [one for one in self.links if one not in wanted]:
            halves = {half for side in self.links[ends] for half in side}
            for half in halves:
                half.shut = True
            for pair in list(self.alive.values()):
                if pair["near"] in halves or pair["far"] in halves:
                    self.drop(pair)
            for router in ends:
                self.halves[router] = [h for h in self.halves[router] if h not in halves]
            del self.links[ends]

    def drop(self, pair):
        self.close(pair, "ended")
        for half in (pair["near"], pair["far"]):
            if half.pair is pair:
                self.abandon(half)
                self.release(half)

    def call_off(self, swap, gone):
        if swap["off"]:
            return
        swap["off"] = True
        for own, pair in zip((swap["left"], swap["right"]), swap["pairs"], strict=True):
            if own is not gone:
                self.at(self.now, RESULT, self.unclaim, own, swap)
            partner = self.other(pair, own)
            wait = self.gap(own.node, partner.node)
            self.at(self.now + wait, RESULT, self.unclaim, partner, swap)

    # A link that is shut makes no pairs.

    def release(self, half):
        half.pair = half.told = half.busy = None
        half.idle = True
        if half.down and not getattr(half, "shut", False):
            self.at(self.now + self.delay, REQUEST + half.index, self.asked, half)

    def asked(self, up):
        if not getattr(up, "shut", False):
            super().asked(up)

    def herald(self, up, down, birth):
        if not getattr(up, "shut", False):
            super().herald(up, down, birth)

    def failed(self, up, down, birth=None):
        if not getattr(up, "shut", False):
            super().failed(up, down)

    # Routers.

    @staticmethod
    def other(pair, half):
        return pair["far"] if pair["near"] is half else pair["near"]

    def beside(self, number, a, b):
        path = self.requests[number][0]
        return a in path and b in path and abs(path.index(a) - path.index(b)) == 1

    def first(self, pair):
        ends = pair["near"].node, pair["far"].node
        for number in range(len(self.requests)):
            if number in self.ended or not self.known[number].issuperset(ends):
                continue
            if self.beside(number, *ends):
                return number
        return None

    def serves(self, number, half):
        """Return where the other half is on a request's path, None if it cannot serve it."""
        pair = half.told
        if not pair or half.busy:
            return None
        there = self.other(pair, half).node
        owner = pair.get("for")
        path = self.requests[number][0]
        if owner is None:
            return path.index(there) if self.beside(number, half.node, there) else None
        return path.index(there) if owner == number else None

    def wants(self, number, half, at):
        path, partners, _, _ = self.requests[number]
        here = path.index(half.node)
        return partners is None or partners[here][at > here] == at

    def look(self, half):
        pair = half.told
        if pair is None or half.busy or self.over:
            return
        if "seen" not in pair and "parts" not in pair:
            pair["seen"] = True
            number = self.first(pair)
            if number is not None and len(self.requests[number][0]) == 2:
                pair["for"] = number
        for number, (path, _, _, _) in enumerate(self.requests):
            if number in self.ended or half.node not in self.known[number]:
                continue
            owner = pair.get("for")
            if owner is None:
                there = self.other(pair, half).node
                if len(path) == 2 or not self.beside(number, half.node, there):
                    continue
            elif owner != number:
                continue
            if {pair["near"].node, pair["far"].node} == {path[0], path[-1]}:
                pair["handed"] += 1
                if pair["handed"] == 2:
                    self.close(pair, "delivered")
                self.release(half)
                return
            if half.node not in (path[0], path[-1]):
                self.seek(number, half)
            if half.busy or half.told is not pair:
                return

    def seek(self, number, half):
        at = self.serves(number, half)
        if at is None or not self.wants(number, half, at):
            return
        here = self.requests[number][0].index(half.node)
        for other in self.halves[half.node]:
            place = None if other is half else self.serves(number, other)
            if place is None or (place > here) == (at > here):
                continue
            if self.wants(number, other, place):
                left, right = (other, half) if at > here else (half, other)
                pairs = left.told, right.told
                swap = {"left": left, "right": right, "answers": 0, "pairs": pairs, "off": False}
                swap["for"] = number
                left.busy = right.busy = swap
                for own in (left, right):
                    partner = self.other(own.told, own)
                    wait = self.gap(own.node, partner.node)
                    self.at(self.now + wait, REQUEST, self.wanted, swap, partner, own.told, wait)
                return

    def measure(self, swap):
        if swap["off"]:
            return
        left, right = swap["left"], swap["right"]
        near, far = left.pair, right.pair
        near["for"] = far["for"] = swap["for"]
        outer = self.other(near, left), self.other(far, right)
        works = not (near["closed"] or far["closed"])
        swap["off"] = True
        for pair in (near, far):
            self.close(pair, "swapped" if works else "failed")
        if works:
            new = self.pair_of(*outer, min(near["birth"], far["birth"]), self.habits.raw)
            new["parts"], new["for"] = True, swap["for"]
            for half in outer:
                half.pair = new
                wait = self.gap(left.node, half.node)
                self.at(self.now + wait, RESULT, self.learn, new, half)
        self.release(left)
        self.release(right)
