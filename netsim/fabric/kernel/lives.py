"""Rows of flows are used again: a flow's number is not its row, and its packets are counted.

A row is free for another flow when its flow is over and none of its packets is on its way. So that
this changes no result, whatever is compared or drawn goes by the flow's *number*, in the order in
which flows were handed in: labels of packets hold it, and ties are broken by it. A packet carries
the row as well, above its size, so that hosts need not look for it.

Looking numbers up in a table of hashes instead would take no cells of packets, but a look at every
host; counting no packets and comparing numbers when one arrives would be cheaper still, but a
receiver answers duplicates of a flow that is done, for which it needs the row.
"""

from __future__ import annotations

from netsim.fabric.kernel.label import FLOW_SHIFT
from netsim.fabric.kernel.state import FLOW, HIGH, IDENTITY, LOW, PACKET, WIRE, State

BELOW_FLOW = (1 << FLOW_SHIFT) - 1


def flow_number(state: State, flow: int) -> int:
    """Return the number of the flow in the row `flow`."""
    return state.flows[flow * FLOW + IDENTITY] & LOW


def row_at(state: State, packet: int) -> int:
    """Return the row of a packet's flow."""
    return state.packets[packet * PACKET + WIRE] >> HIGH


def labelled(state: State, flow: int, label: int) -> int:
    """Return `label` with the number of the flow in the row `flow`."""
    return flow_number(state, flow) << FLOW_SHIFT | label & BELOW_FLOW


def enter_network(state: State, flow: int) -> None:
    """Count a packet of `flow` that is on its way from now on."""
    state.flows[flow * FLOW + IDENTITY] += 1 << HIGH


def leave_network(state: State, flow: int) -> None:
    """Count a packet of `flow` that is not on its way any more."""
    state.flows[flow * FLOW + IDENTITY] -= 1 << HIGH
