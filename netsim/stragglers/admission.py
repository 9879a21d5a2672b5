"""The (B, W, lambda)-bursty rule, judged online: who may straggle in the round that ends now.

Later rounds are taken as clean, so it is enough to look at the window that ends with this round. Of
its earlier rounds only two sets matter: `blocked`, the workers whose straggling again would stretch
a burst to B rounds or more, and `past`, the distinct workers that straggled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from netsim.stragglers.codes.scheme import Flags, Limit


class BurstWindow:
    """The effective stragglers of the last W-1 rounds of n workers.

    Parameters
    ----------
    workers
        n.
    B
        Longest burst.
    W
        Rounds in a window.
    """

    def __init__(self, workers: int, B: int, W: int) -> None:
        self.B = B
        self.W = W
        self.workers = workers
        self._rounds: deque[Flags] = deque(maxlen=W - 1)

    @property
    def rounds(self) -> Sequence[Flags]:
        """The closed rounds of the window, oldest first; fewer than W-1 at the start."""
        return self._rounds

    def close(self, late: Flags) -> None:
        """Take in the effective stragglers of the round that ended."""
        self._rounds.append(late)

    def limits(self, lam: int) -> tuple[Limit, ...]:
        """Return what keeps the window that ends now (B, W, lambda)-bursty.

        It judges only what this round adds: a window whose earlier rounds already break the
        temporal condition among themselves does not close it.
        """
        past = self._struck(len(self._rounds))
        # Rounds r-W+1 .. r-B: all of the deque but its newest B-1.
        blocked = self._struck(len(self._rounds) - (self.B - 1))
        fresh = Limit(~past, lam - int(np.count_nonzero(past)))
        return (Limit(blocked, 0), fresh) if blocked.any() else (fresh,)

    def _struck(self, oldest: int) -> Flags:
        """Return who straggled in the oldest so many rounds of the window."""
        struck = np.zeros(self.workers, dtype=np.bool_)
        for index in range(max(0, oldest)):
            struck |= self._rounds[index]
        return struck
