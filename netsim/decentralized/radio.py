"""What a radio is: who is in reach at a distance, and how fast a link over it is.

A registered radio is a class with a `Config`, a `source`, and two functions of distances in metres
and of the pairs' fixed draws, a standard normal number each::

    reaches(config, distances, drawn) -> which pairs hear each other
    rate(config, distance, drawn) -> bit/s of one pair, or None where `links` say it
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from netsim.fields import Config, OneOf

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class RadioConfig(Config):
    """How far peers are heard."""


RadioBlock = Annotated[RadioConfig, OneOf("radio")]
