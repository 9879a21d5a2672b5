"""Messages that wait for their ports: where they stand, and which of them can start.

A message can start when its sender's port is free, and its receiver's will be when the first bytes
arrive: slot by slot, the larger the lead the earlier. Only three things let one start: it becomes
ready, its sender's port becomes free, its slot opens. So a receiver needs one instant in the tree,
at which the next slot opens that messages wait in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.fabric.kernel.pending import lower, replace
from netsim.fabric.kernel.state import Ints, Numbers
from netsim.fabric.port_level.state import (
    DELIVERY,
    END,
    FIRST,
    FIRST_SLOT,
    FLYING_FIRST,
    FLYING_LAST,
    FREE_AT,
    HEAD,
    HOSTS,
    IDLER,
    IDLERS,
    LEAD,
    LEAF,
    MESSAGE,
    NEVER,
    NEXT_SLOT,
    NOBODY,
    OPEN_SINCE,
    OPENED,
    OPENING,
    READY,
    RECEIVER,
    RECEIVER_OF,
    RECEIVING,
    RELEASE,
    RUNNING,
    SENDER,
    SENDING,
    SLOT,
    STATUS,
    TAKEN_UNTIL,
    WAITING,
    WAITING_FOR,
    PortState,
)


def leaf_of(state: PortState, kind: int, host: int) -> int:
    """Return the tree's leaf of that kind of instant at `host`."""
    leaf: int = state.fixed[LEAF] + kind * state.fixed[HOSTS] + host
    return leaf


def can_start(state: PortState, message: int, now: int) -> bool:
    """Return whether both ports of `message` are free for it."""
    sender: Any = np.int64(state.sender_of[message])
    slot: Any = np.int64(state.slot_of[message])
    return state.senders[sender * SENDER + FREE_AT] <= now and opening(state, slot) <= now


def opening(state: PortState, slot: int) -> int:
    """Return from when on messages of `slot` may start, as far as their receiver is concerned."""
    receiver = state.slots[slot * SLOT + RECEIVER_OF]
    lead: int = state.slots[slot * SLOT + LEAD]
    return state.receivers[receiver * RECEIVER + TAKEN_UNTIL] - lead  # type: ignore[no-any-return]


def wait(state: PortState, message: int, now: int) -> None:
    """Put `message`, which cannot start, into its two lists, and see to it that it is looked at."""
    sender: Any = np.int64(state.sender_of[message])
    slot: Any = np.int64(state.slot_of[message])
    receiver = state.slots[slot * SLOT + RECEIVER_OF]
    state.messages[message * MESSAGE + STATUS] = WAITING
    by_sender = sender * SENDER + FIRST
    insert(state, message, state.senders, by_sender, state.sender_next, state.sender_last)
    insert(state, message, state.slots, slot * SLOT + HEAD, state.slot_next, state.slot_last)
    state.receivers[receiver * RECEIVER + WAITING_FOR] += 1
    free_at = state.senders[sender * SENDER + FREE_AT]
    if free_at > now:
        lower(state.tree, leaf_of(state, RELEASE, sender), free_at)
    elif state.senders[sender * SENDER + IDLER] == 0:
        state.senders[sender * SENDER + IDLER] = 1
        state.clock[IDLERS] += 1
    opens = opening(state, slot)
    leaf = leaf_of(state, OPENING, receiver)
    if now < opens < state.tree[leaf]:
        lower(state.tree, leaf, opens)


def start(state: PortState, message: int, now: int) -> None:
    """Let `message` take both ports."""
    messages = state.messages
    row = message * MESSAGE
    sender: Any = np.int64(state.sender_of[message])
    slot: Any = np.int64(state.slot_of[message])
    receiver = state.slots[slot * SLOT + RECEIVER_OF]
    lead = state.slots[slot * SLOT + LEAD]
    end = now + lead + messages[row + RECEIVING]
    messages[row + END] = end
    messages[row + STATUS] = RUNNING
    state.receivers[receiver * RECEIVER + TAKEN_UNTIL] = end
    occupy(state, sender, now + messages[row + SENDING])
    fly(state, message, receiver, end)
    # What has opened by now was looked at, and nothing in it can start.
    state.receivers[receiver * RECEIVER + OPEN_SINCE] = now
    await_opening(state, receiver)


def occupy(state: PortState, sender: int, until: int) -> None:
    """Keep the port of `sender` until an instant, at which it is looked at if messages wait."""
    row = sender * SENDER
    state.senders[row + FREE_AT] = until
    if state.senders[row + IDLER] != 0:
        state.senders[row + IDLER] = 0
        state.clock[IDLERS] -= 1
    if state.senders[row + FIRST] != NOBODY:
        replace(state.tree, leaf_of(state, RELEASE, sender), until)


def fly(state: PortState, message: int, receiver: int, end: int) -> None:
    """Put `message` behind what is on its way to `receiver`."""
    receivers = state.receivers
    row = receiver * RECEIVER
    last = receivers[row + FLYING_LAST]
    state.slot_next[message] = NOBODY
    state.slot_last[message] = last
    receivers[row + FLYING_LAST] = message
    if last == NOBODY:
        receivers[row + FLYING_FIRST] = message
        lower(state.tree, leaf_of(state, DELIVERY, receiver), end)
    else:
        state.slot_next[last] = message


