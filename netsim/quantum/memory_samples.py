"""Samples of memories over time: who is busy, with what, and how good it is.

Looking changes nothing: a pair's fidelity is worked out aside, for decay that is applied in more
steps would be rounded otherwise, and other tables would differ by who looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from netsim.metrics.conversion import Coded
from netsim.metrics.recorder import Recorder
from netsim.quantum.decay import PS
from netsim.quantum.pair import Memory

STATES: Final = ("raw", "occupied", "entangled", "purified")
BATCH: Final = 1 << 12


class MemorySamples:
    """Rows of table `memories`.

    Parameters
    ----------
    recorder
        Where they go.
    names
        Of the routers.
    """

    def __init__(self, recorder: Recorder, names: Sequence[str]) -> None:
        self._recorder, self._names = recorder, names
        self._rows: list[tuple[Any, ...]] = []

    def add(self, router: int, index: int, memory: Memory, now: int) -> None:
        """Take a look at a memory, the `index`-th of its router."""
        pair = memory.pair
        if pair is not None and pair.due(memory) > now:
            # Its router has yet to hear of the swap.
            pair = memory.known
        if pair is None:
            self._rows.append((router, index, now, 0 if memory.free else 1, None, None))
        else:
            state = 3 if pair.purifications else 2
            age = (now - pair.birth) * PS
            self._rows.append((router, index, now, state, pair.seen(now)[0], age))
        if len(self._rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered."""
        if not self._rows:
            return
        router, index, t, state, fidelity, age = zip(*self._rows, strict=True)
        self._rows = []
        self._recorder.write(
            "memories",
            {
                "node": Coded(np.array(router, np.int64), self._names),
                "memory": np.array(index, np.int64),
                "t": np.array(t, np.int64),
                "state": Coded(np.array(state, np.int64), STATES),
                "fidelity": list(fidelity),
                "age": list(age),
            },
        )
