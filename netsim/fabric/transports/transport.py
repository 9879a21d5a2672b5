"""How to write a transport: one file, one class, a few functions.

A transport is a class registered under kind ``transport`` with

``Config``
    a subclass of `TransportConfig` with its fields; of `netsim.fabric.transports.timer`'s
    `TimerConfig` if it has a retransmission timer;
``source``
    the paper or RFC that it follows;
``acknowledged``
    whether receivers acknowledge each data packet (64 B, back through the network);
``pack(config, path) -> Numbers``
    what its functions read of flows on such a path, as numbers, always as many: `whole` (int64)
    through ``number(state, flow, i)``, `real` through ``real(state, flow, i)``, both of
    `netsim.fabric.kernel.classes`;
``ring(config, path) -> int``
    how many packets may be out beyond the oldest one: a power of two from 64 on, or 0 (any);
``reals``
    how many float64 numbers it keeps per flow, in ``state.reals[flow * reals + i]`` (at most 16);
``capacity_bdp``, ``mark_bdp``
    its default queue in bandwidth-delay products of the port: None is unbounded, None is unmarked;

it may also have

``derived(config, path) -> {field: (value, dimension, rule)}``
    what fields come to that depend on the path, to be shown;
``loss_by_order(config) -> int``
    how many packets out of order it takes for a loss, 0 if none: then a policy that sprays is
    warned of;

and functions that the kernel compiles, as static methods. All times are integer picoseconds.

``begin(state, flow, now)``
    prepare the flow's row when it starts;
``sendable(state, flow) -> bool``
    whether a packet may be sent now;
``take(state, flow, now) -> label``
    choose the packet to send, count it, and arm the timer if need be;
``receive(state, flow, packet, now) -> label``
    at the receiver: take a data packet in (`netsim.fabric.kernel.receiver.count` counts one that is
    there for the first time) and return the label of the reply, or NONE; a reply's label is one of
    the flow with the bit `ACK`;
``acknowledge(state, flow, packet, now)``
    at the sender: take note of a reply, read with the accessors of `netsim.fabric.kernel.packet`
    (`seq_at`, `marked_at`, `sent_at`); when ``flows[ACKED]`` reaches ``flows[PACKETS]``
    the flow is done;
``expire(state, flow, now) -> deadline``
    on a timer: return the next deadline, 0 for none, -1 to give the flow up;
``next_time(state, flow, now) -> time``
    for a flow that may send: the earliest time at which it may do so, to the picosecond; now or
    before means at once. It is asked again then, and whenever something happens at the sender.

`flow` is the flow's row, which serves another one later. ``label_of(flow, ...)`` makes a label of
it; labels of packets hold the flow's number instead, which the kernel puts in. A label of another
flow or beyond its last packet, and a deadline that does not lie ahead, end the
run with the function's file and line. They are plain functions over the arrays of
`netsim.fabric.kernel.state`: integers, no exceptions, no allocation. `sendable` and `take` are
needed; others that a transport leaves out are taken from
`netsim.fabric.kernel.plugs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netsim.fields import Config, field


class TransportConfig(Config):
    """How senders pace, and recover what is lost."""

    nic: Literal["rr", "fifo"] = field(
        "rr",
        description="order at the sender: one packet per ready flow in turn, or by (start, flow)",
    )


@dataclass(frozen=True, slots=True)
class Numbers:
    """What compiled functions read of a config."""

    whole: tuple[int, ...] = ()
    real: tuple[float, ...] = ()
    tick: int = 1
    """Timers are rounded up to whole ticks (ps)."""
    timeout: int = 0
    """Least time (ps) from the start of a timer to its end."""
    patience: int = 0
    """Timeouts in a row, as `RESENT` counts them, that no flow is given up for. The simulation is
    slower where a timer may end a flow, so 0, which is always right, costs speed."""


@dataclass(frozen=True, slots=True)
class PathScale:
    """Sizes that the defaults of a flow are measured by, of its own path.

    Parameters
    ----------
    rtt
        Base round-trip time (ps): service of a full packet and propagation on every link there, of
        an acknowledgement on every link back, no queues.
    bdp
        Bandwidth-delay product (bytes): what a lone flow can get (`netsim.fabric.flow_scale`) times
        `rtt`.
    wire
        Wire size of a full data packet (bytes).
    drain
        Time (ps) in which the slowest port of the path sends a full queue; 0 if queues are
        unbounded.
    """

    rtt: int
    bdp: int
    wire: int
    drain: int = 0
