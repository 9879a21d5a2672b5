"""The rectangle that nodes with random places lie in."""

from __future__ import annotations

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Floats
from netsim.graphs.kind import GraphConfig, PositiveLength


class AreaConfig(GraphConfig):
    """Where the nodes lie."""

    area: tuple[PositiveLength, PositiveLength] = field(
        ("1 km", "1 km"), description="width and height of the rectangle that nodes lie in"
    )


def places(generator: np.random.Generator, nodes: int, area: tuple[float, float]) -> Floats:
    """Return uniform places (2, nodes) in metres; more nodes change none of the others'."""
    drawn: Floats = (generator.random((nodes, 2)) * area).T.copy()
    return drawn
