"""What was last heard over every arc, which stands in for messages that are lost.

A lost message keeps its weight if anything ever came over its arc; where nothing did, its weight
goes to the others (`netsim.decentralized.schedule`). One message an arc is kept, so memory is that
of two models an edge; nodes that are gone and links that are cut are not heard at all, whatever
they said before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        pattern = turn.pattern
        last = self._last.get(channel)
        if last is None:
            last = self._last[channel] = np.zeros((self._arcs, sent.shape[1]), sent.dtype)
        between = np.flatnonzero(~pattern.own)
        came = between if turn.arrived is None else between[turn.arrived[between]]
        if len(came) == len(between):
            turn.mixture.mix(sent, own, out)
        else:
            lost = between[~np.isin(between, came)]
            heard = pattern.node.copy()
            heard[lost] = len(sent) + np.arange(len(lost))
            turn.mixture.mix_rows(heard, np.vstack((sent, last[pattern.arc[lost]])), own, out)
        last[pattern.arc[came]] = sent[pattern.node[came]]
