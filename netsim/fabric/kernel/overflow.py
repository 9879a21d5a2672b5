"""What cannot be counted any further ends the run with an error, and never wraps around.

Sums that a run of any length can reach are carried or wide enough; `tests/unit/fabric` holds the
table of all of them with their bounds. What is left over here are times beyond the clock and counts
that only a run of many minutes on one flow could reach. The kernel notes the first of them and ends
its call after the instant, and Python says what it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netsim.errors import SimulationError
from netsim.fabric.kernel.state import (
    FLOW,
    IDENTITY,
    LATE_START,
    LONG_QUEUE,
    LOW,
    MANY_RESENT,
    MANY_TIMEOUTS,
    NOW,
    OVERFLOW,
    OVERFLOW_SHIFT,
    STOP_AT,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_MASK: Final = (1 << OVERFLOW_SHIFT) - 1


def overflow(state: State, code: int, entity: int) -> None:
    """Note that `code` happened to a flow or a link, unless something did before."""
    clock = state.clock
    if clock[OVERFLOW] == 0:
        clock[OVERFLOW] = entity << OVERFLOW_SHIFT | code
        clock[STOP_AT] = clock[NOW]


def check_overflow(state: State, links: Sequence[str]) -> None:
    """Return if nothing has been noted.

    Parameters
    ----------
    state
        The kernel's arrays.
    links
        Name of each of the kernel's links.

    Raises
    ------
    SimulationError
        With what was noted, where and when.
    """
    noted = int(state.clock[OVERFLOW])
    if noted == 0:
        return
    code, entity = noted & _MASK, noted >> OVERFLOW_SHIFT
    number = entity
    if code != LONG_QUEUE:
        number = int(state.flows[entity * FLOW + IDENTITY] & LOW)
    what = {
        LATE_START: f"flow {number} would start beyond the clock; shorten lags and starts",
        MANY_RESENT: f"flow {number} has sent 2^30 packets again; look for what loses them",
        MANY_TIMEOUTS: f"flow {number} has timed out 2^24 times; raise its timeout",
    }.get(code, "")
    if code == LONG_QUEUE:
        what = f"the queue of {links[entity]} would last beyond the clock; send less, or bound it"
    raise SimulationError(f"at t={int(state.clock[NOW])} ps {what}")
