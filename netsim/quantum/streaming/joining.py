"""What the routers of a path do with their pairs: `netsim.quantum.path`, in arrays.

Only paths on which every pair has one router alone that may use it, without purification and
cutoffs: no request is ever refused, so swaps are granted at times that are known beforehand. Each
function here is the method of its name there.
"""

from __future__ import annotations

import math
from typing import Final

from netsim.quantum.decay import PS
from netsim.quantum.generation import MEASURE as MEASURES
from netsim.quantum.streaming import layout as at
from netsim.quantum.streaming.layout import Stream
from netsim.quantum.streaming.making import freed, half, put, succeeds, take_out
from netsim.quantum.streaming.queue import LOSE, MEASURE, STOP, TOLD, push

#: Codes of causes, as `tables.CAUSES` has them.
DELIVERED: Final = 0
SWAPPED: Final = 1
FAILED: Final = 4
ENDED: Final = 5

_NO_MORE: Final = 1 << 62


def of_pair(s: Stream, pair: int, column: int) -> int:
    """Return a cell of a pair."""
    return s.pairs[(pair & (s.fixed[at.RING] - 1)) * at.ROW + column]  # type: ignore[no-any-return]


def set_pair(s: Stream, pair: int, column: int, value: int) -> None:
    """Set a cell of a pair."""
    s.pairs[(pair & (s.fixed[at.RING] - 1)) * at.ROW + column] = value


def place_of(s: Stream, pair: int, column: int) -> int:
    """Return the position of one half of a pair."""
    return half(s, of_pair(s, pair, column), at.POSITION)


def new_pair(s: Stream, near: int, far: int, birth: int, read: int) -> int:
    """Return the number of a new pair, whose row is set but for its state."""
    number, now = s.clock[at.NUMBER], s.clock[at.NOW]
    s.clock[at.NUMBER] = number + 1
    set_pair(s, number, at.NUM, number)
    set_pair(s, number, at.NEAR, near)
    set_pair(s, number, at.FAR, far)
    set_pair(s, number, at.CREATED, now)
    set_pair(s, number, at.BIRTH, birth)
    set_pair(s, number, at.READ_NEAR, read)
    set_pair(s, number, at.READ_FAR, read)
    set_pair(s, number, at.DUE_NEAR, now)
    set_pair(s, number, at.DUE_FAR, now)
    set_pair(s, number, at.HANDED, 0)
    set_pair(s, number, at.LOST, 0)
    return number  # type: ignore[no-any-return]


def decay(s: Stream, pair: int, memory: int, stored: int) -> None:
    """Let one half of a pair decay for `stored` ps."""
    if not half(s, memory, at.DECAYS):
        return
    place, rate = (pair & (s.fixed[at.RING] - 1)) * 4, memory * 3
    i, z, x, y = s.states[place], s.states[place + 1], s.states[place + 2], s.states[place + 3]
    seconds = stored * PS
    a = (i + z - x - y) * math.exp(-s.rates[rate] * seconds)
    b = (i - z - x + y) * math.exp(-s.rates[rate + 1] * seconds)
    c = (i - z + x - y) * math.exp(-s.rates[rate + 2] * seconds)
    whole = i + z + x + y
    s.states[place] = (whole + a + b + c) / 4
    s.states[place + 1] = (whole + a - b - c) / 4
    s.states[place + 2] = (whole - a - b + c) / 4
    s.states[place + 3] = (whole - a + b - c) / 4


def read(s: Stream, pair: int, near: int, far: int) -> None:
    """Let each half decay up to an instant (ps)."""
    since = of_pair(s, pair, at.READ_NEAR)
    if near > since:
        decay(s, pair, of_pair(s, pair, at.NEAR), near - since)
        set_pair(s, pair, at.READ_NEAR, near)
    since = of_pair(s, pair, at.READ_FAR)
    if far > since:
        decay(s, pair, of_pair(s, pair, at.FAR), far - since)
        set_pair(s, pair, at.READ_FAR, far)


