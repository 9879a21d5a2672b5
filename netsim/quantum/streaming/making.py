"""Making pairs on the links of a path: `netsim.quantum.generation`, in arrays.

See there for what happens and why; each function here is the method of its name there.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from netsim.fabric.compiled import draw, fraction
from netsim.quantum.generation import HERALD, REQUEST
from netsim.quantum.streaming import layout as at
from netsim.quantum.streaming.layout import Stream
from netsim.quantum.streaming.queue import ARRIVE, FAILED, FOUND, JUMPED, PASSED, POLL, push

#: As in `generation`: more than the memories on one side of any router.
SPREAD: Final = 1 << 12
_UNIT: Final = 2.0**-53


def half(s: Stream, memory: int, column: int) -> int:
    """Return a cell of a half."""
    return s.halves[memory * at.HALF + column]  # type: ignore[no-any-return]


def put(s: Stream, memory: int, column: int, value: int) -> None:
    """Set a cell of a half."""
    s.halves[memory * at.HALF + column] = value


def of_link(s: Stream, memory: int, column: int) -> int:
    """Return a cell of a half's link."""
    link = s.halves[memory * at.HALF + at.OF_LINK]
    return s.links[link * at.LINK + column]  # type: ignore[no-any-return]


def order(s: Stream, up: int) -> int:
    """Return the class of a link's results for the memory of its requester."""
    return HERALD + half(s, up, at.OF_LINK) * SPREAD + half(s, up, at.INDEX)


def replier(s: Stream, up: int, down: int) -> int:
    """Return the half whose router chooses when to emit."""
    return up if of_link(s, up, at.FORWARD) else down


def freed(s: Stream, memory: int) -> None:
    """Take back a memory that holds nothing any more."""
    put(s, memory, at.FREE, 1)
    if half(s, memory, at.DOWN):
        ask(s, memory)
    elif of_link(s, memory, at.POLLING) > 0:
        let_poll(s, half(s, memory, at.OF_LINK))


def ask(s: Stream, up: int) -> None:
    """Let a request for a partner arrive at the other router."""
    time = s.clock[at.NOW] + of_link(s, up, at.DELAY)
    index, token = half(s, up, at.INDEX), half(s, up, at.TOKEN)
    push(s, time, REQUEST + index, ARRIVE, up, token, 0, 0, 0)


def free_down(s: Stream, link: int) -> int:
    """Return the free memory of the lowest index at the responder, -1 if there is none."""
    memories = s.fixed[at.MEMORIES]
    first = (2 * link + 1) * memories
    for down in range(first, first + memories):
        if half(s, down, at.FREE):
            return down
    return -1


def arrive(s: Stream, up: int, token: int) -> None:
    """Pair a request's memory with one that is free, or let it poll."""
    if half(s, up, at.TOKEN) != token or not half(s, up, at.FREE):
        return
    now, link = s.clock[at.NOW], half(s, up, at.OF_LINK)
    down = half(s, up, at.PARTNER)
    if down < 0 or not half(s, down, at.FREE):
        down = free_down(s, link)
        if of_link(s, up, at.JUMPING) > 0 and unfold(s, link, down):
            push(s, now, REQUEST + half(s, up, at.INDEX), ARRIVE, up, token, 0, 0, 0)
            return
    if down >= 0:
        pair_up(s, up, down)
        return
    if half(s, up, at.SINCE) < 0:
        put(s, up, at.SINCE, now)
        count = s.links[link * at.LINK + at.POLLING]
        s.polling[link * s.fixed[at.MEMORIES] + count] = up
        s.links[link * at.LINK + at.POLLING] = count + 1
    put(s, up, at.POLLED, -1)


def let_poll(s: Stream, link: int) -> None:
    """Schedule the next request of each memory that polls."""
    now, period = s.clock[at.NOW], 2 * s.links[link * at.LINK + at.DELAY]
    first = link * s.fixed[at.MEMORIES]
    for place in range(first, first + s.links[link * at.LINK + at.POLLING]):
        up = s.polling[place]
        time = now
        if period > 0:
            time = now + (half(s, up, at.SINCE) - now) % period
        if half(s, up, at.POLLED) != time:
            put(s, up, at.POLLED, time)
            push(s, time, REQUEST + half(s, up, at.INDEX), POLL, up, time, 0, 0, 0)


