"""What links did between two instants, read from the kernel's arrays: no event is needed for it.

With ``free_at`` the end of a port's accepted work, the unsent backlog at `t` is ``max(0, free_at -
t)`` and the busy time so far is the sum of accepted service times less that backlog. Both are
exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.columns import as_bytes, link_rows
from netsim.fabric.kernel import state as at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.kernel.layout import Layout
    from netsim.fabric.kernel.state import State
    from netsim.topology.network import Network


class LinkSampler:
    """Remembers the last sample, so that the next one can tell what happened since.

    Parameters
    ----------
    network, layout
        The topology and its numbering in the kernel.
    """

    def __init__(self, network: Network, layout: Layout) -> None:
        count = network.link_count
        self._names = np.array(network.link_names)
        self._layout = layout
        self._up = network.link_up
        self._time = 0
        self._totals = {
            name: np.zeros(count, np.int64) for name in ("busy", "tx", "drops", "marks")
        }

    def sample(self, state: State, now: int) -> dict[str, NDArray[Any]]:
        """Return the columns of table `links` at `now`, by the topology's link number."""
        links, setup = (rows[self._layout.link] for rows in link_rows(state))
        unsent = np.maximum(0, links[:, at.FREE_AT] - now)
        totals = {
            "busy": links[:, at.BUSY] - unsent,
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
            "up": self._up,
            "rate": setup[:, at.RATE],
        }
