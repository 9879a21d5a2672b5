"""Learning without rounds in plain Python: one heap of events, one list of numbers per node.

The slow twin of the algorithms in which nobody waits, for quadratics. It is told what is drawn
(partners, losses) and when nodes are gone; what happens in which order, what is held while a node
computes, and all arithmetic it does itself, from the definitions.
"""

from __future__ import annotations

import heapq
from itertools import count


class Twin:
    """Nodes, messages and time.

    `problem` holds h, c, x0 (node -> list), lr, steps; `compute` and `delay` are ps by node and by
    (from, to); `drops` are (node, from, to) in ps, with to None for ever; `lost(a, b, k)` says
    whether the k-th message from a to b is lost.
    """

    def __init__(self, edges, problem, compute, delay, drops=(), lost=None, end=0):
        self.problem, self.compute, self.delay, self.end = problem, compute, delay, end
        self.lost = lost or (lambda a, b, k: False)
        self.x = {node: list(start) for node, start in problem["x0"].items()}
        self.near = {node: [] for node in self.x}
        for a, b in edges:
            self.near[a].append(b)
            self.near[b].append(a)
        self.alive = dict.fromkeys(self.x, True)
        self.life = dict.fromkeys(self.x, 0)
        self.trained = dict.fromkeys(self.x, 0)
        self.sent = {}
        self.heap, self.number, self.now = [], count(), 0
        for node, begin, finish in drops:
            self.at(begin, self.drop, node)
            if finish is not None:
                self.at(finish, self.back, node)

    # Time -----------------------------------------------------------------------------------------

    def at(self, time, function, *what):
        heapq.heappush(self.heap, (time, next(self.number), function, what))

    def later(self, node, span, function, *what):
        """Call a function of a node that has not dropped until then."""
        life = self.life[node]

        def happens():
            if self.life[node] == life:
                function(node, *what)

        self.at(self.now + span, happens)

    def run(self):
        for node in self.x:
            self.start(node)
        while self.heap and self.heap[0][0] < self.end:
            self.now, _, function, what = heapq.heappop(self.heap)
            function(*what)
        return [self.x[node] for node in sorted(self.x)]

    def drop(self, node):
        self.alive[node] = False
        self.life[node] += 1
        self.gone(node)

    def back(self, node):
        self.alive[node] = True
        self.start(node)

    def gone(self, node):
        """Let others know."""

    def reach(self, node):
        return [other for other in sorted(self.near[node]) if self.alive[other]]

    def send(self, a, b, function, *what):
        """Call ``function(a, b, arrived, ...)`` when a message is there or would have been."""
        number = self.sent[a, b] = self.sent.get((a, b), -1) + 1
        lives, lost = (self.life[a], self.life[b]), self.lost(a, b, number)

        def arrives():
            function(a, b, not lost and lives == (self.life[a], self.life[b]), *what)

        self.at(self.now + self.delay[a, b], arrives)

    # Arithmetic -----------------------------------------------------------------------------------

    def slope(self, node, x):
        h, c = self.problem["h"][node], self.problem["c"][node]
        return [one * (value - target) for one, value, target in zip(h, x, c, strict=True)]

    def step(self, node, x, at):
        lr = self.problem["lr"]
        return [value - lr * s for value, s in zip(x, self.slope(node, at), strict=True)]

    def train(self, node):
        for _ in range(self.problem["steps"]):
            self.x[node] = self.step(node, self.x[node], self.x[node])


def mixed(own, other, share):
    return [(1 - share) * a + share * b for a, b in zip(own, other, strict=True)]


