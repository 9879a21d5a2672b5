"""The executor's loop: instant after instant, all that ends first, then all that can start.

Greedy ports by events. A message holds its sender's port for the time that its bytes take there,
and its receiver's port from its *lead* after its start on, for the time that they take there; it
starts as soon as it is ready, the one is free and the other will be. At one instant those that can
start are tried in the order (ready, message). `netsim.fabric.port_level.ports` says why it is
enough to look at few of them; trying all that wait, at each instant, takes a hundred times as long.

The text of this module is plain Python and what `netsim.fabric.kernel.builder` compiles.
"""

from __future__ import annotations

from netsim.fabric.kernel.pending import replace
from netsim.fabric.port_level.heap import drop, push, sort
from netsim.fabric.port_level.ports import (
    can_start,
    first_of_sender,
    first_of_slot,
    land,
    leave,
    open_slots,
    opening,
    start,
    wait,
)
from netsim.fabric.port_level.state import (
    ACTIVE,
    BATCH,
    BATCH_OF,
    BLOCKED,
    CANDIDATES,
    COMPUTING,
    CONFIRMED,
    DELIVERY,
    DONE,
    END,
    ENDS,
    EVENTS,
    FAR,
    FINISHED,
    FIRST,
    FLYING_FIRST,
    FOLLOWERS,
    FREE_AT,
    FRESH,
    HIGH,
    HOSTS,
    IDLE,
    IDLER,
    IDLERS,
    LATER,
    LEAF,
    LOW,
    MESSAGE,
    MORE,
    NEVER,
    NOBODY,
    NOTIFY,
    NOW,
    OPENED,
    OPENING,
    OVERFLOW,
    READY,
    RECEIVER,
    REMAINING,
    SENDER,
    SENDING,
    STATUS,
    STATUS_MASK,
    STOP_AT,
    TOUCHED,
    UNCONFIRMED,
    WAITING,
    WAITS,
    PortState,
)


def run(state: PortState, limit: int, most: int) -> int:
    """Handle `most` events or more strictly before `limit`, whole instants; say why it ended."""
    clock = state.clock
    handled = 0
    status = MORE
    while handled < most:
        first = upcoming(state)
        if first > clock[STOP_AT]:
            status = NOTIFY
            break
        if first >= limit:
            status = IDLE
            break
        if first > FAR:
            status = OVERFLOW
            break
        clock[NOW] = first
        handled += instant(state, first)
    clock[EVENTS] += handled
    return status


def upcoming(state: PortState) -> int:
    """Return the time of the next event."""
    first: int = state.tree[1]
    if state.clock[LATER] > 0:
        first = min(first, state.later[0])
    return first


def instant(state: PortState, now: int) -> int:
    """Handle what happens at `now`: all that ends, then all that can start; return the events."""
    clock = state.clock
    events = 0
    while state.tree[1] == now:
        end_of(state, winner(state, now), now)
        events += 1
    while clock[LATER] > 0 and state.later[0] == now:
        message = state.later[1]
        drop(state.later, clock[LATER])
        clock[LATER] -= 1
        due(state, message, now)
        events += 1
    compute(state, now)
    start_waiting(state, now)
    start_fresh(state, now)
    return events


def winner(state: PortState, now: int) -> int:
    """Return the first leaf of the tree, counted from 0, whose instant is `now`."""
    tree = state.tree
    leaf: int = state.fixed[LEAF]
    at = 1
    while at < leaf:
        at = 2 * at
        if tree[at] != now:
            at += 1
    return at - leaf


def end_of(state: PortState, source: int, now: int) -> None:
    """Free a sender's port, deliver a message, or open slots: whatever leaf `source` stands for."""
    hosts = state.fixed[HOSTS]
    clock = state.clock
    if source < hosts:
        replace(state.tree, state.fixed[LEAF] + source, NEVER)
        if state.senders[source * SENDER + FIRST] != NOBODY:
            state.touched[clock[TOUCHED]] = source
            clock[TOUCHED] += 1
    elif source < DELIVERY * hosts + hosts:
        receiver = source - DELIVERY * hosts
        message = state.receivers[receiver * RECEIVER + FLYING_FIRST]
        land(state, message, receiver)
        arrive(state, message, now)
    else:
        open_slots(state, source - OPENING * hosts, now)


def due(state: PortState, message: int, now: int) -> None:
    """Go on with `message`, for which this instant was noted."""
    clock = state.clock
    if state.messages[message * MESSAGE + STATUS] == BLOCKED:
        state.fresh[clock[FRESH]] = message
        clock[FRESH] += 1
    else:
        settle(state, message, now)


def arrive(state: PortState, message: int, now: int) -> None:
    """Take note that the receiver has `message`."""
    row = message * MESSAGE
    if state.batches[state.messages[row + BATCH_OF] * BATCH + CONFIRMED] == 0:
        settle(state, message, now)
    else:
        state.messages[row + STATUS] = UNCONFIRMED
        note(state, now + state.back[message], message)


