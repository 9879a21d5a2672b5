"""The kernel's loop: takes one event after another, in the one order that there is.

At one instant: flow starts, by flow; timers, by flow; arrivals, node after node, and at one node by
(flow, packet index, data before its acknowledgement, link); NICs, by host. The text of this module
is what `netsim.fabric.kernel.builder` writes into the cache, with the chosen policy and transport
around it.
"""

from __future__ import annotations

from netsim.fabric.kernel.answers import EXPIRE, refuse
from netsim.fabric.kernel.classes import tick
from netsim.fabric.kernel.flow import LAST, fail, make_ready, start, wake
from netsim.fabric.kernel.host import deliver, lose, nic_event
from netsim.fabric.kernel.label import TIE_BITS
from netsim.fabric.kernel.pending import arm, next_start, next_timer, refresh, replace
from netsim.fabric.kernel.plugs import TRACED, expire
from netsim.fabric.kernel.port import accept
from netsim.fabric.kernel.prefetch import prefetch
from netsim.fabric.kernel.state import (
    EGRESS,
    EPOCH,
    EPOCH_SPAN,
    EVENTS,
    FIRST_NIC,
    FLOW,
    FREE,
    HEAD,
    HOST,
    HOSTS,
    IDLE,
    LABEL,
    LEAF,
    LINK,
    LOW,
    MORE,
    NEVER,
    NEXT,
    NEXT_ARRIVAL,
    NEXT_OTHER,
    NODE,
    NONE,
    NOTIFY,
    NOW,
    PACKET,
    POOL,
    READY_HEAD,
    REBASE,
    RETRIES,
    RUNNING,
    SOURCE_BITS,
    SOURCE_MASK,
    STATUS,
    STATUS_MASK,
    STOP_AT,
    TRACE,
    TRACE_LIMIT,
    TRACED_ROWS,
    State,
)
from netsim.fabric.kernel.switch import forward


def run(state: State, limit: int, most: int) -> int:
    """Handle at most `most` events strictly before `limit`; return why it ended."""
    fixed = state.fixed
    clock = state.clock
    tree = state.tree
    handled = 0
    status = MORE
    while handled < most:
        key = tree[1]
        other = clock[NEXT_OTHER]
        now = NEVER
        if key != NEVER:
            now = (key >> SOURCE_BITS) + clock[EPOCH]
        first = min(now, other)
        status = hindrance(state, first, limit)
        if status != MORE:
            break
        clock[NOW] = first
        handled += 1
        if other <= now:
            start_or_expire(state, other)
        else:
            source = key & SOURCE_MASK
            if source < fixed[FIRST_NIC]:
                handled += arrivals(state, source, now) - 1
            else:
                nic_event(state, source - fixed[FIRST_NIC], now)
    clock[EVENTS] += handled
    return status


def hindrance(state: State, first: int, limit: int) -> int:
    """Return why the event at `first` cannot be taken now, or MORE if it can.

    Everything is checked before an event is taken, so nothing is ever half done.
    """
    clock = state.clock
    if first > clock[STOP_AT]:
        return NOTIFY
    if first >= limit:
        return IDLE
    if first - clock[EPOCH] >= EPOCH_SPAN:
        return REBASE
    if clock[FREE] == NONE:
        return POOL
    if TRACED and clock[TRACED_ROWS] > state.fixed[TRACE_LIMIT]:
        return TRACE
    return MORE


def start_or_expire(state: State, now: int) -> None:
    """Start the flow, or serve the timer, that is due."""
    flow = next_start(state)
    if flow >= 0:
        start(state, flow, now)
    else:
        flow = next_timer(state)
        if state.flows[flow * FLOW + STATUS] & STATUS_MASK == RUNNING:
            deadline = expire(state, flow, now)
            if deadline < 0:
                fail(state, flow, RETRIES, now)
            elif 0 < deadline <= now:
                refuse(state, EXPIRE, flow, deadline)
            else:
                if deadline > 0:
                    arm(state, flow, deadline, tick(state, flow))
                make_ready(state, flow, now)
    refresh(state)


def arrivals(state: State, source: int, now: int) -> int:
    """Handle all packets that arrive now where link `source` ends; return their number."""
    fixed = state.fixed
    hosts = state.hosts
    node = state.links[source * LINK + NODE]
    count = gather(state, source, node)
    look_ahead(state)
    for position in range(count):
        packet = state.group[2 * position + 1]
        if node >= fixed[HOSTS]:
            link = forward(state, packet, node, now)
        else:
            packet = deliver(state, packet, node, now)
            link = hosts[node * HOST + EGRESS]
        if packet != NONE:
            if not accept(state, link, packet, now):
                lose(state, packet, now)
            if node < fixed[HOSTS] and hosts[node * HOST + READY_HEAD] != LAST:
                wake(state, node, now)
    return count


def look_ahead(state: State) -> None:
    """Fetch the rows of the arrival that comes next, unless this event brings an earlier one."""
    links = state.links
    source = state.tree[1] & SOURCE_MASK
    if source < state.fixed[FIRST_NIC]:
        prefetch(state.packets, links[source * LINK + HEAD] * PACKET)


def gather(state: State, source: int, node: int) -> int:
    """Detach the heads that arrive at `node` at this instant, sort them, return their number.

    Links are numbered by the node they end in, so the others of the group are the next winners of
    the tree.
    """
    tree = state.tree
    group = state.group
    instant = tree[1] >> SOURCE_BITS
    count = 0
    while True:
        packet = detach(state, source)
        order = state.packets[packet * PACKET + LABEL] >> TIE_BITS
        at = count
        while at > 0 and group[2 * at - 2] > order:
            group[2 * at] = group[2 * at - 2]
            group[2 * at + 1] = group[2 * at - 1]
            at -= 1
        group[2 * at] = order
        group[2 * at + 1] = packet
        count += 1
        key = tree[1]
        source = key & SOURCE_MASK
        if key >> SOURCE_BITS != instant or source >= state.fixed[FIRST_NIC]:
            return count
        if state.links[source * LINK + NODE] != node:
            return count


def detach(state: State, link: int) -> int:
    """Take the head packet off `link` and set the link's key to the next one's arrival."""
    links = state.links
    packets = state.packets
    row = link * LINK
    packet = links[row + HEAD]
    following = packets[packet * PACKET + NEXT] & LOW
    links[row + HEAD] = following
    key = NEVER
    if following != NONE:
        arrival = packets[packet * PACKET + NEXT_ARRIVAL]
        key = (arrival - state.clock[EPOCH]) << SOURCE_BITS | link
    replace(state.tree, state.fixed[LEAF] + link, key)
    return packet
