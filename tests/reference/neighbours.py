"""Schemes with rounds of their own, in loops over plain lists: the oracle of the real engines.

Times are whole numbers; `DEAD` stands for a task that never ends. All of them return plain numbers.
"""

from __future__ import annotations

import statistics

DEAD = float("inf")


def held(n, d, order):
    """Return the parts of each worker in the order in which it does them."""
    direction = [-1 if order == "staircase" and i % 2 else 1 for i in range(n)]
    return [[(i + direction[i] * step) % n for step in range(d)] for i in range(n)]


def partial_round(times, d, order="cyclic", k=None, more=None):
    """Return end, workers of no use, parts begun and parts given up, one return after another.

    A part takes a worker as long as the first one, or `more` if that is given.
    """
    n = len(times)
    returns, begins = [], []
    for worker, parts in enumerate(held(n, d, order)):
        clock = 0
        for place, part in enumerate(parts):
            begins.append(clock)
            clock += times[worker] if more is None or place == 0 else more
            returns.append((clock, worker, part))
    came, useful, end = {}, set(), None
    for time, worker, part in sorted(returns):
        if end is not None and time > end:
            break
        if came.setdefault(part, time) == time:
            useful.add(worker)
        if end is None and len(came) >= (k or n):
            end = time
    done = [time for time, _, _ in returns]
    begun = sum(start < end or time <= end for start, time in zip(begins, done, strict=True))
    return end, n - len(useful), begun, begun - len(came)


def speculative_round(own, copy, quantile, multiplier):
    """Return end, workers of no use, tasks begun and tasks given up."""
    n = len(own)
    order = sorted(range(n), key=lambda worker: own[worker])
    enough = max(1, -int(-quantile * n // 1))
    idle, missing = order[:enough], order[enough:]
    start = max(own[idle[-1]], multiplier * statistics.median(own[i] for i in idle))
    done, copied = list(own), 0
    for helper, task in zip(idle, missing, strict=False):
        if own[task] > start:
            copied += 1
            done[task] = min(own[task], start + copy[helper])
    beaten = sum(a < b for a, b in zip(done, own, strict=True))
    return max(done), beaten, n + copied, copied


def asynchronous(times, k, updates, kind):
    """Return ends, staleness of the applied gradients, and tasks begun that were dropped.

    `times[m][i]` is how long worker i takes for its m-th task; `kind` is wait, again or restart.
    """
    n = len(times[0])
    count, now, dropped = [0] * n, 0, 0
    task = {}

    def begin(worker, version):
        task[worker] = (now + times[count[worker]][worker], version)
        count[worker] += 1

    for worker in range(n):
        begin(worker, 0)
    ends, ages = [], []
    for update in range(updates):
        returned = []
        while len(returned) < k:
            worker = min(task, key=lambda i: (task[i][0], i))
            now, version = task.pop(worker)
            returned.append(worker)
            ages.append(update - version)
            if kind != "wait" and len(returned) < k:
                begin(worker, update)
        ends.append(now)
        if kind == "restart":
            dropped += len(task)
            task.clear()
            returned = range(n)
        if update + 1 == updates:
            break
        for worker in [returned[-1]] if kind == "again" else returned:
            begin(worker, update + 1)
    return ends, ages, dropped
