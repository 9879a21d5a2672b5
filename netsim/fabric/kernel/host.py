"""A host: its NIC sends packets of ready flows one by one; its receiver acknowledges."""

from __future__ import annotations

from netsim.fabric.kernel.answers import TAG, TAKE, belongs, is_tag, refuse
from netsim.fabric.kernel.flow import LAST, UNQUEUED, confirmed, enqueue, fail, over, received, wake
from netsim.fabric.kernel.label import ACK, MARK, TARGET_BITS, flow_of, label_of, retry_of, seq_of
from netsim.fabric.kernel.pending import replace
from netsim.fabric.kernel.plugs import (
    ACKNOWLEDGED,
    TRACED,
    acknowledge,
    receive,
    sendable,
    tag,
    take,
)
from netsim.fabric.kernel.port import accept, put_back, take_free
from netsim.fabric.kernel.state import (
    ACK_SIZE,
    ACKED,
    ARRIVED,
    DELIVERED,
    DISORDER,
    DONE,
    EGRESS,
    ENDS,
    EPOCH,
    FIFO,
    FIRST_NIC,
    FLOW,
    FREE_AT,
    HEADER,
    HIGH,
    HOST,
    LABEL,
    LEAF,
    LINK,
    LOST,
    LOW,
    NEVER,
    NEXT,
    NEXT_READY,
    NONE,
    ORDER,
    PACKET,
    PACKETS,
    PAYLOAD,
    READY_HEAD,
    READY_TAIL,
    RESENT,
    ROUTE,
    RUNNING,
    SIZE,
    SOURCE_BITS,
    STATUS,
    STATUS_MASK,
    State,
)
from netsim.fabric.kernel.trace import trace


def nic_event(state: State, host: int, now: int) -> None:
    """Send one packet if the port is free, and set the NIC's next event."""
    hosts = state.hosts
    links = state.links
    fixed = state.fixed
    egress = hosts[host * HOST + EGRESS]
    if links[egress * LINK + FREE_AT] <= now:
        packet = next_packet(state, host, now)
        if packet != NONE:
            accept(state, egress, packet, now)
    source = fixed[FIRST_NIC] + host
    key = NEVER
    if hosts[host * HOST + READY_HEAD] != LAST:
        free_at = links[egress * LINK + FREE_AT]
        key = (free_at - state.clock[EPOCH]) << SOURCE_BITS | source
    replace(state.tree, fixed[LEAF] + source, key)


def next_packet(state: State, host: int, now: int) -> int:
    """Return a packet of the flow whose turn it is, or NONE if no flow may send."""
    hosts = state.hosts
    flows = state.flows
    row = host * HOST
    flow = hosts[row + READY_HEAD]
    while flow != LAST and not may_send(state, flow):
        leave(state, row, flow)
        flow = hosts[row + READY_HEAD]
    if flow == LAST:
        return NONE
    packet = build(state, flow, take(state, flow, now), now)
    if not sendable(state, flow):
        leave(state, row, flow)
    elif state.fixed[FIFO] == 0 and hosts[row + READY_TAIL] != flow:
        leave(state, row, flow)
        flows[flow * FLOW + NEXT_READY] = LAST
        flows[hosts[row + READY_TAIL] * FLOW + NEXT_READY] = flow
        hosts[row + READY_TAIL] = flow
    return packet


def may_send(state: State, flow: int) -> bool:
    """Return whether a queued flow still has something to send."""
    running = state.flows[flow * FLOW + STATUS] & STATUS_MASK == RUNNING
    return running and sendable(state, flow)


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
    packet = take_free(state)
    cell = packet * PACKET
    packets[cell + LABEL] = label
    packets[cell + NEXT] = (payload + fixed[HEADER]) << HIGH
    packets[cell + ROUTE] = route(state, flow, label, flows[row + ENDS] >> HIGH, now)
    if TRACED:
        state.sendings[packet] = sending(state, flow, label)
    return packet


def sending(state: State, flow: int, label: int) -> int:
    """Return a packet's number among all that its flow sends.

    It is its index, and for the n-th packet that is sent again the number of packets plus n.
    """
    if retry_of(label) == 0:
        return seq_of(label)
    return state.flows[flow * FLOW + PACKETS] + (state.flows[flow * FLOW + RESENT] & LOW)


def route(state: State, flow: int, label: int, target: int, now: int) -> int:
    """Return the host `target` and the policy's tag in one number, as packets carry them."""
    carried = tag(state, flow, label, now)
    if not is_tag(carried):
        refuse(state, TAG, flow, carried)
    return carried << TARGET_BITS | target


def deliver(state: State, packet: int, host: int, now: int) -> int:
    """Take `packet` in at `host`; return the packet that leaves the host because of it, or NONE."""
    flows = state.flows
    label = state.packets[packet * PACKET + LABEL]
    flow = flow_of(label)
    if TRACED:
        trace(state, DELIVERED, packet, host, now, -1)
    if not takes_part(flows[flow * FLOW + STATUS] & STATUS_MASK, label):
        put_back(state, packet)
        return NONE
    if label & ACK == 0:
        arrive(state, flow, seq_of(label), now)
        if ACKNOWLEDGED:
            answer(state, packet, flow, label, now)
            return packet
        put_back(state, packet)
        return NONE
    put_back(state, packet)
    acknowledge(state, flow, seq_of(label), label & MARK != 0, now)
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


def resume(state: State, flow: int, host: int, now: int) -> int:
    """Return the packet that an acknowledgement lets out of an idle NIC, or NONE.

    A NIC with an event of its own sends then. An idle one has no flow in its queue and sends at
    once: it belongs to the same event, since nothing else can happen at this host before.
    """
    fixed = state.fixed
    if state.flows[flow * FLOW + NEXT_READY] != UNQUEUED or not sendable(state, flow):
        return NONE
    idle = state.tree[fixed[LEAF] + fixed[FIRST_NIC] + host] == NEVER
    if idle and state.links[state.hosts[host * HOST + EGRESS] * LINK + FREE_AT] <= now:
        packet = build(state, flow, take(state, flow, now), now)
        if sendable(state, flow):
            enqueue(state, host, flow)
        return packet
    enqueue(state, host, flow)
    wake(state, host, now)
    return NONE


def answer(state: State, packet: int, flow: int, label: int, now: int) -> None:
    """Turn a data packet into its acknowledgement, which echoes index and mark and goes back."""
    packets = state.packets
    cell = packet * PACKET
    packets[cell + LABEL] = label | ACK
    packets[cell + NEXT] = state.fixed[ACK_SIZE] << HIGH
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
    put_back(state, packet)
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
