"""How to write a queue: a class of kind ``queue`` that tells what every switch port does.

Its `Config` is a subclass of `QueueConfig`; ``limits(config, capacity, mark) -> PortLimits``
returns the limits of all ports, given the transport's default capacity and marking threshold in
bytes, an array with one entry per link (None: unbounded, unmarked).

A queue with no more than that is served in order, at *plain* ports: they need no event of their
own, so they are fast. One that decides something about each packet brings functions that the kernel
compiles, as static methods, and its ports are *slow* (`netsim.fabric.kernel.slow`):

``admit(state, port, packet, now) -> class``
    when a packet comes: the class in which it waits, from 0 to ``classes - 1``, or `DROP`; it may
    mark the packet (`netsim.fabric.queues.marking`);
``pick(state, port) -> class``
    when the port has sent a packet and others wait: the class that sends next, one in which
    something waits; by default the first one;
``serve(state, port, packet, now)``
    when the port begins to send a packet; it may mark it, by what waits behind;
``left(state, port, packet, now)``
    when the port has sent a packet. A queue without it is faster: then the end of a sending is an
    event only where something waits.

`port` is the number of a link; `netsim.fabric.kernel.waiting` tells what waits there, and
`netsim.fabric.kernel.packet` what a packet is. They are plain functions over the arrays of
`netsim.fabric.kernel.state`, as those of a policy are, and may write the rows of their own switch
alone.

Optional attributes: ``classes``, the number of classes, 1 by default; ``pack(config, network) ->
Numbers`` (`whole` becomes ``state.queue``, `real` ``state.queue_reals``); ``slow(config) ->
SlowPorts``, or None for plain ports, where it depends on the block what ports do.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netsim.fabric.kernel.protocols import HOOKS
from netsim.fabric.transports.transport import Numbers
from netsim.fields import Config

if TYPE_CHECKING:
    from netsim.topology.network import Network


class QueueConfig(Config):
    """Buffers and marking at switch ports."""


@dataclass(frozen=True, slots=True)
class SlowPorts:
    """What the ports of switches do where they act.

    Parameters
    ----------
    owner
        The queue.
    hooks
        Its compiled functions, by the names of hooks.
    classes
        Classes in which packets wait.
    """

    owner: type
    hooks: Mapping[str, Callable[..., Any]]
    classes: int = 1

    def pack(self, config: Any, network: Network) -> Numbers:
        """Return the numbers that the functions read."""
        pack = getattr(self.owner, "pack", None)
        return Numbers() if pack is None else pack(config, network)


def slow_ports(queue: Any, config: Any) -> SlowPorts | None:
    """Return what ports do under the `config` of a registered `queue`, None for plain ports."""
    if hasattr(queue, "slow"):
        chosen: SlowPorts | None = queue.slow(config)
        return chosen
    names = [name for name in HOOKS["queue"] if hasattr(queue, name)]
    hooks = {name: inspect.unwrap(getattr(queue, name)) for name in names}
    return SlowPorts(queue, hooks, getattr(queue, "classes", 1)) if hooks else None
