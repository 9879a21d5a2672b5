"""Data Center TCP (RFC 8257), counted in full packets.

The receiver echoes each packet's congestion mark with its own acknowledgement, so the sender knows
exactly which packets were marked (section 3.2 of the RFC with one acknowledgement per packet). At
the sender, section 3.3:

* over an *observation window*, which ends when all packets are acknowledged that had been sent at
  its start, it takes the share F of marked among acknowledged packets, and ``alpha = (1 - g) alpha
  + g F``; alpha starts at 1;
* on a mark, at most once per window of data, ``cwnd *= 1 - alpha / 2`` and ``ssthresh = cwnd``;
  until that window is acknowledged the window does not grow;
* otherwise slow start (one packet per acknowledgement) below ssthresh and one packet per round trip
  above it;
* loss is answered as in TCP (section 3.5, RFC 5681): a packet counts as lost when one
  `dup_threshold` indices above it has been acknowledged (forward acknowledgement, Mathis & Mahdavi
  1996); the window is then halved, at most once per window of data. A timeout sets it to one
  packet, ssthresh to half of what was in flight, and doubles (RFC 6298).

Under packet spraying, overtaking looks like loss; a larger `dup_threshold`, or 0 for none, avoids
false alarms.
"""

from __future__ import annotations

from typing import ClassVar

from netsim.fabric.kernel.classes import number, real
from netsim.fabric.kernel.packet import marked_at, seq_at
from netsim.fabric.kernel.state import (
    ACKED,
    COVERED,
    FLOW,
    HIGH,
    INFLIGHT,
    LOW,
    REPAIR,
    SENT,
    State,
)
from netsim.fabric.transports.selective_repeat import (
    NUMBERS,
    default_timeout,
    derived_timeout,
    due,
    give_up,
    note,
    outstanding,
    receive,
    ring_for,
    room,
    take,
    tick_of,
    time_out,
)
from netsim.fabric.transports.timer import TimerConfig
from netsim.fabric.transports.transport import Numbers, PathScale
from netsim.fields import Probability, field
from netsim.registry import register

DUP_THRESHOLD = NUMBERS

# Real numbers that `pack` gives
GAIN = 0
START_WINDOW = 1
MOST_WINDOW = 2

# Numbers per flow in state.reals; packet indices and counts are exact in them.
ALPHA = 0
WINDOW = 1
THRESHOLD = 2
OBSERVED_TO = 3
HELD_TO = 4
TALLY = 5
"""Acknowledged packets of the observation window, plus `MARKED` for each marked one."""
REALS = 6
MARKED = float(1 << 24)


def begin(state: State, flow: int, now: int) -> None:
    """Start with the initial window, in slow start, with alpha = 1."""
    reals = state.reals
    row = flow * REALS
    reals[row + ALPHA] = 1.0
    reals[row + WINDOW] = real(state, flow, START_WINDOW)
    reals[row + THRESHOLD] = real(state, flow, MOST_WINDOW)


def sendable(state: State, flow: int) -> bool:
    """Return whether the window has room for a whole packet and there is one."""
    inflight = state.flows[flow * FLOW + INFLIGHT]
    return inflight + 1 <= state.reals[flow * REALS + WINDOW] and room(state, flow)


def acknowledge(state: State, flow: int, packet: int, now: int) -> None:
    """Count the acknowledgement, then shrink or grow the window."""
    seq = seq_at(state, packet)
    marked = marked_at(state, packet)
    if not note(state, flow, seq, now):
        return
    reals = state.reals
    row = flow * REALS
    acked = state.flows[flow * FLOW + ACKED]
    reals[row + TALLY] += 1.0 + MARKED if marked else 1.0
    held = acked < reals[row + HELD_TO]
    if lost(state, flow, seq) and not held:
        reduce(state, flow, 0.5)
    elif marked and not held:
        reduce(state, flow, 1.0 - reals[row + ALPHA] / 2.0)
    elif not held and not marked:
        grow(state, flow)
    if acked > reals[row + OBSERVED_TO]:
        observe(state, flow)


def observe(state: State, flow: int) -> None:
    """End an observation window: update alpha (RFC 8257, section 3.3, step 7)."""
    reals = state.reals
    row = flow * REALS
    gain = real(state, flow, GAIN)
    marked = reals[row + TALLY] // MARKED
    share = marked / (reals[row + TALLY] - marked * MARKED)
    reals[row + ALPHA] = (1.0 - gain) * reals[row + ALPHA] + gain * share
    reals[row + TALLY] = 0.0
    reals[row + OBSERVED_TO] = state.flows[flow * FLOW + SENT]


