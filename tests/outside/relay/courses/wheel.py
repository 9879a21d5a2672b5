"""A wheel: a ring of runners, and one in its middle."""

from __future__ import annotations

import numpy as np

from netsim.graphs.graph import graph_of
from netsim.graphs.kind import GraphConfig, too_few
from netsim.registry import register


@register("graph", "wheel")
class Wheel:
    """A ring whose nodes are all joined to node 0."""

    source = "R. Diestel, Graph Theory, 5th ed., 2017, section 3.2"

    class Config(GraphConfig):
        """Number of nodes."""

    @staticmethod
    def problems(config, nodes):
        """Return what is wrong: the rim is a ring."""
        return too_few(nodes, 4, "a wheel")

    @staticmethod
    def pairs(config, nodes):
        """Return the number of edges."""
        return 2 * (nodes - 1)

    @staticmethod
    def build(config, nodes, stream):
        """Return the wheel."""
        rim = np.arange(1, nodes)
        source = np.concatenate((rim, np.zeros_like(rim)))
        return graph_of(nodes, source, np.concatenate((np.roll(rim, -1), rim)))
