"""Time in plain Python: message passing on SimPy, and rounds by their recursion.

The slow twin of `netsim.decentralized.clock`: processes and resources, one message each.
"""

from __future__ import annotations

import simpy

SECOND = 10**12


def lasting(size, rates):
    """Return the ps that `size` bytes take at the least of `rates`, 0 for none."""
    given = [rate for rate in rates if rate]
    return round(size * (8 * SECOND / min(given))) if given else 0


def arrivals(messages, delay, rate, up=None, down=None, fifo=False):
    """Return when messages (at, source, target, size) arrive, in their order.

    `delay` is ps by (source, target), `rate`, `up` and `down` are bit/s by pair and node.
    """
    env = simpy.Environment()
    lines = {}
    found = [None] * len(messages)

    def line(which):
        return lines.setdefault(which, simpy.Resource(env))

    def carry(number, at, source, target, size):
        yield env.timeout(at)
        rates = (rate.get((source, target)), (up or {}).get(source), (down or {}).get(target))
        lasts = lasting(size, rates)
        if not fifo or not lasts:
            yield env.timeout(delay[source, target] + lasts)
            found[number] = env.now
            return
        with line(("up", source)).request() as taken:
            yield taken
            env.process(receive(number, target, delay[source, target], lasts))
            yield env.timeout(lasts)

    def receive(number, target, later, lasts):
        # Its first bit is there after the delay, its last one as long after as it takes.
        yield env.timeout(later)
        with line(("down", target)).request() as taken:
            yield taken
            yield env.timeout(lasts)
            found[number] = env.now

    for number, message in enumerate(messages):
        env.process(carry(number, *message))
    env.run()
    return found


def starts(nodes, heard, compute, message, rounds):
    """Return the starts of rounds 0 to `rounds`: each waits for itself and those it hears.

    `heard` is node -> others, `message` ps by (from, to), `compute` ps by node.
    """
    start = [0] * nodes
    found = [list(start)]
    for _ in range(rounds):
        done = [start[node] + compute[node] for node in range(nodes)]
        start = [
            max([done[node], *(done[other] + message[other, node] for other in heard[node])])
            for node in range(nodes)
        ]
        found.append(list(start))
    return found
