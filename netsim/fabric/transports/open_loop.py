"""Senders at line rate, without windows, acknowledgements or recovery: the exact mode."""

from __future__ import annotations

from typing import ClassVar, Literal

from netsim.fabric.kernel.label import label_of
from netsim.fabric.kernel.state import FLOW, PACKETS, SENT, State
from netsim.fabric.transports.transport import Numbers, PathScale, TransportConfig
from netsim.fields import field
from netsim.registry import register


def sendable(state: State, flow: int) -> bool:
    """Return whether packets are left."""
    flows = state.flows
    return flows[flow * FLOW + SENT] < flows[flow * FLOW + PACKETS]


def take(state: State, flow: int, now: int) -> int:
    """Return the label of the next packet."""
    flows = state.flows
    seq = flows[flow * FLOW + SENT]
    flows[flow * FLOW + SENT] = seq + 1
    return label_of(flow, seq, 0)


@register("transport", "open_loop")
class OpenLoop:
    """Send at line rate into unbounded queues; nothing comes back, so `end_tx` is unknown."""

    source: ClassVar[str] = (
        "queueing theory: each port serves arrivals in order, D_i = max(A_i, D_(i-1)) + x_i "
        "(Lindley 1952)"
    )
    acknowledged: ClassVar[bool] = False
    reals: ClassVar[int] = 0
    capacity_bdp: ClassVar[float | None] = None
    mark_bdp: ClassVar[float | None] = None

    class Config(TransportConfig):
        """No window to set."""

        nic: Literal["rr", "fifo"] = field(
            "fifo",
            description="order at the sender: by (start, flow), or one packet per flow in turn",
        )

    @staticmethod
    def pack(config: Config, path: PathScale) -> Numbers:
        """Return the numbers that the compiled functions read: none."""
        return Numbers()

    @staticmethod
    def ring(config: Config, path: PathScale) -> int:
        """Return how many packets may be out beyond the oldest one: it does not matter."""
        return 0

    sendable = staticmethod(sendable)
    take = staticmethod(take)
