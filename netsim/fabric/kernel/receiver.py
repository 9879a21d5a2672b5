"""What a receiver has of a flow: packets counted once each, how far out of order, and losses."""

from __future__ import annotations

from netsim.fabric.kernel.flow import fail, over, received
from netsim.fabric.kernel.label import ACK
from netsim.fabric.kernel.lives import leave_network, row_at
from netsim.fabric.kernel.options import ACKNOWLEDGED
from netsim.fabric.kernel.packet import seq_at
from netsim.fabric.kernel.state import (
    ARRIVED,
    DISORDER,
    DONE,
    FLOW,
    HIGH,
    LABEL,
    LOST,
    LOW,
    NEAR_PACKETS,
    NONE,
    ORDER,
    PACKET,
    PACKETS,
    RUNNING,
    STATUS,
    STATUS_MASK,
    State,
)
from netsim.fabric.kernel.watch import note_missing


def count(state: State, flow: int, seq: int, now: int) -> None:
    """Count a data packet that is there for the first time, and how far it is out of order."""
    flows = state.flows
    row = flow * FLOW
    next_highest = flows[row + ORDER] & LOW
    if seq < next_highest:
        flows[row + DISORDER] += 1
        distance = next_highest - 1 - seq
        if distance > flows[row + ORDER] >> HIGH:
            flows[row + ORDER] = distance << HIGH | next_highest
    else:
        flows[row + ORDER] += seq + 1 - next_highest
    flows[row + ARRIVED] += 1
    if flows[row + PACKETS] - (flows[row + ARRIVED] & LOW) == state.fixed[NEAR_PACKETS]:
        note_missing(state, flow, 0)
    if flows[row + ARRIVED] & LOW == flows[row + PACKETS]:
        if not ACKNOWLEDGED:
            over(state, flow, DONE)
        received(state, flow, now)
    elif not ACKNOWLEDGED and flows[row + DISORDER] >> HIGH > 0:
        settle_loss(state, flow, now)


def count_each(state: State, flow: int, packet: int, now: int) -> int:
    """Count every packet and answer none: what a transport does that brings no `receive`."""
    count(state, flow, seq_at(state, packet), now)
    return NONE


def lose(state: State, packet: int, now: int) -> None:
    """Take note of a packet that a full queue refused.

    Without acknowledgements nothing is sent again, so a flow with a loss fails once its last packet
    is accounted for.
    """
    flows = state.flows
    label = state.packets[packet * PACKET + LABEL]
    flow = row_at(state, packet)
    leave_network(state, flow)
    if label & ACK != 0:
        return
    row = flow * FLOW
    flows[row + DISORDER] += 1 << HIGH
    if not ACKNOWLEDGED and flows[row + STATUS] & STATUS_MASK == RUNNING:
        settle_loss(state, flow, now)


def settle_loss(state: State, flow: int, now: int) -> None:
    """Fail an unacknowledged flow whose packets have all arrived or been lost."""
    flows = state.flows
    row = flow * FLOW
    known = (flows[row + ARRIVED] & LOW) + (flows[row + DISORDER] >> HIGH)
    if known == flows[row + PACKETS]:
        fail(state, flow, LOST, now)