def poll(s: Stream, up: int, time: int) -> None:
    """Take one of the requests that a memory sends again and again."""
    if half(s, up, at.SINCE) < 0 or half(s, up, at.POLLED) != time:
        return
    link = half(s, up, at.OF_LINK)
    down = half(s, up, at.PARTNER)
    if down < 0 or not half(s, down, at.FREE):
        down = free_down(s, link)
    if down >= 0:
        put(s, up, at.SINCE, -1)
        take_out(s, s.polling, link, at.POLLING, up)
        pair_up(s, up, down)


def take_out(s: Stream, places: np.ndarray, link: int, column: int, up: int) -> None:
    """Take a half out of a link's list, which keeps its order."""
    first = link * s.fixed[at.MEMORIES]
    count = s.links[link * at.LINK + column]
    kept = 0
    for place in range(first, first + count):
        one = places[place]
        if one != up:
            places[first + kept] = one
            kept += 1
    s.links[link * at.LINK + column] = kept


def pair_up(s: Stream, up: int, down: int) -> None:
    """Begin attempts of two memories, whose pairing was accepted now."""
    put(s, up, at.FREE, 0)
    put(s, down, at.FREE, 0)
    answers = replier(s, up, down)
    ready = max(s.clock[at.NOW] + of_link(s, up, at.LEAD), half(s, answers, at.EXCITABLE))
    emission = ready + of_link(s, up, at.DELAY)
    put(s, answers, at.EXCITABLE, emission + of_link(s, up, at.RECOVERY))
    if of_link(s, up, at.POLLING) > 0:
        attempt(s, up, down, emission)
    else:
        jump(s, up, down, emission)


def planned(s: Stream, up: int) -> bool:
    """Return whether a half has failures to go before its next pair, drawn now if need be."""
    if half(s, up, at.FAILS) < 0:
        place = half(s, up, at.CURSOR)
        put(s, up, at.CURSOR, place + 1)
        fails = s.failures[up * at.BLOCK + place]
        put(s, up, at.TRIES, fails + 1 if fails >= 0 else 0)
        put(s, up, at.FAILS, fails)
        put(s, up, at.SECONDS, s.seconds[up * at.BLOCK + place])
    return half(s, up, at.FAILS) >= 0


def reaches_second(s: Stream, up: int) -> int:
    """Return whether the next failure of a plan had a second round."""
    failures, seconds = half(s, up, at.FAILS), half(s, up, at.SECONDS)
    if seconds == 0:
        return 0
    if seconds == failures:
        return 1
    counter = half(s, up, at.COUNTER)
    put(s, up, at.COUNTER, counter + 1)
    uniform = fraction(draw(s.fixed[at.KEY], half(s, up, at.ENTITY), counter)) * _UNIT
    return 1 if uniform * failures < seconds else 0


def last_of(s: Stream, up: int, begin: int) -> int:
    """Return the last emission of a successful attempt that began at `begin`."""
    return begin + of_link(s, up, at.SECOND) if of_link(s, up, at.ROUNDS) == 2 else begin


def jump(s: Stream, up: int, down: int, emission: int) -> None:
    """Go through a run of attempts at once."""
    if not planned(s, up):
        return
    link = half(s, up, at.OF_LINK)
    begin = emission + of_link(s, up, at.SPACING) * half(s, up, at.FAILS)
    begin += of_link(s, up, at.SECOND) * half(s, up, at.SECONDS)
    last = last_of(s, up, begin)
    put(s, up, at.JUMP, down)
    put(s, up, at.BEGIN, emission)
    count = s.links[link * at.LINK + at.JUMPING]
    s.jumping[link * s.fixed[at.MEMORIES] + count] = up
    s.links[link * at.LINK + at.JUMPING] = count + 1
    time = last + of_link(s, up, at.FLIGHT)
    push(s, time, order(s, up), JUMPED, up, down, begin, last, half(s, up, at.TOKEN))


def unfold(s: Stream, link: int, found: int) -> bool:
    """Turn runs whose memory may be free now into single attempts."""
    row, memories = link * at.LINK, s.fixed[at.MEMORIES]
    least = memories if found < 0 else half(s, found, at.INDEX)
    first, count, kept = link * memories, s.links[row + at.JUMPING], 0
    between = False
    for place in range(first, first + count):
        up = s.jumping[place]
        down = half(s, up, at.JUMP)
        if half(s, down, at.INDEX) > least:
            s.jumping[first + kept] = up
            kept += 1
            continue
        put(s, up, at.TOKEN, half(s, up, at.TOKEN) + 1)
        if walk(s, up, down):
            between = True
    s.links[row + at.JUMPING] = kept
    return between


