"""Reservations message by message: a list of promises at each router, and a queue of messages.

Plain on purpose: to see whether a memory is free, all promises ever made are looked through.
"""

from __future__ import annotations

import heapq
from itertools import count


class Reservations:
    """Requests along paths; `log` tells who granted or refused what, and when.

    Requests are (sent, path, memories, start, end, served), the last None or the time after the
    grant is back at which the initiator needs nothing more.
    """

    def __init__(self, counts, delay, requests):
        self.counts, self.delay = counts, delay
        self.promises = [[] for _ in counts]
        self.queue, self.sequence, self.log = [], count(), []
        for number, request in enumerate(requests):
            self.at(request[0], self.request, number, request, 0, [])
        while self.queue:
            self.now, _, call, args = heapq.heappop(self.queue)
            call(*args)

    def at(self, time, call, *args):
        heapq.heappush(self.queue, (time, next(self.sequence), call, args))

    def onward(self, call, number, request, here, there, held):
        path = request[1]
        wait = self.delay[path[here]][path[there]]
        self.at(self.now + wait, call, number, request, there, held)

    def request(self, number, request, at, held):
        _, path, memories, start, end, _ = request
        router = path[at]
        inner = at not in (0, len(path) - 1)
        free = [
            memory
            for memory in range(self.counts[router])
            if not any(m == memory and a <= end and start <= b for m, a, b in self.promises[router])
        ]
        needed = 2 * memories if inner else memories
        if len(free) < needed or self.now > start:
            self.back(number, request, at, held)
            return
        mine = free[:needed]
        self.promises[router] += [(memory, start, end) for memory in mine]
        held = [*held, mine]
        if at < len(path) - 1:
            self.onward(self.request, number, request, at, at + 1, held)
        else:
            self.log.append((self.now, number, "granted", held))
            self.approve(number, request, at, held)

    def back(self, number, request, at, held):
        if at == 0:
            self.log.append((self.now, number, "refused"))
        else:
            self.onward(self.reject, number, request, at, at - 1, held)

    def reject(self, number, request, at, held):
        for memory in held[at]:
            self.promises[request[1][at]].remove((memory, request[3], request[4]))
        self.back(number, request, at, held)

    def approve(self, number, request, at, held):
        self.log.append((self.now, number, "passed", at))
        if at > 0:
            self.onward(self.approve, number, request, at, at - 1, held)
        elif request[5] is not None:
            self.at(self.now + request[5], self.done, number, request, 0, held)

    def done(self, number, request, at, held):
        _, path, _, start, end, _ = request
        for memory in held[at]:
            self.promises[path[at]].remove((memory, start, end))
            if self.now > start:
                self.promises[path[at]].append((memory, start, min(end, self.now)))
        if at < len(path) - 1:
            self.onward(self.done, number, request, at, at + 1, held)
