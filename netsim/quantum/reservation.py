"""Time cards: which memory of which router is promised to whom, and when.

A request travels along its path; every router sets aside memories whose cards are free over the
whole of the interval, lowest indices first: so many on the side it uses, twice as many inside the
path, the first half of them towards the initiator. The first router that cannot refuses for all.
"""

from __future__ import annotations

from collections.abc import Sequence


class TimeCards:
    """The cards of all routers.

    Parameters
    ----------
    counts
        Memories per router.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._cards: list[list[list[tuple[int, int]]]] = [[[] for _ in range(n)] for n in counts]

    def reserve(
        self, path: Sequence[int], memories: int, start: int, end: int
    ) -> list[list[int]] | None:
        """Set memories aside and return their indices by position, or None if a router refuses.

        Closed intervals: one that begins when another ends does not fit.

        Parameters
        ----------
        path
            Routers from the initiator to the responder.
        memories
            On each side that is used.
        start, end
            The interval (ps).
        """
        taken = []
        for position, router in enumerate(path):
            needed = memories if position in (0, len(path) - 1) else 2 * memories
            free = [
                index
                for index, card in enumerate(self._cards[router])
                if all(end < begun or start > done for begun, done in card)
            ][:needed]
            if len(free) < needed:
                return None
            taken.append(free)
        for router, indices in zip(path, taken, strict=True):
            for index in indices:
                self._cards[router][index].append((start, end))
        return taken
