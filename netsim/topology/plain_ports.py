"""Hosts that are joined by nothing but ports: a latency and a rate, between groups other ones.

The network of the alpha-beta model: a message of s bytes takes alpha + s beta, with neither packets
nor headers. Where hosts form groups (servers, say), each host has one port each way for its group
and another for all other groups, of a latency and a rate of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Ints = NDArray[np.int64]

_BYTE = 8 * 10**12


@dataclass(frozen=True, slots=True, eq=False)
class PlainPorts:
    """Ports of each host, by class: 0 within its group, 1 between groups.

    Parameters
    ----------
    group
        Group of each host, (hosts,).
    latency
        Time (ps) from a byte's departure to its arrival, (classes,).
    rate
        Bits per second of a port, (classes,).
    """

    group: Ints
    latency: Ints
    rate: Ints

    @property
    def classes(self) -> int:
        """Number of classes: 2 where there are groups, else 1."""
        return len(self.rate)

    def class_of(self, src: ArrayLike, dst: ArrayLike) -> Ints:
        """Return the class of the ports by which messages from `src` to `dst` travel."""
        apart: Any = self.group[np.asarray(src)] != self.group[np.asarray(dst)]
        return apart.astype(np.int64) if self.classes > 1 else np.zeros(apart.shape, np.int64)

    def times(self, src: ArrayLike, dst: ArrayLike, size: ArrayLike) -> tuple[Ints, Ints]:
        """Return how long (ps) each message holds a port, and its latency.

        `size` is in bytes, which need not be whole; times are rounded to whole ps.
        """
        kind = self.class_of(src, dst)
        held = np.asarray(size, np.float64) * _BYTE / self.rate[kind]
        return np.rint(held).astype(np.int64), self.latency[kind]
