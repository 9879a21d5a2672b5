"""Simulated time: integer picoseconds in an int64, so that equal instants are equal.

One byte at 100 Gb/s lasts 80 ps, exactly. The range is 106 days; leaving it is an error and never a
wrapped value.
"""

from __future__ import annotations

from typing import Final

from netsim.errors import ClockError

Time = int

PS: Final = 1
SECOND: Final = 10**12
#: A time that is never reached; also what the kernel holds for "no event".
NEVER: Final = 2**63 - 1


def to_seconds(time: Time) -> float:
    """Return `time` in seconds."""
    return time / SECOND


def later(time: Time, delay: Time) -> Time:
    """Return ``time + delay``.

    Raises
    ------
    ClockError
        If the sum leaves the range of simulated time.
    """
    total = time + delay
    if total >= NEVER:
        raise ClockError(
            f"simulated time overflows: {to_seconds(time):g} s + {to_seconds(delay):g} s is beyond "
            "106 days; shorten the delays, or simulate less"
        )
    return total