def note(state: PortState, time: int, message: int) -> None:
    """See to it that `message` is `due` at `time`."""
    push(state.later, state.clock[LATER], time, message, 0)
    state.clock[LATER] += 1


def settle(state: PortState, message: int, now: int) -> None:
    """Count a done message in its batch, and release its successors."""
    clock = state.clock
    row = message * MESSAGE
    state.messages[row + STATUS] = DONE
    clock[ACTIVE] -= 1
    batch = state.messages[row + BATCH_OF] * BATCH
    state.batches[batch + REMAINING] -= 1
    if state.batches[batch + REMAINING] == 0:
        state.finished[clock[FINISHED]] = batch // BATCH
        clock[FINISHED] += 1
        clock[STOP_AT] = now
    followers = state.messages[row + FOLLOWERS]
    first = followers & LOW
    for position in range(first, first + (followers >> HIGH)):
        release(state, state.successors[position], now + state.lags[position], now)


def release(state: PortState, message: int, ready: int, now: int) -> None:
    """Count a predecessor of `message` that lets it start at `ready`."""
    clock = state.clock
    row = message * MESSAGE
    messages = state.messages
    ready = max(ready, messages[row + READY])
    messages[row + READY] = ready
    messages[row + STATUS] -= WAITS
    if messages[row + STATUS] == BLOCKED:
        if ready > now:
            note(state, ready, message)
        else:
            state.fresh[clock[FRESH]] = message
            clock[FRESH] += 1


def compute(state: PortState, now: int) -> None:
    """Begin the calculations that have become ready; messages stay in `fresh`.

    One that takes no time is over at once, and may make others ready at this instant.
    """
    clock = state.clock
    messages = state.messages
    kept = 0
    at = 0
    while at < clock[FRESH]:
        message = state.fresh[at]
        at += 1
        row = message * MESSAGE
        messages[row + READY] = now
        if messages[row + ENDS] & LOW != messages[row + ENDS] >> HIGH:
            state.fresh[kept] = message
            kept += 1
            continue
        messages[row + END] = now + messages[row + SENDING]
        if messages[row + SENDING] == 0:
            settle(state, message, now)
        else:
            messages[row + STATUS] = COMPUTING
            note(state, now + messages[row + SENDING], message)
    clock[FRESH] = kept


def start_waiting(state: PortState, now: int) -> None:
    """Start what waited and can start now, in the order (ready, message).

    Nothing that starts lets another start, so the first that can of each port that has become free
    and of each slot that has opened are all that have to be compared.
    """
    clock = state.clock
    for at in range(clock[TOUCHED]):
        offer_of_sender(state, state.touched[at], now)
    for at in range(clock[OPENED]):
        offer_of_slot(state, state.opened[at], now)
    while clock[CANDIDATES] > 0:
        message = state.candidates[1]
        source = state.candidates[2]
        drop(state.candidates, clock[CANDIDATES])
        clock[CANDIDATES] -= 1
        waits = state.messages[message * MESSAGE + STATUS] & STATUS_MASK == WAITING
        if waits and can_start(state, message, now):
            leave(state, message)
            start(state, message, now)
        if source < state.fixed[HOSTS]:
            offer_of_sender(state, source, now)
        else:
            offer_of_slot(state, source - state.fixed[HOSTS], now)
    for at in range(clock[TOUCHED]):
        rest(state, state.touched[at], now)
    clock[TOUCHED] = 0
    clock[OPENED] = 0


def offer_of_sender(state: PortState, sender: int, now: int) -> None:
    """Make the first message that `sender` can start a candidate."""
    if state.senders[sender * SENDER + FREE_AT] <= now:
        offer(state, first_of_sender(state, sender, now), sender)


def offer_of_slot(state: PortState, slot: int, now: int) -> None:
    """Make the first message that can start in `slot` a candidate, if the slot is still open."""
    if opening(state, slot) <= now:
        offer(state, first_of_slot(state, slot), state.fixed[HOSTS] + slot)


def offer(state: PortState, message: int, source: int) -> None:
    """Make `message` the candidate of `source`, unless it is NOBODY."""
    if message != NOBODY:
        ready = state.messages[message * MESSAGE + READY]
        push(state.candidates, state.clock[CANDIDATES], ready, message, source)
        state.clock[CANDIDATES] += 1


def rest(state: PortState, sender: int, now: int) -> None:
    """Count `sender` among the idlers if its port stays free though messages wait."""
    row = sender * SENDER
    waits = state.senders[row + FIRST] != NOBODY and state.senders[row + FREE_AT] <= now
    if waits and state.senders[row + IDLER] == 0:
        state.senders[row + IDLER] = 1
        state.clock[IDLERS] += 1


def start_fresh(state: PortState, now: int) -> None:
    """Start, or let wait, what has become ready at this instant: those that waited came before."""
    clock = state.clock
    count = clock[FRESH]
    sort(state.fresh, count)
    for at in range(count):
        message = state.fresh[at]
        if can_start(state, message, now):
            start(state, message, now)
        else:
            wait(state, message, now)
    clock[FRESH] = 0