def walk(s: Stream, up: int, down: int) -> bool:
    """Walk along a run up to now; return whether its memories are between two attempts."""
    now, flight = s.clock[at.NOW], of_link(s, up, at.FLIGHT)
    delay, emission = of_link(s, up, at.DELAY), half(s, up, at.BEGIN)
    while half(s, up, at.FAILS) > 0:
        late = reaches_second(s, up)
        put(s, up, at.FAILS, half(s, up, at.FAILS) - 1)
        put(s, up, at.SECONDS, half(s, up, at.SECONDS) - late)
        last = emission + of_link(s, up, at.SECOND) * late
        if last + flight > now:
            fails(s, up, down, last)
            return False
        emission = last + of_link(s, up, at.SPACING)
        if last + flight + delay >= now:
            rest(s, up, down, last)
            put(s, up, at.FREE, 1)
            put(s, down, at.FREE, 1)
            put(s, up, at.PARTNER, down)
            index, token = half(s, up, at.INDEX), half(s, up, at.TOKEN)
            push(s, last + flight + delay, REQUEST + index, ARRIVE, up, token, 0, 0, 0)
            return True
    last, token = last_of(s, up, emission), half(s, up, at.TOKEN)
    push(s, last + flight, order(s, up), FOUND, up, down, emission, last, token)
    return False


def rest(s: Stream, up: int, down: int, last: int) -> None:
    """Let the replier's memory recover from its last emission."""
    put(s, replier(s, up, down), at.EXCITABLE, last + of_link(s, up, at.RECOVERY))


def fails(s: Stream, up: int, down: int, last: int) -> None:
    """Let an attempt fail whose last emission is at `last`."""
    rest(s, up, down, last)
    time = last + of_link(s, up, at.FLIGHT)
    push(s, time, order(s, up), FAILED, up, down, half(s, up, at.TOKEN), 0, 0)


def attempt(s: Stream, up: int, down: int, emission: int) -> None:
    """Make one attempt whose first emission is at `emission`."""
    if not planned(s, up):
        return
    time, token = emission + of_link(s, up, at.FLIGHT), half(s, up, at.TOKEN)
    left = half(s, up, at.FAILS)
    passed = of_link(s, up, at.ROUNDS) == 2
    if left > 0:
        passed = reaches_second(s, up) == 1
    if passed:
        push(s, time, order(s, up), PASSED, up, down, emission, 0, 0)
    elif left == 0:
        push(s, time, order(s, up), FOUND, up, down, emission, emission, token)
    else:
        put(s, up, at.FAILS, left - 1)
        fails(s, up, down, emission)


def passed(s: Stream, up: int, down: int, begin: int) -> None:
    """Begin the second round of an attempt whose first has passed."""
    answers, delay = replier(s, up, down), of_link(s, up, at.DELAY)
    emission = max(s.clock[at.NOW] + delay, half(s, answers, at.EXCITABLE)) + delay
    put(s, answers, at.EXCITABLE, emission + of_link(s, up, at.RECOVERY))
    left = half(s, up, at.FAILS)
    if left > 0:
        put(s, up, at.FAILS, left - 1)
        put(s, up, at.SECONDS, half(s, up, at.SECONDS) - 1)
        fails(s, up, down, emission)
    else:
        time, token = emission + of_link(s, up, at.FLIGHT), half(s, up, at.TOKEN)
        push(s, time, order(s, up), FOUND, up, down, begin, emission, token)


def failed(s: Stream, up: int, down: int, token: int) -> None:
    """Free both memories after a failed attempt, and ask again."""
    if half(s, up, at.TOKEN) != token:
        return
    put(s, up, at.FREE, 1)
    put(s, down, at.FREE, 1)
    put(s, up, at.PARTNER, down)
    ask(s, up)
    if of_link(s, up, at.POLLING) > 0:
        let_poll(s, half(s, up, at.OF_LINK))


def succeeds(s: Stream, up: int, down: int, last: int) -> None:
    """Note that a run of attempts has led to a pair."""
    answers = replier(s, up, down)
    ready = max(half(s, answers, at.EXCITABLE), last + of_link(s, up, at.RECOVERY))
    put(s, answers, at.EXCITABLE, ready)
    put(s, up, at.FAILS, -1)
    put(s, up, at.PARTNER, -1)