def end(s: Stream, pair: int, cause: int) -> None:
    """End a pair, unless it is no more, and write its row."""
    if of_pair(s, pair, at.LOST):
        return
    set_pair(s, pair, at.LOST, 1)
    if cause != DELIVERED and not s.fixed[at.ALL]:
        return
    now = s.clock[at.NOW]
    read(s, pair, now, now)
    ring = pair & (s.fixed[at.RING] - 1)
    row = s.clock[at.ROWS]
    s.clock[at.ROWS] = row + 1
    out = row * at.OUT
    s.rows[out + at.OUT_NUMBER] = pair
    s.rows[out + at.OUT_NEAR] = place_of(s, pair, at.NEAR)
    s.rows[out + at.OUT_FAR] = place_of(s, pair, at.FAR)
    s.rows[out + at.OUT_LEVEL] = of_pair(s, pair, at.LEVEL)
    s.rows[out + at.OUT_CREATED] = of_pair(s, pair, at.CREATED)
    s.rows[out + at.OUT_ENDED] = now
    s.rows[out + at.OUT_CAUSE] = cause
    s.rows[out + at.OUT_ATTEMPTS] = of_pair(s, pair, at.ATTEMPTS)
    s.rows[out + at.OUT_BIRTH] = of_pair(s, pair, at.BIRTH)
    s.values[2 * row] = s.states[4 * ring]
    s.values[2 * row + 1] = s.waits[ring]


def free(s: Stream, memory: int) -> None:
    """Let a memory hold nothing."""
    put(s, memory, at.PAIR, -1)
    put(s, memory, at.KNOWN, -1)
    put(s, memory, at.CLAIM, -1)
    freed(s, memory)


def jumped(s: Stream, up: int, down: int, begin: int, last: int, token: int) -> None:
    """End a run of attempts that nobody interrupted."""
    if half(s, up, at.TOKEN) == token:
        take_out(s, s.jumping, half(s, up, at.OF_LINK), at.JUMPING, up)
        heralded(s, up, down, begin, last)


def found(s: Stream, up: int, down: int, begin: int, last: int, token: int) -> None:
    """End a successful attempt."""
    if half(s, up, at.TOKEN) == token:
        heralded(s, up, down, begin, last)


def heralded(s: Stream, up: int, down: int, begin: int, last: int) -> None:
    """Take a link's new pair, whose herald reaches both routers now."""
    succeeds(s, up, down, last)
    link = half(s, up, at.OF_LINK)
    since = last if s.links[link * at.LINK + at.EMISSION] else s.clock[at.NOW]
    pair = new_pair(s, up, down, begin, since)
    set_pair(s, pair, at.LEVEL, 1)
    set_pair(s, pair, at.ATTEMPTS, half(s, up, at.TRIES))
    ring = pair & (s.fixed[at.RING] - 1)
    for weight in range(4):
        s.states[4 * ring + weight] = s.raw[4 * link + weight]
    s.waits[ring] = 0.0
    put(s, up, at.PAIR, pair)
    put(s, up, at.KNOWN, pair)
    put(s, down, at.PAIR, pair)
    put(s, down, at.KNOWN, pair)
    look(s, up)
    if half(s, down, at.KNOWN) == pair and half(s, down, at.CLAIM) < 0:
        look(s, down)


def look(s: Stream, memory: int) -> None:
    """Do with a memory's pair what the rules say."""
    pair = half(s, memory, at.KNOWN)
    if pair < 0 or half(s, memory, at.CLAIM) >= 0:
        return
    if of_pair(s, pair, at.HANDED) or good(s, pair):
        if whole(s, pair):
            hand_over(s, memory, pair)
        elif 0 < half(s, memory, at.POSITION) < s.fixed[at.LINKS]:
            seek(s, memory, pair)


def whole(s: Stream, pair: int) -> bool:
    """Return whether a pair joins both ends."""
    return place_of(s, pair, at.NEAR) == 0 and place_of(s, pair, at.FAR) == s.fixed[at.LINKS]


