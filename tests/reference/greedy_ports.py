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


def play(messages: list[Message]) -> tuple[list[int], list[int]]:
    """Return when each message became ready, and when it was there; times are in ps."""
    ready: list[int | None] = [None] * len(messages)
    end: list[int | None] = [None] * len(messages)
    begun = [False] * len(messages)
    free: dict[int, int] = {}
    taken: dict[int, int] = {}
    now = 0
    while True:
        for number, message in enumerate(messages):
            done = [end[before] for before in message.waits]
            if ready[number] is None and all(time is not None and time <= now for time in done):
                later = (end[before] + lag for before, lag in message.waits.items())
                ready[number] = max([message.start, *later])
        waiting = sorted((ready[n], n) for n in range(len(messages)) if ready[n] is not None)
        started = False
        for instant, number in waiting:
            message = messages[number]
            if begun[number] or instant > now:
                continue
            if message.src == message.dst:
                begun[number], end[number] = True, now + message.sending
                started = True
        if started:
            # A calculation that takes no time makes others ready before any message starts.
            continue
        for instant, number in waiting:
            message = messages[number]
            if begun[number] or instant > now or not _fits(message, free, taken, now):
                continue
            begun[number] = True
            free[message.src] = now + message.sending
            taken[message.dst] = now + message.lead + message.receiving
            end[number] = taken[message.dst]
            started = started or end[number] == now
        if started:
            continue
        coming = [time for time in end if time is not None and time > now]
        for number, message in enumerate(messages):
            if ready[number] is not None and not begun[number]:
                at = ready[number]
                if message.src != message.dst:
                    at = max(
                        at,
                        free.get(message.src, 0),
                        taken.get(message.dst, 0) - message.lead,
                    )
                coming.append(at)
        coming = [time for time in coming if time > now]
        if not coming:
            return ready, end
        now = min(coming)


def _fits(message: Message, free: dict[int, int], taken: dict[int, int], now: int) -> bool:
    """Return whether both ports are free for `message`."""
    return free.get(message.src, 0) <= now and taken.get(message.dst, 0) <= now + message.lead
