"""A chain of repeaters message by message: every request, refusal, emission, answer and result.

Plain on purpose. Each poll is a message there and back, each attempt is made, whether or not
anybody looks, and every router keeps only what it has been told. Attempts succeed or fail as a
script says: for each link and memory of the requester a list of strings, ``-`` for a failure in
round one, ``2`` for one in round two, ``!`` for a pair. Pairs are improved and given up as
`repeater_pairs` says.
"""

from __future__ import annotations

import heapq
from itertools import count

from tests.reference.repeater_pairs import Habits

RESULT, HERALD, MEASURE, EXPIRE, REQUEST, END = 0, 1, 1 << 30, 3 << 29, 1 << 31, -1


class Half:
    """One memory."""

    def __init__(self, node, index, down):
        self.node, self.index, self.down = node, index, down
        self.pair = self.told = self.busy = self.mate = None
        self.idle = True
        self.rests_until = 0
        self.over = []


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
        habits=None,
        fortune=None,
    ):
        self.queue, self.sequence, self.now = [], count(), 0
        self.delay, self.flight, self.recovery, self.rounds = delay, flight, recovery, rounds
        self.partners, self.luck, self.handshake = partners, luck, handshake
        self.nodes, self.rows, self.over = nodes, [], False
        self.scripts = {key: iter(script) for key, script in scripts.items()}
        self.after = [[Half(n, i, True) for i in range(memories)] for n in range(nodes - 1)]
        self.before = [[Half(n + 1, i, False) for i in range(memories)] for n in range(nodes - 1)]
        self.number = count()
        self.habits, self.fortune = habits or Habits(), fortune
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
            ends = pair["near"].node, pair["far"].node
            fidelity = round(self.habits.state(pair, self.now, self.now)[0], 9)
            self.rows.append((*ends, pair["created"], self.now, cause, fidelity))

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
        for down in ([up.mate] if up.mate else []) + self.across(up):
            if down.idle:
                up.idle = down.idle = False
                ready = max(self.now + self.delay, up.rests_until)
                self.attempt(up, down, ready + self.delay)
                return
        # Refused: the answer is back after D, and the next request here after another.
        self.at(self.now + self.delay, RESULT, self.refused, up)

    def across(self, up):
        """Return the memories that one may be paired with."""
        return self.before[up.node]

    def refused(self, up):
        self.at(self.now + self.delay, REQUEST + up.index, self.asked, up)

    def order(self, up):
        """Results of one instant come by link and memory."""
        return HERALD + 64 * up.node + up.index

    def attempt(self, up, down, emission):
        up.rests_until = emission + self.recovery
        outcome = next(self.scripts[up.node, up.index])
        done = emission + self.flight
        if outcome == "-":
            self.at(done, self.order(up), self.failed, up, down)
        elif self.rounds == 1:
            self.at(done, self.order(up), self.herald, up, down, emission)
        else:
            self.at(done, self.order(up), self.again, up, down, outcome, emission)

    def again(self, up, down, outcome, birth):
        emission = max(self.now + self.delay, up.rests_until) + self.delay
        up.rests_until = emission + self.recovery
        call = self.herald if outcome == "!" else self.failed
        self.at(emission + self.flight, self.order(up), call, up, down, birth)

    def failed(self, up, down, birth=None):
        down.idle = True
        self.release(up)
        up.mate = down

    def pair_of(self, near, far, birth, state, parts=()):
        pair = {
            "near": near,
            "far": far,
            "created": self.now,
            "birth": birth,
            "closed": False,
            "number": next(self.number),
            "handed": 0,
        }
        self.habits.begin(pair, state, parts, self.gap, self.nodes - 1)
        self.alive[pair["number"]] = pair
        return pair

    def watch(self, pair, half):
        last = pair["last"][half is pair["far"]]
        if last is not None:
            self.at(max(last, self.now), EXPIRE, self.expire, pair, half)

    def herald(self, up, down, birth):
        up.mate = None
        pair = self.pair_of(up, down, birth, self.habits.raw)
        for half in (up, down):
            half.pair = half.told = pair
        for half in (up, down):
            self.watch(pair, half)
        self.look(up)
        if down.told is pair:
            self.look(down)

    # Time is over.

    def expire(self, pair, half):
        last = pair["last"][half is pair["far"]]
        if half.told is not pair or last is None or last > self.now:
            return
        busy = half.busy
        asked = busy and busy.get("answered") is not None and half.node != busy["asker"]
        if asked and pair is not busy["pairs"][0]:
            # Measured already.
            return
        self.give_up(half)

    def give_up(self, half):
        held = half.pair
        self.abandon(half)
        if not held["closed"]:
            other = held["far"] if held["near"] is half else held["near"]
            self.close(held, "expired")
            self.at(self.now + self.gap(half.node, other.node), RESULT, self.lose, held, other)
        self.release(half)

    def abandon(self, half):
        """Call off a router's own swap; a purification that it asked for is void."""
        busy = half.busy
        if busy and "left" in busy:
            if half in (busy["left"], busy["right"]):
                self.call_off(busy, half)
        elif busy and half.node == busy["asker"]:
            busy["void"] = True

    # Routers.

    def expects(self, half):
        pair = half.told
        other = pair["far"] if pair["near"] is half else pair["near"]
        return self.partners is None or self.partners[half.node][half.down] == other.node

    def fidelity(self, pair):
        return self.habits.state(pair, self.now, self.now)[0]

    def look(self, half):
        pair = half.told
        if self.over or pair is None or half.busy:
            return
        if not pair["handed"] and self.fidelity(pair) < self.habits.target:
            if half is pair["far"]:
                self.improve(half, pair)
            return
        if pair["near"].node == 0 and pair["far"].node == self.nodes - 1:
            self.habits.settle(pair, half is pair["far"], self.now)
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
                if self.fidelity(other.told) < self.habits.target:
                    continue
                left, right = (other, half) if half.down else (half, other)
                self.begin(left, right)
                return

    def begin(self, left, right):
        pairs = left.told, right.told
        swap = {"left": left, "right": right, "answers": 0, "pairs": pairs, "off": False}
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
        if swap in partner.over:
            return
        own = partner.busy
        if own and partner.told is pair:
            if "left" in own:
                gives_way = (
                    partner in (own["left"], own["right"]) and partner.node > swap["left"].node
                )
            else:
                gives_way = own["asker"] == partner.node and own["answered"] is None
            if gives_way:
                self.abandon(partner)
                partner.busy = None
        if partner.told is not pair or partner.busy:
            self.at(self.now + wait, RESULT, self.denied, swap, partner, pair, wait)
            return
        partner.busy = swap
        self.at(self.now + wait, RESULT, self.answered, swap)

    def call_off(self, swap, gone):
        swap["off"] = True
        ends = (swap["left"], swap["pairs"][0]["near"]), (swap["right"], swap["pairs"][1]["far"])
        for own, partner in ends:
            if own is not gone:
                self.at(self.now, RESULT, self.unclaim, own, swap)
            self.at(
                self.now + self.gap(own.node, partner.node), RESULT, self.unclaim, partner, swap
            )

    def unclaim(self, half, swap):
        half.over.append(swap)
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
        states = [self.habits.state(one, self.now, self.now) for one in (near, far)]
        works = not (near["closed"] or far["closed"]) and self.luck(left.node)
        swap["off"] = True
        self.close(near, "swapped" if works else "failed")
        self.close(far, "swapped" if works else "failed")
        if works:
            birth = min(near["birth"], far["birth"])
            state = self.habits.swapped(*states)
            new = self.pair_of(near["near"], far["far"], birth, state, (near, far))
            for half in (new["near"], new["far"]):
                half.pair = new
                self.at(self.now + self.gap(left.node, half.node), RESULT, self.learn, new, half)
            for half in (new["near"], new["far"]):
                self.watch(new, half)
        else:
            for half, pair in ((near["near"], near), (far["far"], far)):
                self.at(self.now + self.gap(left.node, half.node), RESULT, self.lose, pair, half)
        self.release(left)
        self.release(right)

    def learn(self, pair, half):
        if half.pair is pair:
            half.told, half.busy = pair, None
            last = pair["last"][half is pair["far"]]
            if last is not None and last < self.now:
                self.give_up(half)
            else:
                self.look(half)

    def lose(self, pair, half):
        if half.pair is pair:
            self.abandon(half)
            self.release(half)

    # Purification.

    def improve(self, half, pair):
        """Ask the router nearer the initiator to purify, if there are partners."""
        idle = []
        for other in self.before[half.node - 1]:
            held = other.told
            if (
                other is half
                or held is None
                or other.busy
                or held["near"].node != pair["near"].node
            ):
                continue
            fidelity = self.fidelity(held)
            if fidelity < self.habits.target:
                idle.append((held, fidelity))
        self.fidelity(pair)
        chosen = self.habits.partners(pair, idle)
        if not chosen:
            return
        process = {"pairs": chosen, "asker": half.node, "answered": None, "void": False}
        for one in chosen:
            one["far"].busy = process
        wait = self.gap(half.node, pair["near"].node)
        self.at(self.now + wait, REQUEST, self.to_purify, process, wait)

    def to_purify(self, process, wait):
        for one in process["pairs"]:
            if one["near"].told is not one or one["near"].busy:
                self.at(self.now + wait, RESULT, self.not_now, process, wait)
                return
        for one in process["pairs"]:
            one["near"].busy = process
        process["answered"] = self.now
        self.at(self.now + wait, RESULT, self.decide, process, wait)

    def not_now(self, process, wait):
        if not process["void"]:
            self.at(self.now + wait, REQUEST, self.to_purify, process, wait)
            return
        halves = [one["far"] for one in process["pairs"] if one["far"].busy is process]
        for half in halves:
            half.busy = None
        for half in halves:
            self.look(half)

    def decide(self, process, wait):
        kept, *given = process["pairs"]
        works = False
        if not process["void"]:
            chance, state = self.habits.purified(
                [self.habits.state(one, process["answered"], self.now) for one in process["pairs"]]
            )
            works = self.fortune.random() < chance
        for one in given:
            self.close(one, "measured" if works else "failed")
        if works:
            self.habits.better(kept, state)
        else:
            self.close(kept, "failed")
        self.at(self.now + wait, RESULT, self.outcome, process, works)
        for one in given:
            if one["far"].busy is process:
                self.release(one["far"])
        self.go_on(kept, kept["far"], process, works)

    def outcome(self, process, works):
        kept, *given = process["pairs"]
        for one in given:
            if one["near"].busy is process:
                self.release(one["near"])
        self.go_on(kept, kept["near"], process, works)

    def go_on(self, kept, half, process, works):
        if half.busy is not process:
            return
        if not works:
            self.release(half)
            return
        half.busy = None
        self.habits.renew(kept, half is kept["far"], self.now)
        self.watch(kept, half)
        self.look(half)