def good(s: Stream, pair: int) -> bool:
    """Return whether a pair has the wanted fidelity now."""
    if not s.fixed[at.STEADY]:
        read(s, pair, s.clock[at.NOW], s.clock[at.NOW])
    return s.states[4 * (pair & (s.fixed[at.RING] - 1))] >= s.chances[at.TARGET]  # type: ignore[no-any-return]


def hand_over(s: Stream, memory: int, pair: int) -> None:
    """Hand over one half; the pair is delivered with the second, if none was lost till then."""
    now = s.clock[at.NOW]
    if memory == of_pair(s, pair, at.NEAR):
        read(s, pair, now, of_pair(s, pair, at.READ_FAR))
        set_pair(s, pair, at.READ_NEAR, _NO_MORE)
    else:
        read(s, pair, of_pair(s, pair, at.READ_NEAR), now)
        set_pair(s, pair, at.READ_FAR, _NO_MORE)
    handed = of_pair(s, pair, at.HANDED) + 1
    set_pair(s, pair, at.HANDED, handed)
    complete = handed == 2 and not of_pair(s, pair, at.LOST)
    if complete:
        end(s, pair, DELIVERED)
    free(s, memory)
    if complete:
        delivered(s, pair)


def delivered(s: Stream, pair: int) -> None:
    """Count a delivered pair, and stop if it was the last one wanted."""
    ring = pair & (s.fixed[at.RING] - 1)
    count = s.clock[at.DELIVERED] + 1
    s.clock[at.DELIVERED] = count
    if count == 1:
        s.clock[at.FIRST] = s.clock[at.NOW]
    for weight in range(4):
        s.sums[weight] += s.states[4 * ring + weight]
    if count == s.fixed[at.WANTED]:
        s.clock[at.SERVED] = s.clock[at.NOW]
        push(s, s.clock[at.NOW], 0, STOP, 0, 0, 0, 0, 0)


def expected(s: Stream, memory: int, pair: int) -> bool:
    """Return whether a pair is one that its inner router may swap."""
    position = half(s, memory, at.POSITION)
    if half(s, memory, at.DOWN):
        return s.partners[2 * position + 1] == place_of(s, pair, at.FAR)  # type: ignore[no-any-return]
    return s.partners[2 * position] == place_of(s, pair, at.NEAR)  # type: ignore[no-any-return]


def ready(s: Stream, memory: int) -> bool:
    """Return whether a memory's pair may be swapped at its router."""
    pair = half(s, memory, at.KNOWN)
    if pair < 0 or half(s, memory, at.CLAIM) >= 0 or not expected(s, memory, pair):
        return False
    return good(s, pair)


def seek(s: Stream, memory: int, pair: int) -> None:
    """Swap a pair with that of the lowest index on the other side that is ready."""
    if not expected(s, memory, pair):
        return
    memories, position = s.fixed[at.MEMORIES], half(s, memory, at.POSITION)
    towards = half(s, memory, at.DOWN)
    first = (2 * position - 1) * memories if towards else 2 * position * memories
    companion = -1
    for one in range(first, first + memories):
        # All are looked at, since a look lets a pair decay.
        if ready(s, one) and companion < 0:
            companion = one
    if companion < 0:
        return
    swap = s.clock[at.FREE_SWAP]
    row = swap * at.SWAP
    s.clock[at.FREE_SWAP] = s.swaps[row]
    other = half(s, companion, at.KNOWN)
    s.swaps[row + at.LEFT] = companion if towards else memory
    s.swaps[row + at.RIGHT] = memory if towards else companion
    s.swaps[row + at.NEAR_PAIR] = other if towards else pair
    s.swaps[row + at.FAR_PAIR] = pair if towards else other
    put(s, memory, at.CLAIM, swap)
    put(s, companion, at.CLAIM, swap)
    if s.fixed[at.HANDSHAKE]:
        push(s, granted(s, swap), MEASURES, MEASURE, swap, 0, 0, 0, 0)
    else:
        measure(s, swap)


