"""A pair and the memories that hold its halves.

A pair has one state, whoever looks at it; each half has been read up to an instant of its own. A
memory knows of a pair only once it was told: `known` is what its router believes, `pair` what is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from netsim.engine.clock import NEVER
from netsim.quantum.decay import PS, Decay
from netsim.quantum.purification.scheme import Stage
from netsim.quantum.states import State

if TYPE_CHECKING:
    from netsim.quantum.generation import LinkRun


FRESH: Final = Stage()


class Memory:
    """One memory of a router, on one side of it.

    Parameters
    ----------
    position
        Of its router on the path.
    index
        Among the memories on that side of the router.
    down
        Whether it is on the far side, towards the responder.
    decay
        How a half stored here decays, None: not at all.
    cutoff
        Age at which a half is given up (ps), None: never.
    """

    __slots__ = (
        "claim",
        "cutoff",
        "decay",
        "down",
        "excitable",
        "free",
        "held_back",
        "index",
        "known",
        "link",
        "pair",
        "partner",
        "plan",
        "polled",
        "position",
        "token",
    )

    def __init__(
        self,
        position: int,
        index: int,
        down: bool,
        decay: Decay | None,
        cutoff: int | None = None,
    ) -> None:
        self.position = position
        self.index = index
        self.down = down
        self.decay = None if decay is None or decay.none else decay
        self.cutoff = cutoff
        self.link: LinkRun
        self.pair: Pair | None = None
        self.known: Pair | None = None
        #: The protocol that it takes part in.
        self.claim: Any = None
        #: Whether it waits for a partner to make a pair with.
        self.free = True
        #: Whether its router does not know of any request yet.
        self.held_back = False
        self.excitable = 0
        #: The memory that the last attempt, a failed one, was made with.
        self.partner: Memory | None = None
        #: Failures, and second rounds among them, that are still to come before the next pair.
        self.plan: tuple[int, int] | None = None
        self.polled = -1
        self.token = 0


class Pair:
    """Two entangled halves.

    Parameters
    ----------
    number
        Identity, in the order of creation.
    near, far
        The memories, that nearer the initiator first.
    state
        Bell-diagonal weights.
    created
        When the pair came to be (ps).
    birth
        First emission of the attempt that made it, or its oldest part (ps).
    read
        From when on the halves decay (ps).
    level
        Elementary links joined.
    attempts
        Made for it and its parts.
    wait
        Seconds that its older part waited for the younger one.
    """

    __slots__ = (
        "attempts",
        "birth",
        "created",
        "due_far",
        "due_near",
        "far",
        "handed",
        "judged",
        "last_far",
        "last_near",
        "level",
        "lost",
        "near",
        "number",
        "old_far",
        "old_near",
        "purifications",
        "read_far",
        "read_near",
        "request",
        "stage",
        "state",
        "wait",
    )

    def __init__(
        self,
        number: int,
        near: Memory,
        far: Memory,
        state: State,
        created: int,
        birth: int,
        read: int,
        level: int = 1,
        attempts: int = 1,
        purifications: int = 0,
        wait: float = 0.0,
    ) -> None:
        self.number = number
        self.near = near
        self.far = far
        self.state = state
        self.created = created
        self.birth = birth
        self.read_near = read
        self.read_far = read
        self.level = level
        self.attempts = attempts
        self.purifications = purifications
        self.wait = wait
        #: When either end has heard of all the swaps that made it.
        self.due_near = self.due_far = created
        #: When either half is too old, and when it is given up for that or for its fidelity (ps).
        self.old_near = self.old_far = self.last_near = self.last_far = NEVER
        #: How far it has come in a purification that counts.
        self.stage = FRESH
        #: Whose it is where requests share links, and whether that was looked at when it was new.
        self.request: Any = None
        self.judged = False
        #: Ends that have handed it over.
        self.handed = 0
        #: Whether it is no more: consumed, given up or expired.
        self.lost = False

    def other(self, memory: Memory) -> Memory:
        """Return the memory that holds the other half."""
        return self.far if memory is self.near else self.near

    def turn(self) -> None:
        """Exchange what is called near and far: of a link's pair that serves the other way."""
        self.near, self.far = self.far, self.near
        self.read_near, self.read_far = self.read_far, self.read_near
        self.due_near, self.due_far = self.due_far, self.due_near
        self.old_near, self.old_far = self.old_far, self.old_near
        self.last_near, self.last_far = self.last_far, self.last_near

    def due(self, memory: Memory) -> int:
        """Return when the router of one half has heard of all the swaps that made the pair (ps)."""
        return self.due_near if memory is self.near else self.due_far

    def read(self, near: int, far: int) -> State:
        """Return the state after each half was stored up to an instant (ps)."""
        if near > self.read_near:
            decay = self.near.decay
            if decay is not None:
                self.state = decay.after(self.state, (near - self.read_near) * PS)
            self.read_near = near
        if far > self.read_far:
            decay = self.far.decay
            if decay is not None:
                self.state = decay.after(self.state, (far - self.read_far) * PS)
            self.read_far = far
        return self.state

    def seen(self, now: int) -> State:
        """Return the state at `now` (ps) without taking note of it."""
        state = self.state
        for memory, since in ((self.near, self.read_near), (self.far, self.read_far)):
            if memory.decay is not None and now > since:
                state = memory.decay.after(state, (now - since) * PS)
        return state

    def fidelity(self, now: int) -> float:
        """Return the fidelity at `now` (ps)."""
        return self.read(now, now)[0]
