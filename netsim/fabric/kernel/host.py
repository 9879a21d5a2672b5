"""A host's receiver: counts and answers data, and hands answers to the sender of its flow."""

from __future__ import annotations

from netsim.fabric.kernel.flow import LAST, confirmed, fail, over, received, wake
from netsim.fabric.kernel.label import ACK, MARK, flow_of, seq_of
from netsim.fabric.kernel.nic import resume, route
from netsim.fabric.kernel.plugs import ACKNOWLEDGED, TRACED, acknowledge, receive
from netsim.fabric.kernel.port import accept
from netsim.fabric.kernel.ring import count_at, drop_first, first_row
from netsim.fabric.kernel.state import (
    ACK_SIZE,
    ACKED,
    ARRIVED,
    DELIVERED,
    DESPERATE,
    DISORDER,
    DONE,
    EGRESS,
    ENDS,
    FLOW,
    HIGH,
    HOST,
    INGRESS,
    LABEL,
    LINK,
    LOST,
    LOW,
    NEAR_PACKETS,
    NEVER,
    NONE,
    ORDER,
    PACKET,
    PACKETS,
    READY_HEAD,
    ROUTE,
    RUNNING,
    STATUS,
    STATUS_MASK,
    WIRE,
    State,
)
from netsim.fabric.kernel.trace import trace
from netsim.fabric.kernel.watch import note_missing, note_patience


def arrival_turn(state: State, host: int, now: int) -> None:
    """Take in the packet that arrives at `host`, and send what leaves because of it."""
    hosts = state.hosts
    links = state.links
    row = hosts[host * HOST + INGRESS] * LINK
    packet = first_row(links, row)
    drop_first(links, row)
    following = NEVER
    if count_at(links, row) > 0:
        following = state.packets[first_row(links, row) * PACKET]
    state.heads[host] = following
    packet = deliver(state, packet, host, now)
    # Ports of hosts refuse nothing: their NICs hand packets over one by one.
    if packet != NONE:
        accept(state, hosts[host * HOST + EGRESS], packet, now)
    if hosts[host * HOST + READY_HEAD] != LAST:
        wake(state, host, now)


def deliver(state: State, packet: int, host: int, now: int) -> int:
    """Take `packet` in at `host`; return the packet that leaves the host because of it, or NONE."""
    flows = state.flows
    label = state.packets[packet * PACKET + LABEL]
    flow = flow_of(label)
    if TRACED:
        trace(state, DELIVERED, packet, host, now, now, -1)
    if not takes_part(flows[flow * FLOW + STATUS] & STATUS_MASK, label):
        return NONE
    if label & ACK == 0:
        arrive(state, flow, seq_of(label), now)
        if ACKNOWLEDGED:
            answer(state, packet, flow, label, now)
            return packet
        return NONE
    acknowledge(state, flow, seq_of(label), label & MARK != 0, now)
    if state.clock[DESPERATE] > 0:
        note_patience(state, flow)
    if flows[flow * FLOW + ACKED] == flows[flow * FLOW + PACKETS]:
        confirmed(state, flow, now)
        return NONE
    return resume(state, flow, host, now)


def takes_part(status: int, label: int) -> bool:
    """Return whether a packet still means something to the host where it arrives.

    A receiver cannot know that the sender has all acknowledgements, so it answers duplicates of a
    flow that is done, too. What is left of a failed or cancelled flow drains.
    """
    return status == RUNNING or (ACKNOWLEDGED and status == DONE and label & ACK == 0)


def answer(state: State, packet: int, flow: int, label: int, now: int) -> None:
    """Turn a data packet into its acknowledgement, which echoes index and mark and goes back."""
    packets = state.packets
    cell = packet * PACKET
    packets[cell + LABEL] = label | ACK
    packets[cell + WIRE] = state.fixed[ACK_SIZE]
    sender = state.flows[flow * FLOW + ENDS] & LOW
    packets[cell + ROUTE] = route(state, flow, label | ACK, sender, now)


def arrive(state: State, flow: int, seq: int, now: int) -> None:
    """Count a data packet at the receiver, and how far it is out of order."""
    if not receive(state, flow, seq):
        return
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


def lose(state: State, packet: int, now: int) -> None:
    """Take note of a packet that a full queue refused.

    Without acknowledgements nothing is sent again, so a flow with a loss fails once its last packet
    is accounted for.
    """
    flows = state.flows
    label = state.packets[packet * PACKET + LABEL]
    if label & ACK != 0:
        return
    flow = flow_of(label)
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
