"""Give paths to flows that bring none: whole batches by the policy's plan, lone ones by load.

A planning policy (a routing policy with a function ``plan(network, src, dst) -> path numbers``)
sees all flows of a batch at once, and so does one that cuts them, with a function
``split(network, src, dst, size) -> Pieces`` in its place. A message that is sent alone takes the
path whose fuller link has the least planned bytes on it, over all that is planned and not yet done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.errors import SimulationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.fabric.pieces import Pieces
    from netsim.fabric.wiring import Wiring
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

Path = tuple[int, ...]
#: Bytes that may be planned and not yet done.
_MOST_PLANNED: Final = 2**62


class Planner:
    """Paths for flows, and the bytes that are planned on every link.

    Parameters
    ----------
    wiring
        The network as it is now.
    plan
        The policy's function: from NICs of the flows of a batch to the number of each flow's path,
        in the order of `Network.leaf_paths`.
    split
        Its function if it cuts flows: from NICs and sizes to `Pieces`.
    name
        The policy's, for errors.
    """

    def __init__(
        self,
        wiring: Wiring,
        plan: Callable[[Network, Ints, Ints], Ints] | None,
        split: Callable[[Network, Ints, Ints, Ints], Pieces] | None = None,
        name: str = "",
    ) -> None:
        self._wiring = wiring
        self._plan = plan
        self._split = split
        self._name = name
        self._planned = np.zeros(wiring.network.link_count, dtype=np.int64)
        self._total = 0
        self._kept: dict[int, tuple[Sequence[Path], Ints]] = {}
        self._known: dict[tuple[int, int], list[Path]] = {}

    def look_again(self) -> None:
        """Find out anew which paths there are."""
        self._known = {}

    def batch(self, key: int, src: Ints, dst: Ints, size: Ints) -> list[Path]:
        """Return the path of each flow, as links from host to host.

        Their bytes count as planned until ``release(key)``.
        """
        assert self._plan is not None
        paths = self._paths(src, dst, self._plan(self._wiring.network, src, dst))
        self._keep(key, paths, size)
        return paths

    def pieces(self, key: int, src: Ints, dst: Ints, size: Ints) -> tuple[Pieces, list[Path]]:
        """Return the pieces of each flow, and the path of each piece.

        Their bytes count as planned until ``release(key)``.
        """
        assert self._split is not None
        found = self._split(self._wiring.network, src, dst, size)
        found.check(size, self._name)
        paths = self._paths(src[found.flow], dst[found.flow], found.path)
        self._keep(key, paths, np.asarray(found.size, np.int64))
        return found, paths

    def _paths(self, src: Ints, dst: Ints, picks: Ints) -> list[Path]:
        ends = zip(src.tolist(), dst.tolist(), picks.tolist(), strict=True)
        return [self._joined(a, b, self._between(a, b)[pick]) for a, b, pick in ends]

    def alone(self, key: int, src: int, dst: int, size: int) -> Path:
        """Return the path with the least planned bytes on its fuller link, the first of equals.

        The bytes count as planned until ``release(key)``.
        """
        choices = self._between(src, dst)
        loads = [max((int(self._planned[link]) for link in path), default=0) for path in choices]
        path = self._joined(src, dst, choices[loads.index(min(loads))])
        self._keep(key, [path], np.array([size]))
        return path

    def release(self, key: int) -> None:
        """Take the bytes of flows that are over off the plan."""
        if key in self._kept:
            paths, size = self._kept.pop(key)
            self._total -= sum(size.tolist())
            self._count(paths, -size)

    def _keep(self, key: int, paths: Sequence[Path], size: Ints) -> None:
        # In Python's integers, so that no sum of a link can wrap around.
        total = self._total + sum(size.tolist())
        if total >= _MOST_PLANNED:
            raise SimulationError(f"{total:,} B are planned at once, at most {_MOST_PLANNED:,}")
        self._total = total
        self._kept[key] = (paths, size)
        self._count(paths, size)

    def _count(self, paths: Sequence[Path], size: Ints) -> None:
        links = np.array([link for path in paths for link in path], dtype=np.int64)
        lengths = [len(path) for path in paths]
        np.add.at(self._planned, links, np.repeat(size, lengths))

    def _between(self, src: int, dst: int) -> list[Path]:
        leaf = self._wiring.network.leaf_of_nic
        pair = int(leaf[src]), int(leaf[dst])
        if pair not in self._known:
            # Where no path is left, the flow is refused by whoever asked.
            self._known[pair] = self._wiring.network.leaf_paths(*pair) or [()]
        return self._known[pair]

    def _joined(self, src: int, dst: int, inner: Path) -> Path:
        return (
            int(self._wiring.network.host_uplink[src]),
            *inner,
            int(self._wiring.network.host_downlink[dst]),
        )
