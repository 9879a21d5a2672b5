"""A constant window per flow: at most `window` bandwidth-delay products are on their way.

Lost packets are found by the retransmission timer alone: under packet spraying an acknowledgement
that overtakes tells nothing about loss. See `selective_repeat` for what is sent again.
"""

from __future__ import annotations

import math
from typing import ClassVar

from netsim.fabric.kernel.classes import number
from netsim.fabric.kernel.packet import seq_at
from netsim.fabric.kernel.state import FLOW, INFLIGHT, State
from netsim.fabric.transports.selective_repeat import (
    NUMBERS,
    default_timeout,
    derived_timeout,
    due,
    give_up,
    note,
    receive,
    ring_for,
    room,
    take,
    tick_of,
    time_out,
)
from netsim.fabric.transports.timer import TimerConfig
from netsim.fabric.transports.transport import Numbers, PathScale
from netsim.fields import field
from netsim.registry import register

WINDOW = NUMBERS


def sendable(state: State, flow: int) -> bool:
    """Return whether the window is open and there is something to send."""
    return state.flows[flow * FLOW + INFLIGHT] < number(state, flow, WINDOW) and room(state, flow)


def acknowledge(state: State, flow: int, packet: int, now: int) -> None:
    """Take note of an acknowledgement; the window does not change."""
    note(state, flow, seq_at(state, packet), now)


def expire(state: State, flow: int, now: int) -> int:
    """Retransmit if there was no progress for a whole timeout."""
    deadline = due(state, flow)
    if deadline == 0 or deadline > now:
        return deadline
    if give_up(state, flow):
        return -1
    return time_out(state, flow, now)


@register("transport", "fixed_window")
class FixedWindow:
    """Keep a constant number of packets in flight; resend lost ones after a timeout."""

    source: ClassVar[str] = (
        "sliding window with selective repeat: A. S. Tanenbaum, Computer Networks, section 3.4; "
        "retransmission timer: RFC 6298"
    )
    acknowledged: ClassVar[bool] = True
    reals: ClassVar[int] = 0
    capacity_bdp: ClassVar[float | None] = 5.0
    mark_bdp: ClassVar[float | None] = None

    class Config(TimerConfig):
        """Window and timer."""

        window: float = field(
            1.5,
            description="window in bandwidth-delay products, rounded up to packets",
            gt=0,
            le=1000,
        )
        # The window never shrinks, so losses last as long as the incast does: senders must try
        # often, and long pauses would leave the port idle. 31 senders of 1 MB at 10 Gb/s end with
        # the port's work with 2 doublings, 17 % later with 3, and 59 % later with 6.
        doublings: int = field(
            2,
            description="how often timeouts in a row double the timeout, at most; 0: constant",
            ge=0,
            le=16,
            source="RFC 6298, section 5.5",
        )
        retries: int = field(
            32, description="timeouts in a row after which a flow fails", ge=1, le=100
        )

    @staticmethod
    def pack(config: Config, path: PathScale) -> Numbers:
        """Return timeout, timeouts in a row, doublings, reach, window in packets."""
        timeout = config.rto if config.rto is not None else default_timeout(path)
        reach, window = FixedWindow.ring(config, path), window_packets(config.window, path)
        return Numbers(
            whole=(timeout, config.retries, config.doublings, reach, window),
            tick=tick_of(timeout),
            timeout=timeout,
            patience=config.retries,
        )

    @staticmethod
    def derived(config: Config, path: PathScale) -> dict[str, tuple[int, str, str]]:
        """Return the window in bytes, and the timeout where none is given."""
        rule = f"{config.window:g} BDP of the flow's path, in full packets"
        window = window_packets(config.window, path) * path.wire
        return {"window": (window, "data", rule), **derived_timeout(config, path)}

    @staticmethod
    def ring(config: Config, path: PathScale) -> int:
        """Return how many packets may be out beyond the oldest one: two windows."""
        return ring_for(2 * window_packets(config.window, path))

    sendable = staticmethod(sendable)
    take = staticmethod(take)
    receive = staticmethod(receive)
    acknowledge = staticmethod(acknowledge)
    expire = staticmethod(expire)


def window_packets(window: float, path: PathScale) -> int:
    """Return `window` bandwidth-delay products in full packets, rounded up."""
    return max(1, math.ceil(window * path.bdp / path.wire))
