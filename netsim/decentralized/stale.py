"""What was last heard over every arc, which stands in for messages that are lost.

A lost message keeps its weight if anything ever came over its arc; where nothing did, its weight
goes to the others (`netsim.decentralized.schedule`). One message an arc is kept, and room for those
of a round, so memory is that of two models an edge and one a node; nodes that are gone and links
that are cut are not heard at all, whatever they said before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.objective import CHUNK
from netsim.decentralized.schedule import Turn

Array = NDArray[Any]


class Stale:
    """The last message of every arc, by channel.

    Parameters
    ----------
    arcs
        Two for every edge of the graph.
    """

    def __init__(self, arcs: int) -> None:
        self._arcs, self._last = arcs, dict[int, Array]()

    def mix(self, turn: Turn, sent: Array, own: Array, out: Array, channel: int) -> None:
        """Write weighted sums to `out`, with old messages in the place of lost ones."""
        pattern, nodes = turn.pattern, len(sent)
        kept = self._last.get(channel)
        if kept is None:
            # What is sent comes before what was last heard, so that sums find both in one array.
            shape = (nodes + self._arcs, sent.shape[1])
            kept = self._last[channel] = np.zeros(shape, sent.dtype)
        between = np.flatnonzero(~pattern.own)
        came = between if turn.arrived is None else between[turn.arrived[between]]
        if len(came) == len(between):
            turn.mixture.mix(sent, own, out)
        else:
            lost = between[~np.isin(between, came)]
            heard = pattern.node.copy()
            heard[lost] = nodes + pattern.arc[lost]
            kept[:nodes] = sent
            turn.mixture.mix_rows(heard, kept, own, out)
        # Some at a time: all at once would be another copy of all messages.
        for first in range(0, len(came), CHUNK):
            some = came[first : first + CHUNK]
            kept[nodes + pattern.arc[some]] = sent[pattern.node[some]]
