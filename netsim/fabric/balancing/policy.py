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
    `switch` counts switches from 0. Read the packet with `flow_of`, `seq_of`, `retry_of`, `is_ack`,
    `counter_of` of its label and with `tag_of`. A port's unsent backlog is ``max(0,
    state.links[link * LINK + FREE_AT] - now)`` (ps).
``tag(state, flow, label, now) -> number``, optional
    asked at the host for every packet that it sends, acknowledgements included: up to 32 bits that
    the packet carries for `choose` (a path, an entropy).

Optional attributes: ``pack(config) -> Numbers`` (`whole` becomes ``state.policy``, `real`
``state.policy_reals``);
``one_path = True`` tells that all packets of a flow take one of its equal paths (its window then
counts on the rate of one, otherwise of all);
``every_hop = True`` asks `choose` at switches with one port as well; ``flow_row`` and
``switch_row`` give the numbers of int64 that it keeps per flow, ``state.policy_flows[flow *
flow_row + i]``, and per switch and destination leaf,
``state.policy_switches[(switch * leaves + leaf) * switch_row + i]``; ``paths`` is ``"all"`` if it
wants explicit paths in the rows `PATH` of its flows, ``"given"`` if each flow must bring its own.

The functions are plain Python over the arrays of `netsim.fabric.kernel.state`: integers, no
exceptions, no allocation, no module state; constants of a module, and what a function closes over,
are read once, when the kernel is compiled. An answer of another type is refused then; a position
that is not among those offered (of a policy with paths: no port of this switch), or a tag beyond 32
bits, ends the run with the function's file and line. Random numbers come from `random_bits`, which
depends on packet and switch alone.
"""

from __future__ import annotations

from typing import Any

from netsim.fabric.kernel.hashing import draw
from netsim.fabric.kernel.label import TARGET_BITS, TARGET_MASK, counter_of, flow_of
from netsim.fabric.kernel.state import LABEL, PACKET, POLICY_KEY, ROUTE, State
from netsim.fields import Config


class RoutingConfig(Config):
    """How packets choose among equal paths."""


def label_at(state: State, packet: int) -> int:
    """Return the label of a packet."""
    return int(state.packets[packet * PACKET + LABEL])


def tag_of(state: State, packet: int) -> int:
    """Return what the policy's `tag` gave the packet at its host."""
    return int(state.packets[packet * PACKET + ROUTE] >> TARGET_BITS)


def retag(state: State, packet: int, value: int) -> None:
    """Replace a packet's tag."""
    cell = packet * PACKET + ROUTE
    state.packets[cell] = value << TARGET_BITS | (state.packets[cell] & TARGET_MASK)


def random_bits(state: State, label: int, place: int) -> Any:
    """Return 64 random bits for one packet at one place (a switch), whenever they are asked for.

    The entity is ``place << 28 | flow``, the counter `counter_of(label)`.
    """
    entity = place << 28 | flow_of(label)
    return draw(state.fixed[POLICY_KEY], entity, counter_of(label))
