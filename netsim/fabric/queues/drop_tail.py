"""First in, first out, with a limit: what does not fit is dropped; long queues may mark.

The queue is the unsent bytes at the port; a packet is marked when it is put into the queue. Hosts'
own ports have no limit: their NICs hand packets over one by one.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import model_validator

from netsim.fabric.kernel.layout import PortLimits
from netsim.fabric.kernel.state import Ints
from netsim.fabric.queues.queue import QueueConfig
from netsim.fields import Config as Block
from netsim.fields import Data, PositiveData, Probability, field, problem
from netsim.registry import register


class EcnConfig(Block):
    """Explicit congestion notification by the length of the queue that a packet meets."""

    kmin: Data = field(description="queue beyond which packets are marked with rising probability")
    kmax: Data | None = field(
        None, description="queue beyond which every packet is marked; default: kmin, a step"
    )
    pmax: Probability = field(1, description="marking probability at kmax")
    mark: Literal["enqueue"] = field("enqueue", description="when the queue is looked at")

    @model_validator(mode="after")
    def _ordered(self) -> Any:
        if self.kmax is not None and self.kmax < self.kmin:
            raise problem("out-of-range", "kmax is below kmin", at=("kmax",), hint="kmin <= kmax")
        return self


@register("queue", "drop_tail")
class DropTail:
    """One FIFO per port with a limit in bytes, and optional marking."""

    source: ClassVar[str] = (
        "RFC 3168, The Addition of Explicit Congestion Notification (ECN) to IP; ramp: S. Floyd, "
        "V. Jacobson, Random Early Detection Gateways for Congestion Avoidance, 1993"
    )

    class Config(QueueConfig):
        """Limit and marking; what is left out is taken as the transport wants it."""

        capacity: PositiveData | None = field(
            None, description="unsent bytes that a port may hold; default: the transport's"
        )
        ecn: EcnConfig | None = field(
            None, description="marking of long queues; default: the transport's"
        )

    @staticmethod
    def limits(config: Config, capacity: Ints | None, mark: Ints | None) -> PortLimits:
        """Return all ports' limits; `capacity`, `mark` are the transport's defaults (bytes)."""
        size = config.capacity if config.capacity is not None else capacity
        if config.ecn is None:
            return PortLimits(size, mark, mark)
        kmax = config.ecn.kmax if config.ecn.kmax is not None else config.ecn.kmin
        return PortLimits(size, config.ecn.kmin, kmax, config.ecn.pmax)
