"""A slow port: packets wait in classes, and the end of each sending is an event of its switch.

Whatever decides late needs it: which class sends next, marks by what a packet leaves behind, and
later trimming, pauses, shared buffers. A packet that finds its port idle is sent at once; what has
to wait is sent on when the sending before it ends.

Ports of a switch do not depend on each other as long as nobody is told of ends: then each port is
brought up to date when a packet comes to it and when the turn of its switch ends (`catch_up`). It
is busy without a gap while something waits, so what it has left at any instant is known without
(`netsim.fabric.kernel.waiting`). A queue whose hook `left` is told of every end may count for the
whole switch, so with it the switch takes arrivals and ends in the order of time, at one instant
ends first, by link (`ended`). Always to keep that order would cost a fifth.

Nothing of it is seen outside the switch: a packet is put on its way when its sending begins, so it
arrives a service and a propagation later, and windows are as long as with plain ports. One class
that is served in order equals a plain port to the picosecond.

A waiting packet is a row of the ring of its class, with the time since when it waits. What waits is
summed up in time, not in bytes, since each packet's time is rounded up by itself. The packet that
is sent is kept in a row of the port's own if some hook is told when it has been sent: where it is
on its way, the node at the other end may have changed it by then.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.answers import ADMIT, PICK, refuse
from netsim.fabric.kernel.label import ACK
from netsim.fabric.kernel.options import CLASSES, LEFT, STAMPS, TRACED
from netsim.fabric.kernel.overflow import overflow
from netsim.fabric.kernel.pending import replace_in
from netsim.fabric.kernel.plugs import admit, left, pick, serve
from netsim.fabric.kernel.port import backlog, note_wait, service, travel
from netsim.fabric.kernel.receiver import lose
from netsim.fabric.kernel.ring import add, copy, drop_first, first_row
from netsim.fabric.kernel.state import (
    ACKS_SENT,
    ARRIVAL,
    BUSY,
    BUSY_SO_FAR,
    BYTES,
    CAPACITY,
    DELAY,
    DEPARTED,
    DROPPED,
    DROPS,
    ENQUEUED,
    FREE_AT,
    HELD,
    KEPT_ROWS,
    LABEL,
    LEAF,
    LINK,
    LONG_QUEUE,
    LOW,
    NEVER,
    NOW,
    PACKET,
    PACKETS_SENT,
    QUEUE_MAX,
    SERVED,
    SETUP,
    SHUT,
    SOURCE_NODE,
    STAMP,
    STAMP_ROW,
    STAMPED_AT,
    STAMPED_BY,
    TO_SEND,
    UNBOUNDED,
    WAITS_BEHIND,
    WIRE,
    State,
)
from netsim.fabric.kernel.trace import trace
from netsim.fabric.kernel.waiting import class_row, first_waiting, row_of, unsent_at

#: What `admit` answers for a packet that is dropped.
DROP: Final = -1


def join(state: State, link: int, packet: int, now: int, tree: int) -> None:
    """Let `packet` arrive at a slow port, whose switch has the tree at `tree` of `State.dones`."""
    links = state.links
    row = link * LINK
    size = state.packets[packet * PACKET + WIRE] & LOW
    tx = service(state, link, size)
    kind = DROP
    before = 0
    if links[row + CAPACITY] != SHUT:
        kind = admit(state, link, packet, now)
        if kind < DROP or kind >= CLASSES:
            refuse(state, ADMIT, link, kind)
            kind = 0
        before = unsent_at(state, link, now)
        if before + tx > UNBOUNDED:
            overflow(state, LONG_QUEUE, link)
            kind = DROP
    if kind == DROP:
        links[row + DROPS] += 1
        if TRACED:
            node = state.setup[link * SETUP + SOURCE_NODE]
            trace(state, DROPPED, packet, node, now, now, backlog(state, link, before))
        lose(state, packet, now)
        return
    if state.packets[packet * PACKET + LABEL] & ACK == 0:
        links[row + PACKETS_SENT] += 1
    else:
        links[row + ACKS_SENT] += 1
    links[row + BYTES] += size
    if before + tx > links[row + QUEUE_MAX]:
        links[row + QUEUE_MAX] = before + tx
    if TRACED:
        node = state.setup[link * SETUP + SOURCE_NODE]
        trace(state, ENQUEUED, packet, node, now, now, backlog(state, link, before + tx))
    if before == 0:
        send(state, link, packet, kind, tx, now, now)
        if LEFT:
            arm(state, link, tree)
    else:
        wait(state, link, packet, kind, tx, now)
        if state.queues[row_of(link) + HELD] == 1:
            arm(state, link, tree)


def wait(state: State, link: int, packet: int, kind: int, tx: int, now: int) -> None:
    """Put a packet that takes `tx` to be sent behind what waits in its class."""
    queues = state.queues
    port = row_of(link)
    cell = class_row(link, kind)
    add(state, queues, cell, packet, now, state.setup[link * SETUP + SOURCE_NODE])
    queues[cell + TO_SEND] += tx
    queues[cell + HELD] += 1
    queues[port + TO_SEND] += tx
    queues[port + HELD] += 1


def arm(state: State, link: int, tree: int) -> None:
    """Note when the present sending ends: something comes then."""
    cell = state.queues[row_of(link) + LEAF]
    until = state.links[link * LINK + FREE_AT]
    if LEFT:
        replace_in(state.dones, tree, cell, until)
    else:
        state.dones[tree + cell] = until


def disarm(state: State, link: int, tree: int) -> None:
    """Note that nothing comes when the present sending ends."""
    cell = state.queues[row_of(link) + LEAF]
    if LEFT:
        replace_in(state.dones, tree, cell, NEVER)
    else:
        state.dones[tree + cell] = NEVER


def send(state: State, link: int, packet: int, kind: int, tx: int, since: int, now: int) -> None:
    """Begin to send a packet of class `kind`, which takes `tx` and has waited since `since`."""
    links = state.links
    row = link * LINK
    leaves = now + tx
    links[row + FREE_AT] = leaves
    links[row + BUSY] += tx
    state.queues[row_of(link) + SERVED] = kind
    serve(state, link, packet, now)
    if state.packets[packet * PACKET + LABEL] & ACK == 0:
        note_wait(state, link, now - since)
        if STAMPS:
            stamp(state, link, packet, now)
    if TRACED:
        node = state.setup[link * SETUP + SOURCE_NODE]
        trace(state, DEPARTED, packet, node, now, leaves, -1)
    if LEFT:
        copy(state, packet, state.fixed[KEPT_ROWS] + link)
    travel(state, link, packet, leaves + links[row + DELAY])


def stamp(state: State, link: int, packet: int, now: int) -> None:
    """Write on a data packet what its port is like as it begins to send it, while there is room."""
    width = state.fixed[STAMP_ROW]
    row = packet * width
    count = state.stamps[row]
    cell = row + 1 + count * STAMP
    if cell + STAMP > row + width:
        return
    state.stamps[row] = count + 1
    state.stamps[cell + WAITS_BEHIND] = state.queues[row_of(link) + TO_SEND]
    state.stamps[cell + BUSY_SO_FAR] = state.links[link * LINK + BUSY]
    state.stamps[cell + STAMPED_AT] = now
    state.stamps[cell + STAMPED_BY] = link


def send_next(state: State, link: int, now: int) -> None:
    """Begin to send what comes next; something waits."""
    queues = state.queues
    port = row_of(link)
    kind = pick(state, link)
    if kind < 0 or kind >= CLASSES or queues[class_row(link, kind) + HELD] == 0:
        refuse(state, PICK, link, kind)
        kind = first_waiting(state, link)
    cell = class_row(link, kind)
    packet = first_row(queues, cell)
    since = state.packets[packet * PACKET + ARRIVAL]
    tx = service(state, link, state.packets[packet * PACKET + WIRE] & LOW)
    queues[cell + TO_SEND] -= tx
    queues[cell + HELD] -= 1
    queues[port + TO_SEND] -= tx
    queues[port + HELD] -= 1
    drop_first(queues, cell)
    send(state, link, packet, kind, tx, since, now)


def catch_up(state: State, link: int, end: int, tree: int) -> int:
    """Send what a port begins to send before `end`; return how many packets it is."""
    held = row_of(link) + HELD
    free = link * LINK + FREE_AT
    if state.queues[held] == 0 or state.links[free] >= end:
        return 0
    count = 0
    now = 0
    while state.queues[held] > 0 and state.links[free] < end:
        now = state.links[free]
        send_next(state, link, now)
        count += 1
    state.clock[NOW] = max(state.clock[NOW], now)
    if state.queues[held] > 0:
        arm(state, link, tree)
    else:
        disarm(state, link, tree)
    return count


def ended(state: State, link: int, now: int, tree: int) -> None:
    """Take note that a port has sent a packet, tell the queue, and send the next one."""
    left(state, link, state.fixed[KEPT_ROWS] + link, now)
    if state.queues[row_of(link) + HELD] > 0:
        send_next(state, link, now)
        arm(state, link, tree)
    else:
        disarm(state, link, tree)
