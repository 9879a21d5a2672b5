"""What the master knows of one job under multiplexed coding: failed chunks and coded results."""

from __future__ import annotations

import numpy as np

from netsim.stragglers.codes.scheme import Flags, Integers


class JobLedger:
    """One active job: every worker's queue of failed chunks, and who returned coded results.

    Parameters
    ----------
    workers
        n.
    chunks
        Chunks that each worker owns, W-1.
    groups
        Coded groups, B; 0 without a coded part.
    """

    __slots__ = ("_failed", "_head", "coded", "done", "length")

    def __init__(self, workers: int, chunks: int, groups: int) -> None:
        #: Chunks that wait for a retry, by worker.
        self.length: Integers = np.zeros(workers, dtype=np.int64)
        #: Returned coded results, shape (groups, workers).
        self.coded: Flags = np.zeros((groups, workers), dtype=np.bool_)
        self.done = False
        self._failed: Integers = np.zeros((workers, chunks), dtype=np.int64)
        self._head: Integers = np.zeros(workers, dtype=np.int64)

    def next_chunk(self) -> Integers:
        """Return the chunk at the head of each worker's queue; meaningless where it is empty."""
        place = np.minimum(self._head, self._failed.shape[1] - 1)
        heads: Integers = self._failed[np.arange(len(place)), place]
        return heads

    def lose(self, late: Flags, chunk: int) -> None:
        """Append the chunk to the queues of the workers that were late with it."""
        # No retry happens while chunks are still handed out, so the tail is the length.
        self._failed[late, self.length[late]] = chunk
        self.length[late] += 1

    def book(self, in_time: Flags, group: int) -> None:
        """Take in a retry slot: heads of queues are done, the other workers' results are coded."""
        waiting = self.length > 0
        if len(self.coded):
            self.coded[group] = in_time & ~waiting
        done = in_time & waiting
        self._head[done] += 1
        self.length[done] -= 1
