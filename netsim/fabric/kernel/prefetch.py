"""A hint to the processor, which means nothing in plain Python.

In large networks links and packets do not fit into the caches near the processor, and an event
waits for its link's row, then for its packet's. The next event is known before the present one is
handled, so its rows can be on their way meanwhile.
"""

from __future__ import annotations

from netsim.fabric.kernel.state import Ints


def prefetch(array: Ints, at: int) -> None:
    """Fetch the cache line of ``array[at]``; compiled code has the instruction in this place."""
