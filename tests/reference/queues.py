"""Switch ports at which packets wait in lists, one per class: the plain twin of queues that act.

A port sends one packet at a time; each end of a sending is an event, before what arrives at that
instant. A queue says in which class a packet waits, or that it is dropped, which class sends next,
and what happens to a packet that begins to be sent. What waits is looked through each time.
"""

from __future__ import annotations

import heapq

from reference.fabric import DONE, Simulator


class Port:
    def __init__(self, classes):
        self.waiting = [[] for _ in range(classes)]
        self.sending = None
        """(class, packet) until it has been sent."""


class Fifo:
    """One class with the limit of its link; marks on the way in, or on the way out."""

    classes = 1

    def __init__(self, mark="enqueue"):
        self.mark = mark

    def attach(self, simulator):
        self.simulator = simulator

    def kind(self, packet):
        return 0

    def admit(self, number, packet, now):
        """Return the class, None if there is no room."""
        simulator, link, kind = self.simulator, self.simulator.net.links[number], self.kind(packet)
        before = simulator.unsent(number, kind, now)
        needed = simulator.service(link, packet.size)
        if link.capacity is not None and before + needed > simulator.span(link, link.capacity):
            return None
        if self.mark == "enqueue":
            self.judge(number, packet, before)
        return kind

    def judge(self, number, packet, wait):
        link = self.simulator.net.links[number]
        if link.mark is not None and self.simulator.marks(number, link, packet, wait):
            packet.marked = True
            link.marks += 1

    def pick(self, port):
        return next(kind for kind, waiting in enumerate(port.waiting) if waiting)

    def serve(self, number, kind, packet, now):
        if self.mark == "dequeue":
            link, port = self.simulator.net.links[number], self.simulator.acting[number]
            behind = sum(
                self.simulator.service(link, other.size) for other, _ in port.waiting[kind]
            )
            self.judge(number, packet, behind)


class ControlFirst(Fifo):
    """Acknowledgements before data, each with the whole limit."""

    classes = 2

    def kind(self, packet):
        return 0 if packet.ack else 1


class ActingSimulator(Simulator):
    """A simulator whose switches have ports that act as `queue` says."""

    def __init__(self, *arguments, queue, **options):
        self.queue = queue
        self.acting = {}
        super().__init__(*arguments, **options)
        queue.attach(self)
        for number, link in enumerate(self.net.links):
            if link.source >= self.net.hosts:
                self.acting[number] = Port(queue.classes)

    def unsent(self, number, kind, now):
        """Return the time that the packets of a class still take, of the one sent what is left."""
        link, port = self.net.links[number], self.acting[number]
        total = sum(self.service(link, packet.size) for packet, _ in port.waiting[kind])
        if port.sending is not None and port.sending[0] == kind:
            total += link.free_at - now
        return total

    def enqueue(self, number, packet, now):
        if number not in self.acting:
            super().enqueue(number, packet, now)
            return
        link, port = self.net.links[number], self.acting[number]
        kind = self.queue.admit(number, packet, now)
        if kind is None:
            link.drops += 1
            if not packet.ack:
                self.flows[packet.flow].drops += 1
            return
        link.bytes += packet.size
        if not packet.ack:
            link.packets += 1
            self.packet_hops += 1
        port.waiting[kind].append((packet, now))
        if port.sending is None:
            self.send_next(number, now)

    def sent(self, number, now):
        port = self.acting[number]
        port.sending = None
        if any(port.waiting):
            self.send_next(number, now)

    def send_next(self, number, now):
        link, port = self.net.links[number], self.acting[number]
        kind = self.queue.pick(port)
        packet, since = port.waiting[kind].pop(0)
        port.sending = kind, packet
        needed = self.service(link, packet.size)
        link.free_at = now + needed
        link.busy += needed
        if not packet.ack:
            link.wait_max = max(link.wait_max, now - since)
        self.queue.serve(number, kind, packet, now)
        switch = link.target - self.net.hosts
        latency = self.net.latency[switch] if switch >= 0 else 0
        self.travel(number, packet, link.free_at + link.delay + latency)
        heapq.heappush(self.heap, (link.free_at, DONE, number))
