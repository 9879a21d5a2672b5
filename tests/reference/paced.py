"""A windowed transport with a pace: marks lengthen the gap between packets, replies shorten it."""

from __future__ import annotations

from reference.fabric import FixedWindow


class Paced(FixedWindow):
    """A packet is sent a gap after the one before, whatever moves the gap in the meantime."""

    def __init__(self, numbers, *, gap, least, most, step, **options):
        super().__init__(numbers, **options)
        self.gap, self.least, self.most, self.step = gap, least, most, step

    def begin(self, flow, now):
        super().begin(flow, now)
        flow.sender.gap, flow.sender.last = self.gap, now - self.gap

    def next_time(self, flow, now):
        return flow.sender.last + flow.sender.gap

    def take(self, flow, now):
        flow.sender.last = now
        return super().take(flow, now)

    def acknowledged(self, flow, packet, now):
        sender = flow.sender
        if packet.marked:
            sender.gap = min(2 * sender.gap, self.most)
        else:
            sender.gap = max(sender.gap - self.step, self.least)
        return super().acknowledged(flow, packet, now)
