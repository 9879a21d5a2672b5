"""What no protocol can exceed: secret-key capacities of lossy lines, chains and networks.

A lossy channel carries at most ``-log2(1 - eta)`` secret bits per mode (Pirandola, Laurenza,
Ottaviani and Banchi, Nature Communications 8, 15043, 2017). With repeaters the weakest link counts;
over a network one path has the bottleneck of the widest path, many paths together the minimum cut
(Pirandola, Communications Physics 2, 51, 2019). Anything between two routers that measures or emits
light is a node as well, so a simulated rate is held against the capacities of the arms.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence

Edge = tuple[int, int, float]


def transmissivity(length: float, attenuation: float) -> float:
    """Return the share of light that passes `length` (m) of fibre of `attenuation` (dB/km)."""
    return float(10 ** (-attenuation * length / 1e4))


def plob(eta: float) -> float:
    """Return the capacity (bit per mode) of a lossy channel of transmissivity `eta`.

    >>> round(plob(0.1), 9)
    0.152003093
    """
    return math.inf if eta >= 1 else -math.log1p(-eta) / math.log(2)


def chain(etas: Sequence[float]) -> float:
    """Return the capacity (bit per mode) of links in a row, joined by perfect repeaters."""
    return min(plob(eta) for eta in etas)


def repeaters(eta: float, count: int) -> float:
    """Return the capacity of a line of transmissivity `eta` cut evenly by `count` repeaters."""
    return plob(eta ** (1 / (count + 1)))


def lossy_stations(eta: float, count: int, station: float) -> float:
    """Return the capacity of a line cut evenly by `count` stations that lose light themselves.

    Parameters
    ----------
    eta
        Transmissivity of the whole line.
    count
        Number of equal stations.
    station
        Transmissivity of a station, its two arms together. An inner link has an arm of either
        neighbour; with a single station each link has one arm of it, taken as equal here.

    Notes
    -----
    Far from the ends it tends to ``plob(station)``, whatever the distance: losses that every mode
    meets before or after all processing belong to the links beside the station.
    """
    share = eta ** (1 / (count + 1))
    arms = station if count > 1 else math.sqrt(station)
    return plob(arms * share)


def erasure(probability: float) -> float:
    """Return the capacity of a channel that loses a qubit with that probability, and says so."""
    return 1 - probability


def dephasing(probability: float) -> float:
    """Return the capacity of a channel with a phase error of that probability."""
    return 1 - binary_entropy(probability)


def binary_entropy(probability: float) -> float:
    """Return ``-p log2 p - (1-p) log2 (1-p)``."""
    if probability <= 0 or probability >= 1:
        return 0.0
    q = 1 - probability
    return -probability * math.log2(probability) - q * math.log2(q)


def widest_path(edges: Sequence[Edge], source: int, target: int) -> float:
    """Return the largest capacity that one path from `source` to `target` has.

    Parameters
    ----------
    edges
        Two nodes and the capacity between them; both ways alike.
    source, target
        Where it begins and ends.
    """
    beside = _neighbours(edges)
    best = {source: math.inf}
    heap = [(-math.inf, source)]
    while heap:
        width, node = heapq.heappop(heap)
        if node == target:
            return -width
        for other, capacity in beside.get(node, {}).items():
            wide = min(-width, capacity)
            if wide > best.get(other, 0.0):
                best[other] = wide
                heapq.heappush(heap, (-wide, other))
    return 0.0


def minimum_cut(edges: Sequence[Edge], source: int, target: int) -> float:
    """Return the capacity of all paths from `source` to `target` together.

    By maximum flow along shortest augmenting paths (Edmonds and Karp 1972).
    """
    if source == target:
        return math.inf
    left = _neighbours(edges)
    flow = 0.0
    while True:
        before = _search(left, source, target)
        if target not in before:
            return flow
        steps = []
        node = target
        while node != source:
            steps.append((before[node], node))
            node = before[node]
        room = min(left[a][b] for a, b in steps)
        for a, b in steps:
            left[a][b] -= room
            left[b][a] += room
        flow += room


def _neighbours(edges: Sequence[Edge]) -> dict[int, dict[int, float]]:
    beside: dict[int, dict[int, float]] = {}
    for a, b, capacity in edges:
        for one, other in ((a, b), (b, a)):
            row = beside.setdefault(one, {})
            row[other] = row.get(other, 0.0) + capacity
    return beside


def _search(left: dict[int, dict[int, float]], source: int, target: int) -> dict[int, int]:
    """Return from where each node is reached over edges with room left."""
    before = {source: source}
    queue = deque([source])
    while queue and target not in before:
        node = queue.popleft()
        for other, room in left.get(node, {}).items():
            if room > 0 and other not in before:
                before[other] = node
                queue.append(other)
    return before