def land(state: PortState, message: int, receiver: int) -> None:
    """Take `message` out of what is on its way to `receiver`."""
    row = receiver * RECEIVER + FLYING_FIRST
    first = state.receivers[row]
    remove(message, state.receivers, row, state.slot_next, state.slot_last)
    following = state.receivers[row]
    if following != first:
        end = NEVER
        if following != NOBODY:
            end = state.messages[following * MESSAGE + END]
        replace(state.tree, leaf_of(state, DELIVERY, receiver), end)


def leave(state: PortState, message: int) -> None:
    """Take `message` out of the lists in which it waits."""
    sender: Any = np.int64(state.sender_of[message])
    slot: Any = np.int64(state.slot_of[message])
    by_sender = sender * SENDER + FIRST
    remove(message, state.senders, by_sender, state.sender_next, state.sender_last)
    remove(message, state.slots, slot * SLOT + HEAD, state.slot_next, state.slot_last)
    state.receivers[state.slots[slot * SLOT + RECEIVER_OF] * RECEIVER + WAITING_FOR] -= 1


def await_opening(state: PortState, receiver: int) -> None:
    """Note when the next slot of `receiver` opens that messages wait in, if any do."""
    receivers = state.receivers
    row = receiver * RECEIVER
    slot = NOBODY
    if receivers[row + WAITING_FOR] > 0:
        slot = next_slot(state, receiver, receivers[row + FIRST_SLOT])
    instant = NEVER
    if slot != NOBODY:
        instant = opening(state, slot)
    leaf = leaf_of(state, OPENING, receiver)
    if state.tree[leaf] != instant:
        replace(state.tree, leaf, instant)


def next_slot(state: PortState, receiver: int, slot: int) -> int:
    """Return the first slot from `slot` on with messages in it that has not been looked at."""
    slots = state.slots
    since = state.receivers[receiver * RECEIVER + OPEN_SINCE]
    while slot != NOBODY and (slots[slot * SLOT + HEAD] == NOBODY or opening(state, slot) <= since):
        slot = slots[slot * SLOT + NEXT_SLOT]
    return slot


def open_slots(state: PortState, receiver: int, now: int) -> None:
    """Note the slots of `receiver` that have opened, and when the next one does."""
    clock = state.clock
    row = receiver * RECEIVER
    slot = next_slot(state, receiver, state.receivers[row + FIRST_SLOT])
    while slot != NOBODY and opening(state, slot) <= now:
        state.opened[clock[OPENED]] = slot
        clock[OPENED] += 1
        slot = next_slot(state, receiver, state.slots[slot * SLOT + NEXT_SLOT])
    state.receivers[row + OPEN_SINCE] = now
    await_opening(state, receiver)


def insert(
    state: PortState, message: int, ends: Ints, cell: int, nexts: Numbers, lasts: Numbers
) -> None:
    """Put `message` into a list ordered by (ready, message), mostly at its end.

    `ends` holds the list's first message at `cell` and its last behind it; `nexts` and `lasts`
    hold the neighbours of each message.
    """
    before = ends[cell + 1]
    while before != NOBODY and sooner(state, message, before):
        before = np.int64(lasts[before])
    following = ends[cell]
    if before != NOBODY:
        following = np.int64(nexts[before])
        nexts[before] = message
    else:
        ends[cell] = message
    if following != NOBODY:
        lasts[following] = message
    else:
        ends[cell + 1] = message
    nexts[message] = following
    lasts[message] = before


def remove(message: int, ends: Ints, cell: int, nexts: Numbers, lasts: Numbers) -> None:
    """Take `message` out of a list, see `insert`."""
    following: Any = np.int64(nexts[message])
    before: Any = np.int64(lasts[message])
    if before == NOBODY:
        ends[cell] = following
    else:
        nexts[before] = following
    if following == NOBODY:
        ends[cell + 1] = before
    else:
        lasts[following] = before


def sooner(state: PortState, one: int, other: int) -> bool:
    """Return whether `one` comes before `other` by (ready, message)."""
    first = state.messages[one * MESSAGE + READY]
    second = state.messages[other * MESSAGE + READY]
    return first < second or (first == second and one < other)


def first_of_sender(state: PortState, sender: int, now: int) -> int:
    """Return the first message of `sender`, whose port is free, that can start, or NOBODY."""
    at: Any = state.senders[sender * SENDER + FIRST]
    while at != NOBODY:
        slot: Any = np.int64(state.slot_of[at])
        if opening(state, slot) <= now:
            break
        at = np.int64(state.sender_next[at])
    found: int = at
    return found


def first_of_slot(state: PortState, slot: int) -> int:
    """Return the first message of a slot that is open whose sender is an idler, or NOBODY.

    Senders that have just become free are looked at by themselves.
    """
    at: Any = state.slots[slot * SLOT + HEAD]
    if state.clock[IDLERS] == 0:
        return NOBODY
    while at != NOBODY:
        sender: Any = np.int64(state.sender_of[at])
        if state.senders[sender * SENDER + IDLER] != 0:
            break
        at = np.int64(state.slot_next[at])
    found: int = at
    return found
