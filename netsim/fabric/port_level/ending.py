"""How messages end that do not arrive: cancelled, without a path, or left by what they wait for.

All of that is Python between calls of the executor. A cancelled message frees what it holds: the
sender's port at once; the receiver's, if nothing came after it, when the share of it that has left
is through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.kernel.pending import replace
from netsim.fabric.port_level import state as at
from netsim.fabric.port_level.ports import await_opening, land, leaf_of, leave, opening

if TYPE_CHECKING:
    from netsim.fabric.port_level.state import PortState


def end_early(state: PortState, message: int, now: int) -> None:
    """Make `message` cancelled, wherever it stands; it must not be over."""
    row = state.messages[message * at.MESSAGE : (message + 1) * at.MESSAGE]
    status = int(row[at.STATUS]) & at.STATUS_MASK
    row[at.STATUS] = at.CANCELLED
    state.clock[at.ACTIVE] -= 1
    if status not in (at.WAITING, at.RUNNING):
        forget_instant(state, message)
        return
    sender = int(state.sender_of[message])
    receiver = int(state.slots[int(state.slot_of[message]) * at.SLOT + at.RECEIVER_OF])
    if status == at.WAITING:
        leave(state, message)
        if state.senders[sender * at.SENDER + at.FIRST] == at.NOBODY:
            _forget(state, sender)
        await_opening(state, receiver)
    else:
        _stop(state, message, sender, receiver, now)


def forsake(state: PortState, message: int) -> list[int]:
    """Fail all that waits for `message`, which did not arrive, and what waits for that; say who."""
    failed = []
    left = [message]
    while left:
        row = left.pop() * at.MESSAGE
        followers = int(state.messages[row + at.FOLLOWERS])
        first = followers & at.LOW
        for follower in state.successors[first : first + (followers >> at.HIGH)].tolist():
            cell = follower * at.MESSAGE + at.STATUS
            if state.messages[cell] & at.STATUS_MASK == at.BLOCKED:
                state.messages[cell] = at.FAILED
                state.clock[at.ACTIVE] -= 1
                failed.append(follower)
                left.append(follower)
    return failed


def forget_instant(state: PortState, message: int) -> None:
    """Take `message` out of the heap of instants, lest it keeps time going."""
    count = int(state.clock[at.LATER])
    entries = state.later[: count * at.ENTRY].reshape(-1, at.ENTRY)
    kept = entries[entries[:, 1] != message]
    kept = kept[np.lexsort((kept[:, 1], kept[:, 0]))]
    state.later[: kept.size] = kept.reshape(-1)
    state.clock[at.LATER] = len(kept)


def _forget(state: PortState, sender: int) -> None:
    """Note that nothing waits at `sender` any more."""
    replace(state.tree, leaf_of(state, at.RELEASE, sender), at.NEVER)
    if state.senders[sender * at.SENDER + at.IDLER]:
        state.senders[sender * at.SENDER + at.IDLER] = 0
        state.clock[at.IDLERS] -= 1


def _stop(state: PortState, message: int, sender: int, receiver: int, now: int) -> None:
    """Stop a message that is on its way."""
    row = state.messages[message * at.MESSAGE : (message + 1) * at.MESSAGE]
    end, sending, receiving = (int(row[column]) for column in (at.END, at.SENDING, at.RECEIVING))
    land(state, message, receiver)
    lead = int(state.slots[int(state.slot_of[message]) * at.SLOT + at.LEAD])
    begun = end - receiving - lead
    if begun + sending > now:
        state.senders[sender * at.SENDER + at.FREE_AT] = now
        if state.senders[sender * at.SENDER + at.FIRST] != at.NOBODY:
            replace(state.tree, leaf_of(state, at.RELEASE, sender), now)
        last = receiver * at.RECEIVER + at.TAKEN_UNTIL
        if state.receivers[last] == end:
            through = begun + lead + receiving * (now - begun) // sending
            state.receivers[last] = through
        _look_again(state, receiver, now)


def _look_again(state: PortState, receiver: int, now: int) -> None:
    """Have the slots of `receiver` looked at that are open, or open next."""
    row = receiver * at.RECEIVER
    state.receivers[row + at.OPEN_SINCE] = -at.FAR
    instant = at.NEVER
    slot = int(state.receivers[row + at.FIRST_SLOT])
    while slot != at.NOBODY and instant == at.NEVER:
        if state.slots[slot * at.SLOT + at.HEAD] != at.NOBODY:
            instant = max(int(opening(state, slot)), now)
        slot = int(state.slots[slot * at.SLOT + at.NEXT_SLOT])
    replace(state.tree, leaf_of(state, at.OPENING, receiver), instant)
