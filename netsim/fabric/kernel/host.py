"""What arrives at a host: data, which is answered, and answers, which its sender takes in."""

from __future__ import annotations

from netsim.fabric.kernel.answers import RECEIVE, answers, refuse
from netsim.fabric.kernel.flow import LAST, confirmed, wake
from netsim.fabric.kernel.label import ACK
from netsim.fabric.kernel.lives import labelled, leave_network, row_at
from netsim.fabric.kernel.nic import put_out, resume, route
from netsim.fabric.kernel.options import ACKNOWLEDGED, ECHOES, TRACED
from netsim.fabric.kernel.plugs import acknowledge, echo, feedback, receive
from netsim.fabric.kernel.ring import count_at, drop_first, first_row
from netsim.fabric.kernel.state import (
    ACK_SIZE,
    ACKED,
    DELIVERED,
    DESPERATE,
    DONE,
    EGRESS,
    ENDS,
    FLOW,
    HIGH,
    HOST,
    INGRESS,
    LABEL,
    LINK,
    LOW,
    NEVER,
    NONE,
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
from netsim.fabric.kernel.watch import note_patience


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
    if packet != NONE:
        put_out(state, hosts[host * HOST + EGRESS], packet, now)
    if hosts[host * HOST + READY_HEAD] != LAST:
        wake(state, host, now)


def deliver(state: State, packet: int, host: int, now: int) -> int:
    """Take `packet` in at `host`; return the packet that leaves the host because of it, or NONE."""
    flows = state.flows
    label = state.packets[packet * PACKET + LABEL]
    flow = row_at(state, packet)
    if TRACED:
        trace(state, DELIVERED, packet, host, now, now, -1)
    if not takes_part(flows[flow * FLOW + STATUS] & STATUS_MASK, label):
        leave_network(state, flow)
        return NONE
    if label & ACK == 0:
        reply = receive(state, flow, packet, now)
        if ACKNOWLEDGED and reply != NONE:
            answer(state, packet, flow, reply, now)
            return packet
        leave_network(state, flow)
        return NONE
    leave_network(state, flow)
    feedback(state, flow, packet, now)
    acknowledge(state, flow, packet, now)
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


def answer(state: State, packet: int, flow: int, reply: int, now: int) -> None:
    """Turn a data packet into its answer with the label `reply`, which goes back to the sender."""
    packets = state.packets
    cell = packet * PACKET
    if not answers(state, flow, reply):
        refuse(state, RECEIVE, flow, reply)
        reply = packets[cell + LABEL] | ACK
    if ECHOES:
        state.echoes[packet] = echo(state, packet, now)
    reply = labelled(state, flow, reply)
    packets[cell + LABEL] = reply
    packets[cell + WIRE] = flow << HIGH | state.fixed[ACK_SIZE]
    sender = state.flows[flow * FLOW + ENDS] & LOW
    packets[cell + ROUTE] = route(state, flow, reply, sender, now)
