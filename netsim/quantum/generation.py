"""Making pairs on one link: pairing, negotiation, attempts and polling between two routers.

The requester's memory asks the other router for a free memory on this link: after a failed attempt
for the one it was paired with, if that is still free, otherwise for the one of the lowest index. If
none is free the refusal comes back and it asks again at once, so its requests arrive every two
delays: the first that arrives when a memory is free succeeds, which is computed, not sent. After a
failed attempt both memories are free until the next request arrives, and somebody else's request
may take the responder's away.

So a whole run of attempts may be jumped over only while nobody could do so. When a request finds no
memory that comes before those of runs under way, these are unfolded: how many attempts are over by
now is found by walking along. While somebody polls, attempts are taken one at a time. Requests that
arrive at one instant are served by the index of the asking memory, after all results of that
instant; these follow each other by link and memory.

Whichever way a herald comes about, its pair has the mean state of heralds: nobody can tell which of
them a dark count caused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.heralding import Draws, Played
from netsim.quantum.links.kind import Model
from netsim.quantum.pair import Memory
from netsim.quantum.timing import Timing

#: Classes of events at one instant: messages between routers as they were sent, results of links
#: (by link and memory), measurements, expiries, requests (of links by memory).
END: Final = -1
RESULT: Final = 0
HERALD: Final = 1
MEASURE: Final = 1 << 30
EXPIRE: Final = 3 << 29
REQUEST: Final = 1 << 31

#: More than the memories on one side of any router.
_SPREAD: Final = 1 << 12


class Channel:
    """The emission slots of a fibre: each takes one emission.

    Parameters
    ----------
    timing
        Of the link.
    """

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._taken: set[int] = set()
        self._limit = 4096

    def book(self, earliest: int, now: int) -> int:
        """Return the start of the first free slot at `earliest` or later, and take it."""
        slot = self._timing.slot
        time = self._timing.on_slot(earliest)
        while time in self._taken:
            time += slot
        self._taken.add(time)
        if len(self._taken) > self._limit:
            self._taken = {one for one in self._taken if one >= now}
            self._limit = max(4096, 2 * len(self._taken))
        return time


class Heralded(Protocol):
    """Who is told of a new pair."""

    def __call__(self, up: Memory, down: Memory, emission: int, birth: int, attempts: int) -> None:
        """Take the pair of `up` and `down`, whose herald is now."""
        ...


class LinkRun:
    """One link during one reservation.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    timing, model
        Of the link.
    sources
        Where heralds come from, by memory of the requester.
    up, down
        Memories of the requester, nearer the initiator, and of the responder.
    heralded
        Who takes the pairs.
    channel
        The fibre's slots, or None where they do not matter.
    ideal
        Whether control costs nothing.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        timing: Timing,
        model: Model,
        sources: list[Draws] | list[Played],
        up: list[Memory],
        down: list[Memory],
        heralded: Heralded,
        channel: Channel | None,
        ideal: bool,
    ) -> None:
        self._agenda, self._env = agenda, env
        self._timing, self._model, self._sources = timing, model, sources
        self._up, self._down, self._heralded = up, down, heralded
        self._channel = channel if len(up) > 1 else None
        self._ideal = ideal
        self._delay, self._flight = timing.delay, timing.flight
        self._spacing = timing.first, timing.second
        self._lead = timing.lead
        self._replies = timing.forward
        #: Memories whose requests are refused, with the first arrival of one.
        self._waiting: dict[Memory, int] = {}
        #: Runs under way: the responder's memory and the first emission.
        self._jumps: dict[Memory, tuple[Memory, int]] = {}
        self._plays = bool(sources) and isinstance(sources[0], Played)
        self._tries: dict[Memory, int] = {}
        #: Of a pair at its herald.
        self.state = model.state
        self.from_emission = model.from_emission
        self.over = False
        #: Who carries a pair's first request, where that is a message of a network.
        self.carrier: Callable[[Callable[[Any], object], Any, int], None] | None = None
        #: Which of the links whose routers look at one another's pairs comes first at an instant.
        self.place = up[0].position if up else 0
        for memory in (*up, *down):
            memory.link = self

    def freed(self, memory: Memory) -> None:
        """Take back a memory that holds nothing any more."""
        memory.free = True
        if self._ideal:
            self._pair_up(memory.index)
        elif memory.down and self.carrier is not None:
            self.carrier(self._arrive, (memory, memory.token), REQUEST + memory.index)
        elif memory.down:
            self._ask(memory)
        elif self._waiting:
            self._let_poll()

    def _ask(self, up: Memory) -> None:
        order = REQUEST + up.index
        self._agenda.at(self._env.now + self._delay, self._arrive, (up, up.token), order)

    def _arrive(self, asked: tuple[Memory, int]) -> None:
        """Pair a request's memory with one that is free, or let it poll."""
        up, token = asked
        if self.over or up.token != token or not up.free:
            return
        now = self._env.now
        down = up.partner
        if down is None or not down.free:
            down = self._free_down()
            if self._jumps and self._unfold(now, down):
                # Others may have asked at this instant as well, and come in their order.
                self._agenda.at(now, self._arrive, asked, REQUEST + up.index)
                return
        if down is not None:
            self._pair(up, down)
        else:
            self._waiting.setdefault(up, now)
            up.polled = -1

    def _free_down(self) -> Memory | None:
        for down in self._down:
            if down.free:
                return down
        return None

    def _let_poll(self) -> None:
        """Schedule the next request of each memory that polls."""
        now, period = self._env.now, 2 * self._delay
        for up, since in self._waiting.items():
            time = now if period == 0 else now + (since - now) % period
            if up.polled != time:
                up.polled = time
                self._agenda.at(time, self._poll, (up, time), REQUEST + up.index)

    def _poll(self, asked: tuple[Memory, int]) -> None:
        up, time = asked
        if self.over or up not in self._waiting or up.polled != time:
            return
        down = up.partner
        if down is None or not down.free:
            down = self._free_down()
        if down is not None:
            del self._waiting[up]
            self._pair(up, down)

    def _pair(self, up: Memory, down: Memory) -> None:
        """Begin attempts of two memories, whose pairing was accepted now."""
        up.free = down.free = False
        replier = up if self._replies else down
        earliest = max(self._env.now + self._lead, replier.excitable) + self._delay
        if self._plays or self._waiting or self._channel is not None:
            self._try(up, down, self._emit(replier, earliest))
        else:
            self._jump(up, down, self._emit(replier, earliest))

    def _emit(self, replier: Memory, earliest: int) -> int:
        """Return the instant of an emission at `earliest` or in the next free slot."""
        if self._channel is not None:
            emission = self._channel.book(earliest, self._env.now)
        else:
            emission = self._timing.on_slot(earliest)
        replier.excitable = emission + self._timing.recovery
        return emission

    # A run of attempts at once.

    def _jump(self, up: Memory, down: Memory, emission: int) -> None:
        plan = self._planned(up)
        if plan is None:
            return
        failures, seconds = plan
        first, second = self._spacing
        begin = emission + first * failures + second * seconds
        last = begin + second if self._model.rounds == 2 else begin
        self._jumps[up] = down, emission
        self._agenda.at(
            last + self._flight, self._jumped, (up, down, begin, last, up.token), _order(up)
        )

    def _planned(self, up: Memory) -> tuple[int, int] | None:
        if up.plan is None:
            source: Any = self._sources[up.index]
            up.plan = source.plan()
            self._tries[up] = 0 if up.plan is None else up.plan[0] + 1
        return up.plan

    def _jumped(self, run: tuple[Memory, Memory, int, int, int]) -> None:
        up, down, begin, last, token = run
        if self.over or up.token != token:
            return
        del self._jumps[up]
        self._succeed(up, down, begin, last)

    def _succeed(self, up: Memory, down: Memory, begin: int, last: int) -> None:
        replier = up if self._replies else down
        replier.excitable = max(replier.excitable, last + self._timing.recovery)
        tries = self._tries.pop(up, 1)
        up.plan = up.partner = None
        self._heralded(up, down, last, begin, tries)

    def _unfold(self, now: int, found: Memory | None) -> bool:
        """Turn runs whose memory may be free at `now` into single attempts.

        Parameters
        ----------
        now
            This instant (ps), up to which runs are walked along.
        found
            The free memory of the lowest index as far as is known, None if there is none: only runs
            with memories before it matter.

        Returns
        -------
        bool
            Whether a run was found between two attempts, its memory free.
        """
        first, second = self._spacing
        least = len(self._down) if found is None else found.index
        between = False
        for up, (down, begin) in list(self._jumps.items()):
            if down.index > least:
                continue
            del self._jumps[up]
            source: Any = self._sources[up.index]
            up.token += 1
            plan = up.plan
            emission = begin
            while plan is not None and plan[0] > 0:
                late = source.reaches_second(plan)
                plan = plan[0] - 1, plan[1] - late
                last = emission + second if late else emission
                if last + self._flight > now:
                    self._fails(up, down, last)
                    break
                emission = last + first
                if last + self._flight + self._delay >= now:
                    self._between(up, down, last)
                    between = True
                    break
            else:
                self._goes_on(up, down, emission)
            up.plan = plan
        return between

    def _goes_on(self, up: Memory, down: Memory, begin: int) -> None:
        """Let the last attempt of a run, which began at `begin`, end in its pair."""
        last = begin + self._spacing[1] if self._model.rounds == 2 else begin
        found = (up, down, begin, last, up.token)
        self._agenda.at(last + self._flight, self._found, found, _order(up))

    def _fails(self, up: Memory, down: Memory, last: int) -> None:
        replier = up if self._replies else down
        replier.excitable = last + self._timing.recovery
        self._agenda.at(last + self._flight, self._failed, (up, down, up.token), _order(up))

    def _between(self, up: Memory, down: Memory, last: int) -> None:
        """Set two memories between attempts: the request is on its way, both are free."""
        replier = up if self._replies else down
        replier.excitable = last + self._timing.recovery
        up.free = down.free = True
        up.partner = down
        time = last + self._flight + self._delay
        self._agenda.at(time, self._arrive, (up, up.token), REQUEST + up.index)

    # One attempt at a time.

    def _try(self, up: Memory, down: Memory, emission: int) -> None:
        """Make an attempt whose first emission is at `emission`."""
        source: Any = self._sources[up.index]
        if self._plays:
            played = (up, down, emission, up.token)
            self._agenda.at(emission + self._flight, self._played, played, _order(up))
            return
        plan = self._planned(up)
        if plan is None:
            return
        passed = self._model.rounds == 2 if plan[0] == 0 else source.reaches_second(plan)
        if passed:
            self._agenda.at(emission + self._flight, self._passed, (up, down, emission), _order(up))
        elif plan[0] == 0:
            found = (up, down, emission, emission, up.token)
            self._agenda.at(emission + self._flight, self._found, found, _order(up))
        else:
            up.plan = plan[0] - 1, plan[1]
            self._fails(up, down, emission)

    def _played(self, tried: tuple[Memory, Memory, int, int]) -> None:
        """Play a first round when its result is due: clicks of all memories come in their order."""
        up, down, emission, token = tried
        if self.over or up.token != token:
            return
        source: Any = self._sources[up.index]
        passed = source.first(emission)
        self._tries[up] = self._tries.get(up, 0) + 1
        if not passed:
            self._failed((up, down, token))
        elif self._model.rounds == 1:
            self._succeed(up, down, emission, emission)
        else:
            self._passed((up, down, emission))

    def _played_again(self, tried: tuple[Memory, Memory, int, int, int]) -> None:
        """Play a second round when its result is due."""
        up, down, begin, emission, token = tried
        if self.over or up.token != token:
            return
        source: Any = self._sources[up.index]
        if source.second(emission):
            self._succeed(up, down, begin, emission)
        else:
            self._failed((up, down, token))

    def _passed(self, tried: tuple[Memory, Memory, int]) -> None:
        """Begin the second round of an attempt whose first has passed."""
        up, down, begin = tried
        if self.over:
            return
        replier = up if self._replies else down
        earliest = max(self._env.now + self._delay, replier.excitable) + self._delay
        emission = self._emit(replier, earliest)
        if self._plays:
            played = (up, down, begin, emission, up.token)
            self._agenda.at(emission + self._flight, self._played_again, played, _order(up))
        elif up.plan is not None and up.plan[0] > 0:
            up.plan = up.plan[0] - 1, up.plan[1] - 1
            self._fails(up, down, emission)
        else:
            found = (up, down, begin, emission, up.token)
            self._agenda.at(emission + self._flight, self._found, found, _order(up))

    def _failed(self, tried: tuple[Memory, Memory, int]) -> None:
        """Free both memories after a failed attempt, and ask again."""
        up, down, token = tried
        if self.over or up.token != token:
            return
        up.free = down.free = True
        if self._ideal:
            self._pair_up(up.index)
            return
        up.partner = down
        self._ask(up)
        if self._waiting:
            self._let_poll()

    def _found(self, run: tuple[Memory, Memory, int, int, int]) -> None:
        up, down, begin, last, token = run
        if not self.over and up.token == token:
            self._succeed(up, down, begin, last)

    # Control that costs nothing.

    def _pair_up(self, index: int) -> None:
        """Begin attempts of the two memories of one index once both are free."""
        up, down = self._up[index], self._down[index]
        if not (up.free and down.free):
            return
        up.free = down.free = False
        now, length = self._env.now, self._timing.ideal
        if self._plays:
            source: Any = self._sources[index]
            self._tries[up] = self._tries.get(up, 0) + 1
            passed = source.first(now)
            if passed and self._model.rounds == 2:
                passed = source.second(now)
            if passed:
                self._agenda.at(
                    now + length, self._found, (up, down, now, now, up.token), _order(up)
                )
            else:
                self._agenda.at(now + length, self._failed, (up, down, up.token), _order(up))
            return
        plan = self._planned(up)
        if plan is not None:
            begin = now + length * plan[0]
            found = (up, down, begin, begin, up.token)
            self._agenda.at(begin + length, self._found, found, _order(up))


def _order(up: Memory) -> int:
    """Return the class of a link's results for the memory of its requester."""
    return HERALD + up.link.place * _SPREAD + up.index