def granted(s: Stream, swap: int) -> int:
    """Return when both partners' answers are there."""
    row, nodes = swap * at.SWAP, s.fixed[at.LINKS] + 1
    position = half(s, s.swaps[row + at.LEFT], at.POSITION)
    near, far = s.swaps[row + at.NEAR_PAIR], s.swaps[row + at.FAR_PAIR]
    delay = s.delays[position * nodes + place_of(s, near, at.NEAR)]
    one = answered(s, delay, of_pair(s, near, at.DUE_NEAR))
    delay = s.delays[position * nodes + place_of(s, far, at.FAR)]
    return max(one, answered(s, delay, of_pair(s, far, at.DUE_FAR)))


def answered(s: Stream, delay: int, told: int) -> int:
    """Return when a partner's answer is there, who is asked until it was told of its pair."""
    asked = s.clock[at.NOW] + delay
    if told > asked:
        asked = told if delay == 0 else asked - (asked - told) // (2 * delay) * 2 * delay
    return asked + delay  # type: ignore[no-any-return]


def measure(s: Stream, swap: int) -> None:
    """Measure two halves, and join the others or lose them."""
    row = swap * at.SWAP
    left, right = s.swaps[row + at.LEFT], s.swaps[row + at.RIGHT]
    s.swaps[row] = s.clock[at.FREE_SWAP]
    s.clock[at.FREE_SWAP] = swap
    near, far = half(s, left, at.PAIR), half(s, right, at.PAIR)
    now, position = s.clock[at.NOW], half(s, left, at.POSITION)
    works = not of_pair(s, near, at.LOST) and not of_pair(s, far, at.LOST)
    if works and s.chances[at.SUCCESS] < 1:
        works = lucky(s, position) < s.chances[at.SUCCESS]
    if works:
        read(s, near, now, now)
        read(s, far, now, now)
        end(s, near, SWAPPED)
        end(s, far, SWAPPED)
        join(s, near, far)
    else:
        end(s, near, FAILED)
        end(s, far, FAILED)
        lose_later(s, position, near, of_pair(s, near, at.NEAR))
        lose_later(s, position, far, of_pair(s, far, at.FAR))
    free(s, left)
    free(s, right)


def lucky(s: Stream, position: int) -> float:
    """Return the next draw of a router's swaps."""
    used = s.lucks[2 * position]
    s.lucks[2 * position] = used + 1
    if s.lucks[2 * position + 1] - used - 1 < at.RESERVE:
        s.clock[at.LOW] = 1 + position
    return s.luck[position * 2 * at.BLOCK + used]  # type: ignore[no-any-return]


def lose_later(s: Stream, position: int, pair: int, outer: int) -> None:
    """Tell the other end of a pair that it is no more."""
    nodes = s.fixed[at.LINKS] + 1
    time = s.clock[at.NOW] + s.delays[position * nodes + half(s, outer, at.POSITION)]
    push(s, time, 0, LOSE, pair, outer, 0, 0, 0)


def join(s: Stream, near: int, far: int) -> None:
    """Make one pair of two, and tell both ends."""
    now, ring = s.clock[at.NOW], s.fixed[at.RING] - 1
    position = place_of(s, near, at.FAR)
    nodes = s.fixed[at.LINKS] + 1
    birth = min(of_pair(s, near, at.BIRTH), of_pair(s, far, at.BIRTH))
    one, other = of_pair(s, near, at.NEAR), of_pair(s, far, at.FAR)
    pair = new_pair(s, one, other, birth, now)
    state(s, 4 * (near & ring), 4 * (far & ring), 4 * (pair & ring))
    set_pair(s, pair, at.LEVEL, of_pair(s, near, at.LEVEL) + of_pair(s, far, at.LEVEL))
    tried = of_pair(s, near, at.ATTEMPTS) + of_pair(s, far, at.ATTEMPTS)
    set_pair(s, pair, at.ATTEMPTS, tried)
    s.waits[pair & ring] = abs(of_pair(s, near, at.CREATED) - of_pair(s, far, at.CREATED)) * PS
    heard = max(now, of_pair(s, near, at.DUE_FAR), of_pair(s, far, at.DUE_NEAR))
    due = heard + s.delays[position * nodes + half(s, one, at.POSITION)]
    set_pair(s, pair, at.DUE_NEAR, max(due, of_pair(s, near, at.DUE_NEAR)))
    due = heard + s.delays[position * nodes + half(s, other, at.POSITION)]
    set_pair(s, pair, at.DUE_FAR, max(due, of_pair(s, far, at.DUE_FAR)))
    tell(s, pair, one, of_pair(s, pair, at.DUE_NEAR))
    tell(s, pair, other, of_pair(s, pair, at.DUE_FAR))


