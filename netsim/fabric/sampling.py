"""What links did between two instants, read from the kernel's arrays: no event is needed for it.

With ``free_at`` the end of a port's accepted work, the unsent backlog at `t` is ``max(0, free_at -
t)`` and the busy time so far is the sum of accepted service times less that backlog. At a slow port
``free_at`` and that sum stop at the packet that is sent, and what waits comes on top of the
backlog. Both are exact.

A sample is written through as it is taken, a batch at a time. One in which no link sent, lost,
marked or held anything is left out if the ones before and after it are such samples too: so a span
of rest has two, its first and its last, whatever its length, and what lies between is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.fabric.columns import as_bytes, link_rows, waiting_times
from netsim.fabric.kernel import state as at
from netsim.metrics.conversion import Coded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from netsim.fabric.kernel.layout import Layout
    from netsim.fabric.kernel.state import State
    from netsim.fabric.wiring import Wiring
    from netsim.metrics.recorder import Recorder
    from netsim.topology.network import Network

#: Rows that are gathered before they are handed on.
BATCH: Final = 1 << 16
_MOVES: Final = ("tx", "drops", "ecn_marks", "queue", "utilization")


class LinkSampler:
    """Remembers the last sample, so that the next one can tell what happened since.

    Parameters
    ----------
    wiring, layout
        The network as it is now, and its numbering in the kernel.
    """

    def __init__(self, wiring: Wiring, layout: Layout) -> None:
        count = wiring.network.link_count
        self._names = np.array(wiring.network.link_names)
        self._layout = layout
        self._wiring = wiring
        self._time = 0
        self._totals = {
            name: np.zeros(count, np.int64) for name in ("busy", "tx", "drops", "marks")
        }

    def sample(self, state: State, now: int) -> dict[str, NDArray[Any]]:
        """Return the columns of table `links` at `now`, by the topology's link number."""
        links, setup = (rows[self._layout.link] for rows in link_rows(state))
        sending = np.maximum(0, links[:, at.FREE_AT] - now)
        unsent = sending + waiting_times(state)[self._layout.link]
        totals = {
            "busy": links[:, at.BUSY] - sending,
            "tx": links[:, at.BYTES],
            "drops": links[:, at.DROPS],
            "marks": setup[:, at.MARKS],
        }
        since = {name: total - self._totals[name] for name, total in totals.items()}
        span = max(1, now - self._time)
        self._totals, self._time = totals, now
        return {
            "t": np.full(len(links), now),
            "index": np.arange(len(links)),
            "link": self._names,
            "utilization": since["busy"] / span,
            "queue": as_bytes(unsent, links, setup),
            "queue_max": as_bytes(links[:, at.QUEUE_MAX], links, setup).astype(np.int64),
            "tx": since["tx"],
            "drops": since["drops"],
            "ecn_marks": since["marks"],
            "up": self._wiring.network.link_up,
            "rate": setup[:, at.RATE],
        }


class LinkSeries:
    """Table `links` of one run.

    Parameters
    ----------
    take
        Returns the columns of a sample at an instant.
    network
        The topology, for the links' names.
    recorder
        Where the table goes.
    """

    def __init__(
        self,
        take: Callable[[int], Mapping[str, NDArray[Any]]],
        network: Network,
        recorder: Recorder,
    ) -> None:
        self._take = take
        self._names = network.link_names
        self._recorder = recorder
        self._rows: list[Mapping[str, NDArray[Any]]] = []
        #: The last sample, if it is one of rest that is not written yet.
        self._held: Mapping[str, NDArray[Any]] | None = None
        self._last: Mapping[str, NDArray[Any]] | None = None
        self._rests = False
        self._time = 0

    def look(self, now: int) -> bool:
        """Take the sample at `now`; return whether links do nothing until the next event."""
        sample = self._take(now)
        idle = not any(sample[name].any() for name in _MOVES)
        rests = idle and self._unchanged(sample)
        if rests and self._rests:
            self._held = sample
        else:
            self._write_held()
            self._write(sample)
        self._rests, self._last, self._time = rests, sample, now
        return idle

    def end(self, now: int) -> None:
        """Take the last sample, at `now`, and hand on what is left."""
        if now > self._time:
            self.look(now)
        self._write_held()
        self._hand_on()

    def _unchanged(self, sample: Mapping[str, NDArray[Any]]) -> bool:
        """Return whether links are as they were: rates, and which of them work."""
        last = self._last
        return last is None or all((sample[name] == last[name]).all() for name in ("up", "rate"))

    def _write_held(self) -> None:
        if self._held is not None:
            self._write(self._held)
            self._held = None

    def _write(self, sample: Mapping[str, NDArray[Any]]) -> None:
        self._rows.append(sample)
        if len(self._rows) * len(self._names) >= BATCH:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._rows:
            names = [name for name in self._rows[0] if name != "link"]
            columns: dict[str, Any] = {
                name: np.concatenate([sample[name] for sample in self._rows]) for name in names
            }
            columns["link"] = Coded(columns["index"], self._names)
            self._recorder.write("links", columns)
            self._rows = []
