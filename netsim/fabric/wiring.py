"""What of a network works at present, and how fast: the one place where everybody asks.

A network is a value; one with other rates, or with links that are down, is another value. The
wiring holds the one that is true now. Who keeps something that follows from it (routes, classes of
flows) works it out anew when the fabric says so; nobody else keeps rates or states of links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.topology.network import Network


class Wiring:
    """A network as it is now.

    Parameters
    ----------
    network
        As it is at the start.
    """

    def __init__(self, network: Network) -> None:
        self.network = network

    def change(
        self, links: Sequence[int], *, rate: int | None = None, up: bool | None = None
    ) -> None:
        """Let `links` have another rate (bit/s), or work or not, from now on."""
        self.network = self.network.changed(list(links), rate=rate, up=up)

    @property
    def all_joined(self) -> bool:
        """Whether working links lead from every host to every other."""
        network = self.network
        links = np.concatenate([network.host_uplink, network.host_downlink])
        return bool(network.joined and network.link_up[links].all())