def reduce(state: State, flow: int, factor: float) -> None:
    """Shrink the window once for the data that is out now."""
    reals = state.reals
    row = flow * REALS
    reals[row + WINDOW] = max(1.0, reals[row + WINDOW] * factor)
    reals[row + THRESHOLD] = reals[row + WINDOW]
    reals[row + HELD_TO] = state.flows[flow * FLOW + SENT]


def grow(state: State, flow: int) -> None:
    """Open the window: slow start below the threshold, else one packet per round trip."""
    reals = state.reals
    row = flow * REALS
    window = reals[row + WINDOW]
    window += 1.0 if window < reals[row + THRESHOLD] else 1.0 / window
    reals[row + WINDOW] = min(window, real(state, flow, MOST_WINDOW))


def lost(state: State, flow: int, seq: int) -> bool:
    """Take for lost what lies the threshold below the highest acknowledged; tell if any is new."""
    threshold = number(state, flow, DUP_THRESHOLD)
    row = flow * FLOW
    flows = state.flows
    highest = max(flows[row + COVERED] >> HIGH, seq + 1)
    flows[row + COVERED] = highest << HIGH | (flows[row + COVERED] & LOW)
    if threshold == 0:
        return False
    end = flows[row + REPAIR] >> HIGH
    first = max(end, flows[row + ACKED])
    limit = highest - threshold
    if limit <= first:
        return False
    missing = outstanding(state, flow, first, limit)
    start = flows[row + REPAIR] & LOW
    flows[row + REPAIR] = limit << HIGH | (start if start < end else first)
    flows[row + INFLIGHT] -= missing
    return missing > 0


def expire(state: State, flow: int, now: int) -> int:
    """On a timeout fall back to one packet (RFC 5681, equation 4)."""
    reals = state.reals
    deadline = due(state, flow)
    if deadline == 0 or deadline > now:
        return deadline
    if give_up(state, flow):
        return -1
    row = flow * REALS
    flying = state.flows[flow * FLOW + INFLIGHT]
    reals[row + THRESHOLD] = max(flying / 2.0, 2.0)
    reals[row + WINDOW] = 1.0
    deadline = time_out(state, flow, now)
    reals[row + HELD_TO] = 0.0
    return deadline


@register("transport", "dctcp")
class Dctcp:
    """Shrink the window by the share of marked packets, once per window of data."""

    source: ClassVar[str] = "RFC 8257, Data Center TCP (DCTCP)"
    acknowledged: ClassVar[bool] = True
    reals: ClassVar[int] = REALS
    capacity_bdp: ClassVar[float | None] = 5.0
    mark_bdp: ClassVar[float | None] = 0.17

    class Config(TimerConfig):
        """Gain, windows, loss recovery."""

        g: Probability = field(
            0.0625,
            description="weight of the newest window in alpha",
            source="RFC 8257, section 4.2",
        )
        start_window: int = field(
            10, description="initial window in packets", ge=1, le=10_000, source="RFC 6928"
        )
        max_window: float = field(
            4.0, description="largest window in bandwidth-delay products", gt=0, le=1000
        )
        dup_threshold: int = field(
            3,
            description="a packet is lost once one this far above is acknowledged; 0: never",
            ge=0,
            le=100_000,
            source="RFC 6675",
        )

    @staticmethod
    def pack(config: Config, path: PathScale) -> Numbers:
        """Return timer and loss detection as integers, gain and windows as reals."""
        timeout = config.rto if config.rto is not None else default_timeout(path)
        timer = timeout, config.retries, config.doublings
        most = max(float(config.start_window), config.max_window * path.bdp / path.wire)
        return Numbers(
            whole=(*timer, Dctcp.ring(config, path), config.dup_threshold),
            real=(float(config.g), float(config.start_window), most),
            tick=tick_of(timeout),
            timeout=timeout,
            patience=config.retries,
        )

    @staticmethod
    def loss_by_order(config: Config) -> int:
        """Return how many packets out of order are taken for a loss; 0: none."""
        return config.dup_threshold

    @staticmethod
    def derived(config: Config, path: PathScale) -> dict[str, tuple[int, str, str]]:
        """Return the largest window, and the timeout where none is given."""
        most = max(float(config.start_window), config.max_window * path.bdp / path.wire)
        rule = f"{config.max_window:g} BDP of the flow's path, at least the start window"
        return {
            "max_window": (int(most * path.wire), "data", rule),
            **derived_timeout(config, path),
        }

    @staticmethod
    def ring(config: Config, path: PathScale) -> int:
        """Return how many packets may be out beyond the oldest one: the largest window."""
        largest = max(float(config.start_window), config.max_window * path.bdp / path.wire)
        return ring_for(int(largest) + 1)

    begin = staticmethod(begin)
    sendable = staticmethod(sendable)
    take = staticmethod(take)
    receive = staticmethod(receive)
    acknowledge = staticmethod(acknowledge)
    expire = staticmethod(expire)
