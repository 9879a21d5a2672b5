"""How much traffic there will be, known without drawing a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fields import implementation
from netsim.rng import Streams

if TYPE_CHECKING:
    from netsim.fabric.flows import Flows
    from netsim.topology.network import Network


@dataclass(frozen=True, slots=True)
class Extent:
    """What a traffic block amounts to.

    Parameters
    ----------
    flows
        Number of flows, or its expectation.
    size
        Mean bytes of a flow.
    first, last
        Earliest and latest start (ps).
    busiest
        Flows that the busiest host sends or receives.
    across
        Share of the flows that leave their leaf.
    fixed
        Whether all flows have that size.
    """

    flows: float
    size: float
    first: int
    last: int
    busiest: float
    across: float
    fixed: bool = True

    @classmethod
    def of(cls, flows: Flows, network: Network) -> Extent:
        """Return the extent of flows that are at hand."""
        if not len(flows):
            return cls(0, 0, 0, 0, 0, 0)
        leaf = network.leaf_of_host
        busiest = max(np.bincount(ends).max() for ends in (flows.src, flows.dst))
        across = float(np.mean(leaf[flows.src] != leaf[flows.dst]))
        first, last = int(flows.start.min()), int(flows.start.max())
        fixed = bool(flows.size.min() == flows.size.max())
        size = float(flows.size.mean())
        return cls(len(flows), size, first, last, float(busiest), across, fixed)

    def packets(self, payload: int) -> float:
        """Return the packets of a flow, on average.

        The last one of a flow of any size is half full in the mean.
        """
        if self.fixed:
            return float(max(1, -(-int(self.size) // payload)))
        return max(1.0, self.size / payload + 0.5)


def share_across(network: Network) -> float:
    """Return how likely it is that two hosts drawn at random sit on different leaves."""
    members = np.bincount(network.leaf_of_host).astype(np.float64)
    hosts = float(network.host_count)
    if hosts < 2:
        return 0.0
    return float(1 - (members * (members - 1)).sum() / (hosts * (hosts - 1)))


def extent_of(block: Any, network: Network) -> Extent:
    """Return the extent of a traffic block."""
    pattern = implementation("traffic", block, key="pattern")
    known = getattr(pattern, "extent", None)
    if known is not None:
        extent: Extent = known(block, network)
        return extent
    # A pattern from elsewhere that does not say: what it draws first.
    return Extent.of(pattern.generate(block, network, Streams(0).generator("traffic", 0)), network)
