"""When attempts on a link happen: emissions follow each other by messages and by what memories can.

With D the classical delay between the routers, ``flight`` the time from emission until the result
is known to both, and T the least time between two emissions of a memory, first rounds follow a
failure after ``max(T, flight + 2 D) + D``: the pairing request, the negotiation, the reply. A
second round follows its first after ``max(T, flight + D) + D``. Where names sort against the
direction of the request, the requester negotiates once it has the approval: one more D before a
first round.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of attempts on one link, in ps.

    Parameters
    ----------
    delay
        Classical delay D between the two routers.
    flight
        From an emission until both routers know the result.
    recovery
        Least time T between two emissions of one memory.
    round_trip
        Of light between the routers; what an attempt takes under ideal control, if not T.
    forward
        Whether names sort in the direction of requests.
    slot
        Width of the channel's emission slots, 1 where they do not matter.
    """

    delay: int
    flight: int
    recovery: int
    round_trip: int
    forward: bool = True
    slot: int = 1

    @property
    def lead(self) -> int:
        """From a pairing request's arrival until the replier can be asked for an emission."""
        return self.delay if self.forward else 2 * self.delay

    @property
    def first(self) -> int:
        """Between the last emission of an attempt and the first of the next."""
        return self.on_slot(max(self.recovery, self.flight + self.delay + self.lead) + self.delay)

    @property
    def second(self) -> int:
        """Between the two emissions of an attempt."""
        return self.on_slot(max(self.recovery, self.flight + self.delay) + self.delay)

    @property
    def ideal(self) -> int:
        """Length of an attempt under ideal control."""
        return max(self.recovery, self.round_trip)

    def on_slot(self, time: int) -> int:
        """Return the start of the first slot at `time` or later."""
        return -(-time // self.slot) * self.slot
