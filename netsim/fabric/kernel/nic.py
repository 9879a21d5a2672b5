"""A host's NIC: sends packets of ready flows one by one, and each as soon as its port is free."""

from __future__ import annotations

from netsim.fabric.kernel.answers import TAG, TAKE, belongs, is_tag, refuse
from netsim.fabric.kernel.flow import LAST, UNQUEUED, enqueue, may_go, wake
from netsim.fabric.kernel.label import TARGET_BITS, label_of, retry_of, seq_of
from netsim.fabric.kernel.lives import enter_network, labelled
from netsim.fabric.kernel.options import SEND_TIMES, STAMPS, TRACED
from netsim.fabric.kernel.plugs import tag, take
from netsim.fabric.kernel.port import accept, service
from netsim.fabric.kernel.receiver import lose
from netsim.fabric.kernel.state import (
    EGRESS,
    ENDS,
    FIFO,
    FLOW,
    FREE_AT,
    HEADER,
    HIGH,
    HOST,
    LABEL,
    LINK,
    LOW,
    MADE,
    NEVER,
    NEXT_READY,
    NIC_AT,
    NONE,
    PACKET,
    PACKETS,
    PAYLOAD,
    READY_HEAD,
    READY_TAIL,
    RESENT,
    ROUTE,
    RUNNING,
    SIZE,
    STAMP_ROW,
    STATUS,
    STATUS_MASK,
    WIRE,
    State,
)


def nic_turn(state: State, host: int, now: int) -> None:
    """Send one packet if the port is free, and set when the NIC has its next turn."""
    hosts = state.hosts
    links = state.links
    egress = hosts[host * HOST + EGRESS]
    if links[egress * LINK + FREE_AT] <= now:
        packet = next_packet(state, host, now)
        if packet != NONE:
            put_out(state, egress, packet, now)
    following = NEVER
    if hosts[host * HOST + READY_HEAD] != LAST:
        following = links[egress * LINK + FREE_AT]
    hosts[host * HOST + NIC_AT] = following


def put_out(state: State, egress: int, packet: int, now: int) -> None:
    """Give `packet` to the host's port, which refuses it only while its link is down.

    It takes its time all the same, so that the NIC does not pour out all it has at one instant.
    """
    if not accept(state, egress, packet, now):
        row = egress * LINK
        size = state.packets[packet * PACKET + WIRE] & LOW
        state.links[row + FREE_AT] = max(state.links[row + FREE_AT], now) + service(
            state, egress, size
        )
        lose(state, packet, now)


def next_packet(state: State, host: int, now: int) -> int:
    """Return a packet of the flow whose turn it is, or NONE if no flow may send."""
    hosts = state.hosts
    flows = state.flows
    row = host * HOST
    flow = hosts[row + READY_HEAD]
    while flow != LAST and not may_send(state, flow, now):
        leave(state, row, flow)
        flow = hosts[row + READY_HEAD]
    if flow == LAST:
        return NONE
    packet = build(state, flow, take(state, flow, now), now)
    if not may_go(state, flow, now):
        leave(state, row, flow)
    elif state.fixed[FIFO] == 0 and hosts[row + READY_TAIL] != flow:
        leave(state, row, flow)
        flows[flow * FLOW + NEXT_READY] = LAST
        flows[hosts[row + READY_TAIL] * FLOW + NEXT_READY] = flow
        hosts[row + READY_TAIL] = flow
    return packet


def may_send(state: State, flow: int, now: int) -> bool:
    """Return whether a queued flow still has something to send."""
    running = state.flows[flow * FLOW + STATUS] & STATUS_MASK == RUNNING
    return running and may_go(state, flow, now)


def leave(state: State, row: int, flow: int) -> None:
    """Take the first flow out of a NIC's queue."""
    flows = state.flows
    hosts = state.hosts
    following = flows[flow * FLOW + NEXT_READY]
    flows[flow * FLOW + NEXT_READY] = UNQUEUED
    hosts[row + READY_HEAD] = following
    if following == LAST:
        hosts[row + READY_TAIL] = LAST


def build(state: State, flow: int, label: int, now: int) -> int:
    """Return a new data packet with `label`; the last one of a flow carries the remainder."""
    fixed = state.fixed
    flows = state.flows
    packets = state.packets
    row = flow * FLOW
    payload = fixed[PAYLOAD]
    count = flows[row + PACKETS]
    if not belongs(state, flow, label):
        refuse(state, TAKE, flow, label)
        label = label_of(flow, 0, 0)
    if seq_of(label) == count - 1:
        payload = flows[row + SIZE] - (count - 1) * payload
    label = labelled(state, flow, label)
    enter_network(state, flow)
    cell = MADE * PACKET
    packets[cell + LABEL] = label
    packets[cell + WIRE] = flow << HIGH | (payload + fixed[HEADER])
    packets[cell + ROUTE] = route(state, flow, label, flows[row + ENDS] >> HIGH, now)
    if TRACED:
        state.sendings[MADE] = sending(state, flow, label)
    if SEND_TIMES:
        state.sent[MADE] = now
    if STAMPS:
        state.stamps[MADE * fixed[STAMP_ROW]] = 0
    return MADE


def route(state: State, flow: int, label: int, target: int, now: int) -> int:
    """Return the host `target` and the policy's tag in one number, as packets carry them."""
    carried = tag(state, flow, label, now)
    if not is_tag(carried):
        refuse(state, TAG, flow, carried)
    return carried << TARGET_BITS | target


def sending(state: State, flow: int, label: int) -> int:
    """Return a packet's number among all that its flow sends.

    It is its index, and for the n-th packet that is sent again the number of packets plus n.
    """
    if retry_of(label) == 0:
        return seq_of(label)
    return state.flows[flow * FLOW + PACKETS] + (state.flows[flow * FLOW + RESENT] & LOW)


def resume(state: State, flow: int, host: int, now: int) -> int:
    """Return the packet that an acknowledgement lets out of an idle NIC, or NONE.

    A NIC with an event of its own sends then. An idle one has no flow in its queue and sends at
    once: it belongs to the same event, since nothing else can happen at this host before.
    """
    if state.flows[flow * FLOW + NEXT_READY] != UNQUEUED or not may_go(state, flow, now):
        return NONE
    idle = state.hosts[host * HOST + NIC_AT] == NEVER
    if idle and state.links[state.hosts[host * HOST + EGRESS] * LINK + FREE_AT] <= now:
        packet = build(state, flow, take(state, flow, now), now)
        if may_go(state, flow, now):
            enqueue(state, host, flow)
        return packet
    enqueue(state, host, flow)
    wake(state, host, now)
    return NONE
