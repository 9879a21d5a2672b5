"""Fields of a transport that finds losses by a retransmission timer (RFC 6298)."""

from __future__ import annotations

from netsim.fabric.transports.transport import TransportConfig
from netsim.fields import PositiveTime, field


class TimerConfig(TransportConfig):
    """How long a sender waits for an acknowledgement, how often, and how patience grows."""

    rto: PositiveTime | None = field(
        None,
        description="first retransmission timeout; default: 15 us or a base round trip, "
        "whichever is longer, plus six times the time to drain a full queue",
    )
    doublings: int = field(
        6,
        description="how often timeouts in a row double the timeout, at most; 0: constant",
        ge=0,
        le=16,
        source="RFC 6298, section 5.5",
    )
    retries: int = field(16, description="timeouts in a row after which a flow fails", ge=1, le=100)
