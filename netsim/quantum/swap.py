"""A swap under way: a router that asks both partners, measures, and tells them.

The router claims its two memories and asks both partners; one that is ready is claimed by the
first request that asks for it, and one that is not refuses and is asked again at once. When both
answers are there the router measures, its memories are free, and each partner learns the result one
delay later. A request yields to one from nearer the initiator, or two neighbours that both want to
swap would refuse each other for ever.
"""

from __future__ import annotations

from typing import Any

from netsim.quantum.pair import Memory, Pair


class Swap:
    """One attempt to join two pairs.

    Parameters
    ----------
    left, right
        The router's own memories.
    near, far
        The pairs that they hold.
    """

    __slots__ = ("accepted", "far", "left", "lost", "near", "ready", "request", "right", "since")

    def __init__(self, left: Memory, near: Pair, right: Memory, far: Pair) -> None:
        self.left, self.right = left, right
        self.near, self.far = near, far
        #: The partners that have accepted.
        self.accepted: list[Memory] = []
        self.ready = 0
        #: Whether the router has measured or called it off, and since when in the latter case.
        self.lost = False
        self.since = 0
        #: Whom it is for, where requests share links.
        self.request: Any = None

    @property
    def position(self) -> int:
        """Where on the path it happens."""
        return self.left.position
