"""Long arithmetic that lets itself be stopped: in pieces, or beside a thread that listens.

Python delivers signals between two of its own instructions. A library that is called for minutes
keeps Ctrl-C and TERM waiting as long, so what can be cut is cut, and what cannot (a factorization
of one large matrix) is called in a thread of its own while the main thread waits in short spans.
A thread that is no longer waited for ends with its piece, or with the process; the command line
then leaves without taking the interpreter apart beneath a library that still computes
(`netsim.threads.library_at_work`), which processes die of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import numpy as np

from netsim.stragglers.codes.scheme import Floats, Integers
from netsim.threads import LIBRARY_CALL

Result = TypeVar("Result")

#: Numbers that a piece holds at most.
_PIECE: Final = 1 << 20
#: Seconds between two looks at the signals that came.
_SPAN: Final = 0.1


class AbandonedError(Exception):
    """Nobody waits any longer for what this thread computes."""


class _Call(threading.Thread):
    """A thread in which a library computes; `abandoned` once nobody waits for it."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(target=work, name=LIBRARY_CALL, daemon=True)
        self.abandoned = False


def pieces(count: int, each: int) -> Iterator[slice]:
    """Yield slices that cover `count` items of `each` numbers, with about a million in a slice.

    Raises
    ------
    AbandonedError
        In a thread of `heard` that is no longer waited for.
    """
    step = max(1, _PIECE // max(1, each))
    thread = threading.current_thread()
    for first in range(0, count, step):
        if isinstance(thread, _Call) and thread.abandoned:
            raise AbandonedError
        yield slice(first, min(count, first + step))


def heard(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises; signals count meanwhile.

    Only the main thread hears signals, so any other one just works.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as failure:
            failed.append(failure)

    thread = _Call(run)
    try:
        # A signal may come while the thread is started, too.
        thread.start()
        while thread.is_alive():
            thread.join(_SPAN)
    except BaseException:
        thread.abandoned = True
        raise
    if failed:
        raise failed[0]
    return done[0]


def solved(checks: Floats, support: Integers, wanted: Floats) -> Floats:
    """Return for each row of `support` the x with ``checks[:, row] x = wanted``, (count, k, m).

    Parameters
    ----------
    checks
        (k, n).
    support
        (count, k): columns of `checks`.
    wanted
        (k, m), the same for all, or (count, k, m).
    """
    count, size = support.shape
    given = np.broadcast_to(wanted, (count, size, wanted.shape[-1]))

    def work() -> Floats:
        found = np.empty(given.shape)
        for rows in pieces(count, size * size):
            systems = checks[:, support[rows]].transpose(1, 0, 2)
            found[rows] = np.linalg.solve(systems, given[rows])
        return found

    return heard(work)
