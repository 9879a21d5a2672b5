"""A binary heap of (time, message, mark), ordered by time and then by message."""

from __future__ import annotations

from netsim.fabric.kernel.state import Ints
from netsim.fabric.port_level.state import ENTRY


def push(heap: Ints, size: int, time: int, message: int, mark: int) -> None:
    """Add an entry to a heap that holds `size`."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        key = heap[above * ENTRY]
        if key < time or (key == time and heap[above * ENTRY + 1] <= message):
            break
        move(heap, above, at)
        at = above
    heap[at * ENTRY] = time
    heap[at * ENTRY + 1] = message
    heap[at * ENTRY + 2] = mark


def drop(heap: Ints, size: int) -> None:
    """Remove the first of the `size` entries of a heap."""
    left = size - 1
    time = heap[left * ENTRY]
    message = heap[left * ENTRY + 1]
    mark = heap[left * ENTRY + 2]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= left:
            break
        if child + 1 < left and earlier(heap, child + 1, child):
            child += 1
        key = heap[child * ENTRY]
        if key > time or (key == time and heap[child * ENTRY + 1] >= message):
            break
        move(heap, child, at)
        at = child
    heap[at * ENTRY] = time
    heap[at * ENTRY + 1] = message
    heap[at * ENTRY + 2] = mark


def earlier(heap: Ints, one: int, other: int) -> bool:
    """Return whether the entry at `one` comes before that at `other`."""
    first: int = heap[one * ENTRY]
    second: int = heap[other * ENTRY]
    before: bool = heap[one * ENTRY + 1] < heap[other * ENTRY + 1]
    return first < second or (first == second and before)


def move(heap: Ints, source: int, target: int) -> None:
    """Copy the entry at `source` to `target`."""
    heap[target * ENTRY] = heap[source * ENTRY]
    heap[target * ENTRY + 1] = heap[source * ENTRY + 1]
    heap[target * ENTRY + 2] = heap[source * ENTRY + 2]


def sort(numbers: Ints, count: int) -> None:
    """Sort the first `count` of `numbers`, which often are sorted already: heapsort."""
    at = 1
    while at < count and numbers[at - 1] < numbers[at]:
        at += 1
    if at >= count:
        return
    for start in range(count // 2 - 1, -1, -1):
        sink(numbers, start, count)
    for last in range(count - 1, 0, -1):
        largest = numbers[0]
        numbers[0] = numbers[last]
        numbers[last] = largest
        sink(numbers, 0, last)


def sink(numbers: Ints, start: int, count: int) -> None:
    """Let the number at `start` sink to its place in a heap whose largest comes first."""
    value = numbers[start]
    at = start
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and numbers[child + 1] > numbers[child]:
            child += 1
        if numbers[child] <= value:
            break
        numbers[at] = numbers[child]
        at = child
    numbers[at] = value
