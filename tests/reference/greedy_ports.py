"""Greedy ports as the rule says it: at each instant all that wait are tried in order.

A message of `sending`, `lead` and `receiving` time that starts at `t` holds its sender's port
until ``t + sending`` and its receiver's from ``t + lead`` until ``t + lead + receiving``, when it
is there. It starts as soon as it is ready, its sender's port is free, and its receiver's port will
be free of all that started before. At an instant everything that ends comes first; then what waits
is tried in the order (ready, number). A calculation has the same host at both ends and takes the
time `sending`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Message:
    """What is to be sent, or calculated."""

    src: int
    dst: int
    sending: int
    lead: int
    receiving: int
    start: int = 0
    #: Numbers of the messages that it waits for, and how long after each.
    waits: dict[int, int] = field(default_factory=dict)
    #: When it is cancelled, before anything else happens at that instant.
    cancelled: int | None = None


class Play:
    """The state of a run: what is ready, begun and over, and which ports are taken until when."""

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages
        self.ready: list[int | None] = [None] * len(messages)
        self.end: list[int | None] = [None] * len(messages)
        self.begun: list[int | None] = [None] * len(messages)
        self.dropped = [False] * len(messages)
        self.free: dict[int, int] = {}
        self.taken: dict[int, int] = {}
        self.now = 0

    def cancel(self) -> None:
        """Drop what is cancelled now, and what waits for it; its ports are freed."""
        for number, message in enumerate(self.messages):
            end = self.end[number]
            if message.cancelled == self.now and (end is None or end >= self.now):
                self.drop(number)
                begun = self.begun[number]
                if begun is not None and message.src != message.dst:
                    self.stop(message, begun, end)

    def stop(self, message: Message, begun: int, end: int) -> None:
        """Free the ports of a message that is being sent, as far as it has not left."""
        if begun + message.sending > self.now:
            self.free[message.src] = self.now
            if self.taken[message.dst] == end:
                share = message.receiving * (self.now - begun) // message.sending
                self.taken[message.dst] = begun + message.lead + share

    def drop(self, number: int) -> None:
        """Drop a message and all that wait for it."""
        if not self.dropped[number]:
            self.dropped[number] = True
            self.end[number] = None
            for other, message in enumerate(self.messages):
                if number in message.waits:
                    self.drop(other)

    def find_ready(self) -> None:
        """Note what has become ready."""
        for number, message in enumerate(self.messages):
            if self.ready[number] is not None or self.dropped[number]:
                continue
            ends = [self.end[before] for before in message.waits]
            if all(end is not None and end <= self.now for end in ends):
                later = [self.end[before] + lag for before, lag in message.waits.items()]
                self.ready[number] = max([message.start, *later])

    def waiting(self) -> list[int]:
        """Return what is ready now and has not begun, in order."""
        found = [
            (ready, number)
            for number, ready in enumerate(self.ready)
            if ready is not None and ready <= self.now
            if self.begun[number] is None and not self.dropped[number]
        ]
        return [number for _, number in sorted(found)]

    def begin(self) -> bool:
        """Begin what can; return whether anything is over at this very instant."""
        calculations = [n for n in self.waiting() if self.is_calculation(n)]
        for number in calculations:
            self.begun[number] = self.now
            self.end[number] = self.now + self.messages[number].sending
        if calculations:
            # One that takes no time makes others ready before any message starts.
            return True
        over = False
        for number in self.waiting():
            message = self.messages[number]
            if self.earliest(number) <= self.now:
                self.begun[number] = self.now
                self.free[message.src] = self.now + message.sending
                self.end[number] = self.now + message.lead + message.receiving
                self.taken[message.dst] = self.end[number]
                over = over or self.end[number] == self.now
        return over

    def is_calculation(self, number: int) -> bool:
        return self.messages[number].src == self.messages[number].dst

    def earliest(self, number: int) -> int:
        """Return from when on both ports of a message are free for it, as things stand."""
        message = self.messages[number]
        taken = self.taken.get(message.dst, 0) - message.lead
        return max(self.ready[number], self.free.get(message.src, 0), taken)

    def next_instant(self) -> int | None:
        """Return when something happens next, None if nothing does."""
        coming = [end for end in self.end if end is not None]
        for number, message in enumerate(self.messages):
            coming += [message.cancelled] if message.cancelled is not None else []
            waits = self.ready[number] is not None and self.begun[number] is None
            if waits and not self.dropped[number]:
                early = self.ready[number]
                coming.append(early if self.is_calculation(number) else self.earliest(number))
        return min((time for time in coming if time > self.now), default=None)


def play(messages: list[Message]) -> tuple[list[int | None], list[int | None]]:
    """Return when each message became ready, and when it was there; times are in ps."""
    run = Play(messages)
    instant: int | None = 0
    while instant is not None:
        run.now = instant
        run.cancel()
        again = True
        while again:
            run.find_ready()
            again = run.begin()
        instant = run.next_instant()
    return run.ready, run.end