def state(s: Stream, a: int, b: int, out: int) -> None:
    """Write the state of two swapped pairs."""
    simple = s.chances[at.DEGRADATION]
    if simple >= 0:
        fidelity = s.states[a] * s.states[b] * simple
        other = (1 - fidelity) / 3
        s.states[out] = fidelity
        s.states[out + 1] = other
        s.states[out + 2] = other
        s.states[out + 3] = other
        return
    a0, a1, a2, a3 = s.states[a], s.states[a + 1], s.states[a + 2], s.states[a + 3]
    b0, b1, b2, b3 = s.states[b], s.states[b + 1], s.states[b + 2], s.states[b + 3]
    i = a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3
    z = a0 * b1 + a1 * b0 + a2 * b3 + a3 * b2
    x = a0 * b2 + a2 * b0 + a1 * b3 + a3 * b1
    y = a0 * b3 + a3 * b0 + a1 * b2 + a2 * b1
    gate, right = s.chances[at.GATE], s.chances[at.MEASUREMENT]
    if gate != 1.0 or right != 1.0:
        wrong = 1 - right
        k0, k1, k2, k3 = right * right, right * wrong, wrong * right, wrong * wrong
        mixed = (1 - gate) / 4
        n0 = gate * (i * k0 + z * k1 + x * k2 + y * k3) + mixed
        n1 = gate * (i * k1 + z * k0 + x * k3 + y * k2) + mixed
        n2 = gate * (i * k2 + x * k0 + z * k3 + y * k1) + mixed
        n3 = gate * (i * k3 + y * k0 + z * k2 + x * k1) + mixed
        i, z, x, y = n0, n1, n2, n3
    s.states[out] = i
    s.states[out + 1] = z
    s.states[out + 2] = x
    s.states[out + 3] = y


def tell(s: Stream, pair: int, memory: int, due: int) -> None:
    """Let one end of a swapped pair hear of it, if it does anything then."""
    old = half(s, memory, at.PAIR)
    if old >= 0 and due_of(s, old, memory) <= s.clock[at.NOW]:
        put(s, memory, at.KNOWN, old)
    put(s, memory, at.PAIR, pair)
    position = half(s, memory, at.POSITION)
    inside = 0 < position < s.fixed[at.LINKS]
    matters = expected(s, memory, pair) if inside else whole(s, pair)
    if matters:
        push(s, due, 0, TOLD, pair, memory, 0, 0, 0)


def due_of(s: Stream, pair: int, memory: int) -> int:
    """Return when the router of one half has heard of all the swaps that made a pair."""
    near = of_pair(s, pair, at.NEAR) == memory
    return of_pair(s, pair, at.DUE_NEAR if near else at.DUE_FAR)


def told(s: Stream, pair: int, memory: int) -> None:
    """Let an end of a swapped pair learn who its partner is."""
    if half(s, memory, at.PAIR) == pair:
        put(s, memory, at.KNOWN, pair)
        put(s, memory, at.CLAIM, -1)
        look(s, memory)


def lose(s: Stream, pair: int, memory: int) -> None:
    """Free a memory that learns that its pair is no more."""
    if half(s, memory, at.PAIR) == pair:
        free(s, memory)


def stop(s: Stream) -> None:
    """End everything: what is held now is gone."""
    ring = s.fixed[at.RING]
    for pair in range(max(0, s.clock[at.NUMBER] - ring), s.clock[at.NUMBER]):
        if of_pair(s, pair, at.NUM) == pair and not of_pair(s, pair, at.LOST):
            end(s, pair, ENDED)
