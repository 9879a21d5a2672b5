"""A chain of repeaters message by message: every request, refusal, emission, answer and result.

Plain on purpose. Each poll is a message there and back, each attempt is made, whether or not
anybody looks, and every router keeps only what it has been told. Attempts succeed or fail as a
script says: for each link and memory of the requester a list of strings, ``-`` for a failure in
round one, ``2`` for one in round two, ``!`` for a pair. Memories do not decay.
"""

from __future__ import annotations

import heapq
from itertools import count

RESULT, HERALD, MEASURE, REQUEST, END = 0, 1, 1 << 30, 1 << 31, -1


class Half:
    """One memory."""

    def __init__(self, node, index, down):
        self.node, self.index, self.down = node, index, down
        self.pair = self.told = self.busy = self.mate = None
        self.idle = True
        self.rests_until = 0


class Chain:
    """A chain that runs until `end`; `rows` are pairs as (near, far, created, ended, cause)."""

    def __init__(
        self,
        nodes,
        memories,
        delay,
        flight,
        recovery,
        scripts,
        partners,
        luck,
        end,
        active,
        handshake,
        rounds,
    ):
        self.queue, self.sequence, self.now = [], count(), 0
        self.delay, self.flight, self.recovery, self.rounds = delay, flight, recovery, rounds
        self.partners, self.luck, self.handshake = partners, luck, handshake
        self.nodes, self.rows, self.over = nodes, [], False
        self.scripts = {key: iter(script) for key, script in scripts.items()}
        self.after = [[Half(n, i, True) for i in range(memories)] for n in range(nodes - 1)]
        self.before = [[Half(n + 1, i, False) for i in range(memories)] for n in range(nodes - 1)]
        self.number = count()
        self.alive = {}
        for link in range(nodes - 1):
            for half in (*self.after[link], *self.before[link]):
                half.idle = False
        # Router by router, as they hear of the reservation.
        for node in range(nodes):
            here = [
                *(self.before[node - 1] if node else []),
                *(self.after[node] if node < nodes - 1 else []),
            ]
            for half in here:
                self.at(active, RESULT, self.release, half)
        self.at(end, END, self.finish)
        while self.queue and not self.over:
            self.now, _, _, call, args = heapq.heappop(self.queue)
            call(*args)

    def at(self, time, order, call, *args):
        heapq.heappush(self.queue, (time, order, next(self.sequence), call, args))

    def gap(self, a, b):
        return abs(a - b) * self.delay

    def finish(self):
        self.over = True
        for pair in list(self.alive.values()):
            self.close(pair, "ended")

    def close(self, pair, cause):
        if not pair["closed"]:
            pair["closed"] = True
            self.alive.pop(pair["number"])
            self.rows.append(
                (pair["near"].node, pair["far"].node, pair["created"], self.now, cause)
            )

    # Link.

    def release(self, half):
        """Let a memory be free again; one towards the responder asks for a partner."""
        half.pair = half.told = half.busy = None
        half.idle = True
        if half.down:
            self.at(self.now + self.delay, REQUEST + half.index, self.asked, half)

    def asked(self, up):
        """Take a pairing request at the responder's router."""
        if not up.idle:
            return
        for down in ([up.mate] if up.mate else []) + self.before[up.node]:
            if down.idle:
                up.idle = down.idle = False
                ready = max(self.now + self.delay, up.rests_until)
                self.attempt(up, down, ready + self.delay)
                return
        # Refused: the answer is back after D, and the next request here after another.
        self.at(self.now + self.delay, RESULT, self.refused, up)

    def refused(self, up):
        self.at(self.now + self.delay, REQUEST + up.index, self.asked, up)

    @staticmethod
    def order(up):
        """Results of one instant come by link and memory."""
        return HERALD + 64 * up.node + up.index

    def attempt(self, up, down, emission):
        up.rests_until = emission + self.recovery
        outcome = next(self.scripts[up.node, up.index])
        done = emission + self.flight
        if outcome == "-":
            self.at(done, self.order(up), self.failed, up, down)
        elif self.rounds == 1:
            self.at(done, self.order(up), self.herald, up, down)
        else:
            self.at(done, self.order(up), self.again, up, down, outcome)

    def again(self, up, down, outcome):
        emission = max(self.now + self.delay, up.rests_until) + self.delay
        up.rests_until = emission + self.recovery
        call = self.herald if outcome == "!" else self.failed
        self.at(emission + self.flight, self.order(up), call, up, down)

    def failed(self, up, down):
        down.idle = True
        self.release(up)
        up.mate = down

    def pair_of(self, near, far):
        pair = {
            "near": near,
            "far": far,
            "created": self.now,
            "closed": False,
            "number": next(self.number),
            "handed": 0,
        }
        self.alive[pair["number"]] = pair
        return pair

    def herald(self, up, down):
        up.mate = None
        pair = self.pair_of(up, down)
        for half in (up, down):
            half.pair = half.told = pair
        self.look(up)
        if down.told is pair:
            self.look(down)

    # Routers.

    def expects(self, half):
        pair = half.told
        other = pair["far"] if pair["near"] is half else pair["near"]
        return self.partners is None or self.partners[half.node][half.down] == other.node

    def look(self, half):
        pair = half.told
        if self.over or pair is None or half.busy:
            return
        if pair["near"].node == 0 and pair["far"].node == self.nodes - 1:
            pair["handed"] += 1
            if pair["handed"] == 2:
                self.close(pair, "delivered")
            self.release(half)
            return
        if half.node in (0, self.nodes - 1) or not self.expects(half):
            return
        others = self.before[half.node - 1] if half.down else self.after[half.node]
        for other in others:
            if other.told and not other.busy and self.expects(other):
                left, right = (other, half) if half.down else (half, other)
                self.begin(left, right)
                return

    def begin(self, left, right):
        swap = {"left": left, "right": right, "answers": 0, "granted": [], "off": False}
        left.busy = right.busy = swap
        if not self.handshake:
            self.measure(swap)
            return
        for own in (left, right):
            pair = own.told
            partner = pair["near"] if own is left else pair["far"]
            wait = self.gap(own.node, partner.node)
            self.at(self.now + wait, REQUEST, self.wanted, swap, partner, pair, wait)

    def wanted(self, swap, partner, pair, wait):
        """Take a swap request at a partner."""
        if swap["off"]:
            return
        own = partner.busy
        if own and partner.told is pair and partner in (own["left"], own["right"]):
            mine = partner.node > swap["left"].node and len(own["granted"]) < 2
            if mine:
                self.call_off(own, partner)
        if partner.told is not pair or partner.busy:
            self.at(self.now + wait, RESULT, self.denied, swap, partner, pair, wait)
            return
        partner.busy = swap
        swap["granted"].append(partner)
        self.at(self.now + wait, RESULT, self.answered, swap)

    def call_off(self, swap, gone):
        swap["off"] = True
        for own in (swap["left"], swap["right"]):
            if own is not gone:
                self.at(self.now, RESULT, self.unclaim, own, swap)
        for partner in swap["granted"]:
            self.at(
                self.now + self.gap(gone.node, partner.node), RESULT, self.unclaim, partner, swap
            )
        gone.busy = None

    def unclaim(self, half, swap):
        if half.busy is swap:
            half.busy = None
            self.look(half)

    def denied(self, swap, partner, pair, wait):
        if not swap["off"]:
            self.at(self.now + wait, REQUEST, self.wanted, swap, partner, pair, wait)

    def answered(self, swap):
        swap["answers"] += 1
        if swap["answers"] == 2:
            self.at(self.now, MEASURE, self.measure, swap)

    def measure(self, swap):
        if swap["off"]:
            return
        left, right = swap["left"], swap["right"]
        near, far = left.pair, right.pair
        works = not (near["closed"] or far["closed"]) and self.luck(left.node)
        swap["off"] = True
        self.close(near, "swapped" if works else "failed")
        self.close(far, "swapped" if works else "failed")
        if works:
            new = self.pair_of(near["near"], far["far"])
            new["due"] = {}
            for half in (new["near"], new["far"]):
                half.pair = new
                self.at(self.now + self.gap(left.node, half.node), RESULT, self.learn, new, half)
        else:
            for half, pair in ((near["near"], near), (far["far"], far)):
                self.at(self.now + self.gap(left.node, half.node), RESULT, self.lose, pair, half)
        self.release(left)
        self.release(right)

    def learn(self, pair, half):
        if half.pair is pair:
            half.told, half.busy = pair, None
            if not pair["closed"]:
                self.look(half)

    def lose(self, pair, half):
        if half.pair is pair:
            self.release(half)
