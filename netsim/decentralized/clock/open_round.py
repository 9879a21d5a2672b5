"""A round that somebody has begun: what each of its messages has come to, and who is through."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np

from netsim.decentralized.pattern import Flags, Pattern
from netsim.decentralized.schedule import Turn

#: What a message is: not there yet; there; lost on its way or come too late; never sent.
PENDING, ARRIVED, LOST, GONE = range(4)
#: States of the entry by which a node hears itself.
_OWN: Final = ARRIVED


class OpenRound:
    """One round, from when its first node begins it until its last one is through.

    Parameters
    ----------
    turn
        Who takes part and who hears whom, as far as rounds decide it.
    """

    def __init__(self, turn: Turn) -> None:
        self.turn, self.number = turn, turn.round
        pattern = turn.pattern
        nodes = len(pattern.alive)
        self.ways = _ways(pattern)
        self.members = pattern.alive.tolist()
        self.state = np.where(pattern.own, _OWN, PENDING).tolist()
        self._first = pattern.first.tolist()
        #: Messages that a node still waits for; whether it has begun, trained, is through.
        self.waiting = [0] * nodes
        self.begun, self.computed, self.ended = ([False] * nodes for _ in range(3))
        self.left = int(pattern.alive.sum())
        #: Nodes that are not there for it.
        self.absent: set[int] = set()
        #: Entries whose messages are on their way.
        self.flying: set[int] = set()
        #: Entries that will not come, of which receivers may not know yet, and what they are then.
        self.missed: dict[int, int] = {}
        self.began, self.trained, self.end = ([-1] * nodes for _ in range(3))

    def takes(self, node: int) -> bool:
        """Return whether a node takes part."""
        return bool(self.members[node]) and node not in self.absent

    def leave(self, node: int) -> None:
        """Let a node not be there."""
        if self.takes(node):
            self.absent.add(node)
            self.left -= 1

    def join(self, node: int) -> None:
        """Let a node be there again that has not begun."""
        if self.members[node] and node in self.absent and not self.begun[node]:
            self.absent.discard(node)
            self.left += 1

    def row(self, node: int) -> range:
        """Return the entries by which `node` hears others, and itself."""
        return range(self._first[node], self._first[node + 1])

    def doomed(self, entry: int) -> bool:
        """Return whether a disruption of rounds takes this message."""
        arrived = self.turn.arrived
        return arrived is not None and not arrived[entry]

    @cached_property
    def _by_edge(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for entry, arc in enumerate(self.turn.pattern.arc.tolist()):
            if arc >= 0:
                found.setdefault(arc // 2, []).append(entry)
        return found

    def entries_of(self, edge: int) -> list[int]:
        """Return the entries of an edge."""
        return self._by_edge.get(edge, [])

    def outcome(self) -> tuple[Flags, Flags, Flags] | None:
        """Return who took part, which entries are left out, and which messages came.

        None says that all is as rounds decided it.
        """
        state = np.array(self.state)
        came: Flags = state == ARRIVED
        wanted = self.turn.arrived
        as_wanted = bool(came.all()) if wanted is None else bool((came == wanted).all())
        if not self.absent and GONE not in self.state and as_wanted:
            return None
        alive: Flags = self.turn.pattern.alive.copy()
        alive[list(self.absent)] = False
        out: Flags = state == GONE
        late = [entry for entry, what in self.missed.items() if what == GONE]
        out[late] = True
        pattern = self.turn.pattern
        out |= ~alive[pattern.row] | ~alive[pattern.node]
        return alive, out & ~pattern.own, came


def _ways(pattern: Pattern) -> dict[int, list[tuple[int, int]]]:
    """Return, per sender, the entries of its messages and their receivers; once per pattern."""
    known: dict[int, list[tuple[int, int]]] | None = pattern.__dict__.get("_ways")
    if known is None:
        known = {}
        between = np.flatnonzero(~pattern.own)
        for entry, source, target in zip(
            between.tolist(),
            pattern.node[between].tolist(),
            pattern.row[between].tolist(),
            strict=True,
        ):
            known.setdefault(source, []).append((entry, target))
        pattern.__dict__["_ways"] = known
    return known
