"""The usual way to write a packet simulator in Python: a heap of events, here as lean as it gets.

Every packet's arrival at every hop is one heap entry; ports use the same departure calculus as
netsim's kernel (no event of their own), windows are counted in packets, every data packet is
acknowledged through the network. It leaves out what netsim also does (loss recovery, reordering and
link statistics, tie order, tables), so it is a generous baseline.
"""

from __future__ import annotations

import heapq
import random


def permutation(
    leaves: int,
    spines: int,
    hosts_per_leaf: int,
    size: int,
    *,
    rate: int = 100,
    delay: int = 1_000_000,
):
    """Simulate a random permutation of `size` bytes per host under random packet spraying.

    Returns data packets times links, and the makespan in ps. `rate` is in Gbps, `delay` in ps.
    """
    hosts = leaves * hosts_per_leaf
    draw = random.Random(1)
    target = list(range(hosts))
    while any(target[host] == host for host in range(hosts)):
        draw.shuffle(target)
    sender = {there: here for here, there in enumerate(target)}
    payload, header = 4096, 64
    packets = -(-size // payload)
    pace = 8000 // rate  # ps per byte
    full = (payload + header) * pace
    last = (size - (packets - 1) * payload + header) * pace
    ack = 64 * pace
    window = int(1.5 * (4 * (full + ack) + 8 * delay) / full) + 1
    # Ports: host up, leaf down to host, leaf up to spine, spine down to leaf.
    host_up, host_down = [0] * hosts, [0] * hosts
    leaf_up, spine_down = [0] * (leaves * spines), [0] * (spines * leaves)
    sent, arrived = [0] * hosts, [0] * hosts
    heap, order, hops, now = [], 0, 0, 0
    push, pop, below = heapq.heappush, heapq.heappop, draw.random

    def send(host: int, at: int) -> None:
        nonlocal order, hops
        seq = sent[host]
        sent[host] = seq + 1
        time = last if seq == packets - 1 else full
        host_up[host] = leaves_at = max(at, host_up[host]) + time
        order += 1
        hops += 1
        push(heap, (leaves_at + delay, order, 0, host, time, 0))

    for host in range(hosts):
        for _ in range(min(window, packets)):
            send(host, 0)
    while heap:
        now, _, stage, flow, time, way = pop(heap)
        data = time > ack
        here, there = (flow, target[flow]) if data else (target[flow], flow)
        if stage == 0:  # at the sender's leaf
            leaf, other = here // hosts_per_leaf, there // hosts_per_leaf
            if leaf == other:
                host_down[there] = out = max(now, host_down[there]) + time
                stage = 3
            else:
                way = int(below() * spines)
                port = leaf * spines + way
                leaf_up[port] = out = max(now, leaf_up[port]) + time
                stage = 1
        elif stage == 1:  # at a spine
            port = way * leaves + there // hosts_per_leaf
            spine_down[port] = out = max(now, spine_down[port]) + time
            stage = 2
        elif stage == 2:  # at the receiver's leaf
            host_down[there] = out = max(now, host_down[there]) + time
            stage = 3
        else:  # at the host
            if data:
                arrived[flow] += 1
                host_up[there] = out = max(now, host_up[there]) + ack
                stage, time = 0, ack
            else:
                if sent[flow] < packets:
                    send(flow, now)
                continue
        order += 1
        if data and stage:
            hops += 1
        push(heap, (out + delay, order, stage, flow, time, way))
    if any(count != packets for count in arrived) or len(sender) != hosts:
        raise RuntimeError("the heap loop lost packets")
    return hops, now
