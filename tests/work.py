"""Count the work of an action in function calls: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def calls_of(action: Callable[[], Any]) -> int:
    """Return how many Python and built-in functions `action` calls.

    A loop over rows or characters shows as calls for each; work inside one built-in call, such
    as an operation on a whole array, counts once.
    """
    count = 0

    def counter(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counter)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


class TooMuchWorkError(AssertionError):
    """An action called more functions than it may."""


def within(most: int, action: Callable[[], Any]) -> Any:
    """Return what `action` returns; stop it once it has called more than `most` functions."""
    left = most

    def counter(frame: Any, event: str, argument: Any) -> None:
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            sys.setprofile(before)
            raise TooMuchWorkError(f"more than {most:,} calls")

    before = sys.getprofile()
    sys.setprofile(counter)
    try:
        return action()
    finally:
        sys.setprofile(before)
