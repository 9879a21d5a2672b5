"""How to write a routing policy: one file, one class, one function.

::

    from netsim.fabric.balancing.policy import Draws, RoutingConfig
    from netsim.fabric.transports.transport import Numbers
    from netsim.registry import register

    def choose(state, packet, switch, first, n, now):
        return first + n - 1

    @register("routing", "last")
    class LastPort:
        \"\"\"Always take the last of the equal ports.\"\"\"

        source = "an example"

        class Config(RoutingConfig):
            \"\"\"Nothing to set.\"\"\"

        choose = staticmethod(choose)

From then on ``routing: {policy: last}`` is valid. A package of its own names the module in the
entry-point group
``netsim.plugins``.

A policy is a class registered under kind ``routing`` with a docstring, ``Config`` (a subclass of
`RoutingConfig`),
``source`` (the paper that it follows) and functions that the kernel compiles, as static methods:

``choose(state, packet, switch, first, n, now) -> position``
    asked at each switch with more than one equal port towards the packet's destination. `first` to
    ``first + n - 1`` are the positions of those ports, whose links are ``state.ports[position]``;
    `switch` counts switches from 0. Read the packet with the accessors of
    `netsim.fabric.kernel.packet` (`label_at`, `tag_at`), and its label with `flow_of`, `seq_of`,
    `retry_of`, `is_ack`, `counter_of`; `unsent` gives a port's backlog. The function may write the
    rows of its own switch and read its own switch's ports, and nothing of other nodes.

and of the following what it needs; those at a host may write the rows of their flow:

``open(state, flow, now)``
    at the sender, when a flow starts;
``tag(state, flow, label, now) -> number``
    at the host for every packet that it sends, replies included: up to 32 bits that the packet
    carries for `choose` (a path, an entropy). For a reply it runs at the receiver, so it must not
    write the flow's row then;
``echo(state, packet, now) -> number``
    at the receiver: what the reply to a data packet brings back, read with `echo_at`; by default
    the packet's tag;
``feedback(state, flow, packet, now)``
    at the sender, for each reply, before the transport sees it: `marked_at`, `echo_at`, and
    ``now - sent_at(state, packet)``, the packet's round trip;
``setback(state, flow, now)``
    at the sender, when the flow has timed out.

Optional attributes: ``pack(config, network) -> Numbers`` (`whole` becomes ``state.policy``, `real`
``state.policy_reals``);
``reads_no_ports = True`` tells that `choose` reads no port, which lets switches handle packets
faster; ``every_hop = True`` asks `choose` at switches with one port as well; ``flow_row`` and
``switch_row`` give the numbers of int64 that it keeps per flow, ``state.policy_flows[flow *
flow_row + i]``, and per switch and destination leaf,
``state.policy_switches[(switch * leaves + leaf) * switch_row + i]``; ``paths`` is ``"all"`` if it
wants explicit paths in the rows `PATH` of its flows, ``"given"`` if each flow must bring its own.

The functions are plain Python over the arrays of `netsim.fabric.kernel.state`: integers, no
exceptions, no allocation, no module state; constants of a module, and what a function closes over,
are read once, when the kernel is compiled. `flow` is a row, which serves another flow when this one
is over; its number is ``flow_of(label)``, and what is drawn or compared goes by that. An answer of
another type is refused then; a position that is not among those offered (of a policy with paths: no
port of this switch), or a tag beyond 32 bits, ends the run with the function's file and line.
Random numbers come from `random_bits`, which depends on packet and switch alone.
"""

from __future__ import annotations

from typing import Any

from netsim.fabric.kernel.hashing import draw
from netsim.fabric.kernel.label import counter_of, flow_of
from netsim.fabric.kernel.state import POLICY_KEY, State
from netsim.fields import Config


class RoutingConfig(Config):
    """How packets choose among equal paths."""


def random_bits(state: State, label: int, place: int) -> Any:
    """Return 64 random bits for one packet at one place (a switch), whenever they are asked for.

    The entity is ``place << 28 | flow``, the counter `counter_of(label)`.
    """
    entity = place << 28 | flow_of(label)
    return draw(state.fixed[POLICY_KEY], entity, counter_of(label))
