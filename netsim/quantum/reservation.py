"""Reservations: time cards that say which memory is promised when, and the messages about them.

A request goes from router to router along its path. Each sets aside memories whose cards are free
over the whole of the interval, lowest indices first: so many on the side it uses, twice as many
inside the path, the first half of them towards the initiator. The first that cannot refuses: the
refusal goes back the same way, and every router that it passes takes its memories back. The
responder approves, and the approval goes back, router by router, each of which acts from then on.
When a request is served early its initiator says so along the path, and cards end as the message
comes by. Until a message is there nothing of it is known: two requests that meet can refuse each
other, as they do in a network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from netsim.quantum.generation import RESULT
from netsim.quantum.post import Post


class TimeCards:
    """The cards of all routers.

    Parameters
    ----------
    counts
        Memories per router.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._cards: list[list[list[tuple[int, int]]]] = [[[] for _ in range(n)] for n in counts]

    def set_aside(
        self, router: int, needed: int, start: int, end: int, now: int = 0
    ) -> list[int] | None:
        """Promise memories and return their indices, or None if too few are free.

        Closed intervals: one that begins when another ends does not fit.

        Parameters
        ----------
        router, needed
            Whose memories, and how many.
        start, end
            The interval (ps).
        now
            This instant (ps): what ended before is forgotten.
        """
        free: list[int] = []
        if not needed:
            return free
        for index, card in enumerate(self._cards[router]):
            if card and card[0][1] < now:
                card[:] = [one for one in card if one[1] >= now]
            if all(end < begun or start > done for begun, done in card):
                free.append(index)
                if len(free) == needed:
                    break
        if len(free) < needed:
            return None
        for index in free:
            self._cards[router][index].append((start, end))
        return free

    def give_back(
        self, router: int, indices: Sequence[int], start: int, end: int, now: int | None = None
    ) -> None:
        """Forget a promise, or from `now` on, where that is given.

        Parameters
        ----------
        router, indices, start, end
            As they were set aside.
        now
            When it ends early (ps).
        """
        for index in indices:
            card = self._cards[router][index]
            if (start, end) in card:
                card.remove((start, end))
                if now is not None and now > start:
                    card.append((start, min(end, now)))

    def load(self, router: int, start: int, end: int) -> float:
        """Return the share of a router's memories that are promised at some time in an interval."""
        cards = self._cards[router]
        taken = sum(
            any(not (end < begun or start > done) for begun, done in card) for card in cards
        )
        return taken / max(1, len(cards))


@dataclass(slots=True, eq=False)
class Asked:
    """One request on its way.

    Parameters
    ----------
    path, delays
        Routers from the initiator on, and the delay of each hop (ps).
    memories
        On each side that is used.
    start, end
        The interval (ps).
    granted
        Called at the responder with the indices set aside, by position.
    passed
        Called when the approval passes a position, the last one first.
    refused
        Called when a refusal is back at the initiator.
    firm
        Whether a router that hears of it after its start has to refuse.
    """

    path: Sequence[int]
    delays: Sequence[int]
    memories: int
    start: int
    end: int
    granted: Callable[[list[list[int]]], None]
    passed: Callable[[int], None]
    refused: Callable[[], None]
    firm: bool = True
    taken: list[list[int]] = field(default_factory=list)


class Signals:
    """The messages of reservations.

    Parameters
    ----------
    post
        Who carries them.
    cards
        Of all routers.
    """

    def __init__(self, post: Post, cards: TimeCards, now: Callable[[], int]) -> None:
        self._post, self._cards, self._now = post, cards, now

    def ask(self, asked: Asked) -> None:
        """Let a request set out from its initiator."""
        self._come((asked, 0))

    def _send(self, asked: Asked, at: int, to: int, call: Callable[..., None]) -> None:
        delay = asked.delays[min(at, to)]
        self._post.send(asked.path[at], asked.path[to], delay, call, (asked, to), RESULT)

    def _come(self, message: tuple[Asked, int]) -> None:
        asked, at = message
        last = len(asked.path) - 1
        needed = asked.memories * (1 if at in (0, last) else 2)
        now = self._now()
        found = None
        if now <= asked.start or not asked.firm:
            router = asked.path[at]
            found = self._cards.set_aside(router, needed, asked.start, asked.end, now)
        if found is None:
            self._turn(asked, at)
            return
        asked.taken.append(found)
        if at < last:
            self._send(asked, at, at + 1, self._come)
        else:
            asked.granted(asked.taken)
            self._approve((asked, at))

    def _turn(self, asked: Asked, at: int) -> None:
        if at == 0:
            asked.refused()
        else:
            self._send(asked, at, at - 1, self._reject)

    def _reject(self, message: tuple[Asked, int]) -> None:
        asked, at = message
        self._cards.give_back(asked.path[at], asked.taken[at], asked.start, asked.end)
        self._turn(asked, at)

    def _approve(self, message: tuple[Asked, int]) -> None:
        asked, at = message
        asked.passed(at)
        if at > 0:
            self._send(asked, at, at - 1, self._approve)

    def end(self, asked: Asked) -> None:
        """Let the initiator of a granted request say that it needs nothing more."""
        self._ended((asked, 0))

    def _ended(self, message: tuple[Asked, int]) -> None:
        asked, at = message
        self._cards.give_back(asked.path[at], asked.taken[at], asked.start, asked.end, self._now())
        if at < len(asked.path) - 1:
            self._send(asked, at, at + 1, self._ended)
