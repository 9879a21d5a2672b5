"""First in, first out, with a limit: what does not fit is dropped; long queues may mark.

The queue is the unsent bytes at the port; a packet is marked when it is put into the queue, or when
the port begins to send it. Hosts' own ports have no limit: their NICs hand packets over one by one.

Ports are plain, which is fastest, unless something has to be decided when a packet leaves: marks on
the way out, or which class comes next. `netsim.fabric.queues.limited` and
`netsim.fabric.queues.classes` hold what slow ports do then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import model_validator

from netsim.fabric.kernel.layout import PortLimits
from netsim.fabric.kernel.state import Ints
from netsim.fabric.queues import classes, limited
from netsim.fabric.queues.queue import QueueConfig, SlowPorts
from netsim.fabric.transports.transport import Numbers
from netsim.fields import Config as Block
from netsim.fields import Data, PositiveData, Probability, field, problem
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.topology.network import Network


class EcnConfig(Block):
    """Explicit congestion notification by the length of the queue that a packet meets."""

    kmin: Data = field(description="queue beyond which packets are marked with rising probability")
    kmax: Data | None = field(
        None, description="queue beyond which every packet is marked; default: kmin, a step"
    )
    pmax: Probability = field(1, description="marking probability at kmax")
    mark: Literal["enqueue", "dequeue"] = field(
        "enqueue",
        description="when the queue is looked at: as a packet is put into it, or as the port "
        "begins to send the packet, by what waits behind",
    )

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
        classes: Literal["strict"] | None = field(
            None,
            description="strict: acknowledgements before data, each class with the port's whole "
            "capacity; default: one class",
        )

    @staticmethod
    def limits(config: Config, capacity: Ints | None, mark: Ints | None) -> PortLimits:
        """Return all ports' limits; `capacity`, `mark` are the transport's defaults (bytes)."""
        size = config.capacity if config.capacity is not None else capacity
        if config.ecn is None:
            return PortLimits(size, mark, mark)
        kmax = config.ecn.kmax if config.ecn.kmax is not None else config.ecn.kmin
        return PortLimits(size, config.ecn.kmin, kmax, config.ecn.pmax)

    @staticmethod
    def slow(config: Config) -> SlowPorts | None:
        """Return what ports do that act, None if they only have to keep the order."""
        on_exit = config.ecn is not None and config.ecn.mark == "dequeue"
        hooks: dict[str, Any] = {"serve": limited.mark_on_exit} if on_exit else {}
        if config.classes is not None:
            return SlowPorts(DropTail, {"admit": classes.admit, **hooks}, classes.CLASSES)
        return SlowPorts(DropTail, {"admit": limited.admit, **hooks}) if on_exit else None

    @staticmethod
    def pack(config: Config, network: Network) -> Numbers:
        """Return whether slow ports mark packets on the way in."""
        on_exit = config.ecn is not None and config.ecn.mark == "dequeue"
        return Numbers(whole=(int(not on_exit),))
