"""Which NICs a flow takes: hosts hand flows in, and a network carries them between NICs.

Families, batches and tables name hosts; from the intake on, a fabric knows NICs alone. A flow that
brings its path takes the NICs at both ends of it. For others a rule decides, from the flow's number
and nothing else, so it depends neither on the fidelity nor on what is under way:

- ``hash``: each end draws one of its host's NICs, both uniformly and independent of each other.
- ``rail``: one index is drawn for both ends, among those that both hosts have, so that a flow stays
  on one rail where NICs of one index share a leaf.

A choice by load (the NIC with the shortest queue) was left out: it would need the state of a host
before its flow is there, and hosts hash. Same-host traffic uses no NIC. Where each host has one NIC
nothing is drawn, and hosts and NICs have the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from netsim import rng
from netsim.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netsim.rng import Streams
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

#: How flows spread over the NICs of their hosts.
Rule = Literal["hash", "rail"]
_32: Final = np.uint64(32)


class Spread:
    """Gives flows between hosts their NICs.

    Parameters
    ----------
    network
        Hosts and their NICs.
    rule
        ``hash`` or ``rail``.
    streams
        Random streams, of which it takes one of its own.
    """

    def __init__(self, network: Network, rule: Rule, streams: Streams) -> None:
        if rule not in ("hash", "rail"):
            raise ValueError(f"NICs are spread by 'hash' or 'rail', not by '{rule}'")
        self._network = network
        self._apart = rule == "hash"
        self._key = streams.key("nics")
        #: Whether a host is its only NIC, so that there is nothing to choose.
        self.trivial = network.nics is None

    def of(
        self, src: Ints, dst: Ints, first: int, paths: Sequence[Sequence[int]] | None = None
    ) -> tuple[Ints, Ints]:
        """Return the NICs by which flows leave and come.

        Parameters
        ----------
        src, dst
            Hosts of each flow. What goes from a host to itself is at its first NIC.
        first
            Number of the first flow; the others follow.
        paths
            Links from NIC to NIC of each flow, or nothing for those that bring none.

        Raises
        ------
        SimulationError
            If a path starts or ends at a NIC of another host.
        """
        if self.trivial:
            return src, dst
        begin = self._network.first_nic
        counts = np.diff(begin)
        flows = np.arange(first, first + len(src))
        if self._apart:
            leaves = self._drawn(flows, 0, counts[src])
            comes = self._drawn(flows, 1, counts[dst])
        else:
            leaves = comes = self._drawn(flows, 0, np.minimum(counts[src], counts[dst]))
        calculated = src == dst
        out = begin[src] + np.where(calculated, 0, leaves)
        into = begin[dst] + np.where(calculated, 0, comes)
        for index, path in enumerate(paths or ()):
            if len(path):
                out[index], into[index] = self._at_ends(path, int(src[index]), int(dst[index]))
        return out, into

    def of_one(
        self, src: int, dst: int, flow: int, path: Sequence[int] | None = None
    ) -> tuple[int, int]:
        """Return what `of` does of the one flow with that number."""
        if self.trivial:
            return src, dst
        ends = np.array([src]), np.array([dst])
        out, into = self.of(*ends, flow, [path] if path else None)
        return int(out[0]), int(into[0])

    def _drawn(self, flows: Ints, counter: int, below: Ints) -> Ints:
        """Return a number from 0 on, below `below`, for each flow."""
        bits = rng.draws(self._key, flows, np.array([counter]))
        found: Any = ((bits >> _32) * below.astype(np.uint64)) >> _32
        return found.astype(np.int64)  # type: ignore[no-any-return]

    def _at_ends(self, path: Sequence[int], src: int, dst: int) -> tuple[int, int]:
        """Return the NICs at both ends of `path`, which joins two hosts."""
        network = self._network
        ends = int(network.link_source[path[0]]), int(network.link_target[path[-1]])
        for nic, host in zip(ends, (src, dst), strict=True):
            if nic not in network.nics_of(host):
                raise SimulationError(
                    f"the path of a flow from {network.hosts[src]} to {network.hosts[dst]} has "
                    f"{network.nodes[nic]} at an end, which is no NIC of {network.hosts[host]}"
                )
        return ends


def at_hosts(network: Network, columns: dict[str, Any]) -> dict[str, Any]:
    """Return columns of flows with hosts as `src` and `dst`, where NICs stood."""
    if network.nics is None:
        return columns
    ends = {name: network.nic_host[columns[name]] for name in ("src", "dst")}
    return columns | ends
