"""The usual way to write a packet simulator in Python: a heap of events, here as lean as it gets.

Every packet's arrival at every hop is one heap entry; ports use the same departure calculus as
netsim's kernel (no event of their own), windows are counted in packets, every data packet is
acknowledged through the network. It leaves out what netsim also does (loss recovery, reordering and
link statistics, tie order, tables), so it is a generous baseline.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from heapq import heappop, heappush

PAYLOAD, HEADER = 4096, 64


@dataclass(frozen=True)
class Setting:
    """Shape of a leaf-spine, what each host sends, and times in ps."""

    leaves: int
    spines: int
    hosts_per_leaf: int
    packets: int  # of each flow
    full: int  # service time of a packet, of a flow's last one, of an acknowledgement
    last: int
    ack: int
    delay: int
    window: int
    target: list[int]  # by sender


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
    draw = random.Random(1)
    packets = -(-size // PAYLOAD)
    pace = 8000 // rate  # ps per byte
    full = (PAYLOAD + HEADER) * pace
    last = (size - (packets - 1) * PAYLOAD + HEADER) * pace
    ack = HEADER * pace
    window = int(1.5 * (4 * (full + ack) + 8 * delay) / full) + 1
    target = _derangement(leaves * hosts_per_leaf, draw)
    setting = Setting(
        leaves, spines, hosts_per_leaf, packets, full, last, ack, delay, window, target
    )
    heap, host_up, sent, hops = _first_windows(setting)
    arrived, more, now = _run(setting, draw, heap, host_up, sent)
    if any(count != packets for count in arrived):
        raise RuntimeError("the heap loop lost packets")
    return hops + more, now


def _derangement(hosts: int, draw: random.Random):
    target = list(range(hosts))
    while any(target[host] == host for host in range(hosts)):
        draw.shuffle(target)
    return target


def _first_windows(setting: Setting):
    """Return the heap after every host has sent its first window, and what that took."""
    hosts = len(setting.target)
    heap, host_up, sent = [], [0] * hosts, [0] * hosts
    for host in range(hosts):
        for seq in range(min(setting.window, setting.packets)):
            time = setting.last if seq == setting.packets - 1 else setting.full
            host_up[host] += time
            heappush(heap, (host_up[host] + setting.delay, len(heap), 0, host, time, 0))
        sent[host] = min(setting.window, setting.packets)
    return heap, host_up, sent, len(heap)


def _run(setting: Setting, draw: random.Random, heap: list, host_up: list, sent: list):
    """Return packets arrived per flow, links that data took, and the time of the last event."""
    # What the loop reads is local, which is as fast as Python gets.
    leaves, spines, hosts_per_leaf = setting.leaves, setting.spines, setting.hosts_per_leaf
    packets, full, last, ack = setting.packets, setting.full, setting.last, setting.ack
    delay, target = setting.delay, setting.target
    push, pop, below = heappush, heappop, draw.random
    # Ports: leaf down to host, leaf up to spine, spine down to leaf.
    host_down, arrived = [0] * len(target), [0] * len(target)
    leaf_up, spine_down = [0] * (leaves * spines), [0] * (spines * leaves)
    order, hops, now = len(heap), 0, 0
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
        elif data:  # at the receiver, which acknowledges
            arrived[flow] += 1
            host_up[there] = out = max(now, host_up[there]) + ack
            stage, time, data = 0, ack, False
        elif sent[flow] < packets:  # at the sender, whose window has room again
            sent[flow] += 1
            time = last if sent[flow] == packets else full
            host_up[there] = out = max(now, host_up[there]) + time
            stage, data = 0, True
        else:
            continue
        order += 1
        if data:
            hops += 1
        push(heap, (out + delay, order, stage, flow, time, way))
    return arrived, hops, now