class Gossip(Twin):
    """Gossip learning; `first(node, k)` is the delay of a first wake-up, `pick(node, k, near)`.

    `part(node, k)` says which of the parts goes, `tokens` is (strategy, capacity, aggressiveness),
    of which `spend(node, k)` is the k-th random number.
    """

    def __init__(
        self,
        *args,
        period,
        first,
        pick,
        exchange="push",
        merge="mean",
        order="merge_update",
        a=0,
        most=None,
        parts=1,
        part=None,
        tokens=None,
        spend=None,
        **more,
    ):
        super().__init__(*args, **more)
        self.period, self.first, self.pick = period, first, pick
        self.exchange, self.merge, self.order, self.a, self.most = exchange, merge, order, a, most
        self.parts, self.part, self.tokens, self.spend = parts, part, tokens, spend
        self.age = {node: [0] * parts for node in self.x}
        self.wakes, self.picks = dict.fromkeys(self.x, 0), dict.fromkeys(self.x, 0)
        self.account, self.spent = dict.fromkeys(self.x, 0), dict.fromkeys(self.x, 0)
        self.waiting = {node: [] for node in self.x}
        self.busy = dict.fromkeys(self.x, False)

    def start(self, node):
        self.busy[node] = False
        self.later(node, self.first(node, self.wakes[node]), self.wake)

    def gone(self, node):
        self.waiting[node].clear()

    def drawn(self, node):
        self.spent[node] += 1
        return self.spend(node, self.spent[node])

    def wake(self, node):
        self.wakes[node] += 1
        self.later(node, self.period, self.wake)
        if self.tokens is None:
            self.speak(node)
            return
        strategy, capacity, patience = self.tokens
        if strategy == "randomized":
            chance = (self.account[node] - patience + 1) / (capacity - patience + 1)
            now = self.drawn(node) < chance
        else:
            now = self.account[node] >= capacity
        if now:
            self.speak(node)
        else:
            self.account[node] = min(capacity, self.account[node] + 1)

    def react(self, node, useful):
        strategy, _, patience = self.tokens
        have = self.account[node]
        if strategy == "simple":
            count = 1 if have else 0
        elif strategy == "generalized":
            count = (patience - 1 + have) // (patience if useful else 2 * patience)
        else:
            count = 0
            if useful:
                share = have / patience
                count = int(share) + (1 if self.drawn(node) < share - int(share) else 0)
        count = min(count, have)
        self.account[node] -= count
        for _ in range(count):
            self.speak(node)

    def speak(self, node):
        near = self.reach(node)
        if not near:
            return
        partner = self.pick(node, self.picks[node], near)
        self.picks[node] += 1
        if self.exchange == "pull":
            self.send(node, partner, self.asked)
        else:
            self.model(node, partner, self.exchange == "push_pull")

    def model(self, a, b, answer):
        which = 0
        if self.parts > 1:
            which = self.part(a, self.picks[a])
            self.picks[a] += 1
        what = (list(self.x[a]), list(self.age[a]), which, self.trained[a])
        self.send(a, b, self.came, what, answer)

    def asked(self, a, b, arrived):
        if arrived:
            self.model(b, a, False)

    def came(self, a, b, arrived, what, answer):
        if not arrived:
            return
        x, age, which, trained = what
        if answer and a in self.reach(b):
            self.model(b, a, False)
        if self.tokens is not None:
            self.react(b, age[which] >= self.age[b][which])
        lag = max(0, self.trained[b] - trained)
        if self.most is not None and lag > self.most:
            return
        self.waiting[b].append((x, age[which], which, lag))
        if not self.busy[b]:
            self.next(b)

    def next(self, node):
        if self.waiting[node]:
            self.busy[node] = True
            self.later(node, self.compute[node], self.done)

    def done(self, node):
        heard = self.waiting[node].pop(0)
        self.trained[node] += 1
        if self.order != "update_merge":
            self.take(node, *heard)
        self.train(node)
        self.age[node] = [age + self.problem["steps"] for age in self.age[node]]
        if self.order == "update_merge":
            self.take(node, *heard)
        self.busy[node] = False
        self.next(node)

    def take(self, node, x, age, which, lag):
        mine = self.age[node][which]
        share = 0.5
        if self.order == "update":
            share = 1.0
        elif self.merge == "age" and mine + age:
            share = age / (mine + age)
        share *= (1 + lag) ** -self.a
        size = len(x)
        for k in range(which * size // self.parts, (which + 1) * size // self.parts):
            self.x[node][k] = (1 - share) * self.x[node][k] + share * x[k]
        self.age[node][which] = age if self.order == "update" else max(mine, age)


class AdPsgd(Twin):
    """Averages of two, and gradients of older models."""

    def __init__(self, *args, pick, **more):
        super().__init__(*args, **more)
        self.pick, self.picks = pick, dict.fromkeys(self.x, 0)
        self.pairs, self.queue = [], []

    def start(self, node):
        self.later(node, self.compute[node], self.done, list(self.x[node]))

    def done(self, node, old):
        self.trained[node] += 1
        near = self.reach(node)
        if not near:
            self.onward(node, old)
            return
        partner = self.pick(node, self.picks[node], near)
        self.picks[node] += 1
        self.queue.append((node, partner, old))
        self.serve()

    def serve(self):
        """Let those average whose nodes are both free, first come first served."""
        for waits in list(self.queue):
            held = {node for pair in self.pairs for node in pair["nodes"]}
            if waits not in self.queue or waits[0] in held or waits[1] in held:
                continue
            self.queue.remove(waits)
            a, b, old = waits
            pair = {"nodes": (a, b), "old": old, "left": 2}
            self.pairs.append(pair)
            self.send(a, b, self.came, pair)
            self.send(b, a, self.came, pair)

    def came(self, _a, _b, arrived, pair):
        if not any(pair is other for other in self.pairs):
            return
        pair["left"] -= 1
        if not arrived:
            self.over(pair, False)
        elif not pair["left"]:
            self.over(pair, True)

    def over(self, pair, averaged):
        self.pairs = [other for other in self.pairs if other is not pair]
        a, b = pair["nodes"]
        if averaged:
            self.x[a] = self.x[b] = mixed(self.x[a], self.x[b], 0.5)
        if self.alive[a]:
            self.onward(a, pair["old"])
        self.serve()

    def onward(self, node, old):
        self.x[node] = self.step(node, self.x[node], old)
        self.start(node)

    def gone(self, node):
        self.queue = [waits for waits in self.queue if waits[0] != node]
        left = [waits for waits in self.queue if waits[1] == node]
        self.queue = [waits for waits in self.queue if waits[1] != node]
        for other, _, old in left:
            self.onward(other, old)
        for pair in list(self.pairs):
            if node in pair["nodes"]:
                self.over(pair, False)


class Served(Twin):
    """A server, node 0, and clients; `kind` is fedasync or fedbuff."""

    def __init__(self, *args, kind, a=0.0, alpha=0.6, k=1, lr=1.0, at_once=False, **more):
        super().__init__(*args, **more)
        self.kind, self.a, self.alpha, self.k, self.lr = kind, a, alpha, k, lr
        self.at_once, self.version, self.buffer = at_once, 0, []
        self.task = dict.fromkeys(self.x, 0)
        self.about = set()

    def start(self, node):
        if node and node not in self.about and node not in [one[0] for one in self.buffer]:
            self.give(node)

    def gone(self, node):
        self.task[node] += 1
        self.rest(node)

    def rest(self, node):
        self.about.discard(node)
        if self.kind == "fedbuff" and not self.about:
            self.fill()

    def give(self, node):
        if not self.alive[node]:
            return
        self.task[node] += 1
        self.about.add(node)
        self.send(0, node, self.got, self.task[node], list(self.x[0]), self.version)

    def got(self, _, node, arrived, task, x, version):
        if task != self.task[node]:
            return
        if not arrived:
            self.give(node)
            return
        self.x[node] = list(x)
        self.later(node, self.compute[node], self.done, task, x, version)

    def done(self, node, task, x, version):
        self.train(node)
        self.send(node, 0, self.came, task, list(self.x[node]), x, version)

    def came(self, node, _, arrived, task, y, x, version):
        if not arrived:
            if task == self.task[node]:
                self.give(node)
            return
        lag = self.version - version
        self.about.discard(node)
        weight = (1 + lag) ** -self.a
        if self.kind == "fedasync":
            self.x[0] = mixed(self.x[0], y, self.alpha * weight)
            self.version += 1
            self.give(node)
            return
        self.buffer.append((node, [p - q for p, q in zip(y, x, strict=True)], weight))
        if len(self.buffer) >= self.k:
            self.fill()
        elif self.at_once:
            self.give(node)
        if not self.about:
            self.fill()

    def fill(self):
        if not self.buffer:
            return
        buffer, self.buffer = self.buffer, []
        for _, change, weight in sorted(buffer):
            share = self.lr * weight / len(buffer)
            self.x[0] = [value + share * d for value, d in zip(self.x[0], change, strict=True)]
        self.version += 1
        for node, *_ in sorted(buffer[-1:] if self.at_once else buffer):
            self.give(node)
