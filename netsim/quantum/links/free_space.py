"""An arm through the air: a beam that spreads, thins out in the atmosphere, and misses a little.

A Gaussian beam of waist w0 has the radius ``w(z) = w0 sqrt(1 + (z lam / (pi w0^2))^2)`` at distance
z, and a receiver of radius r collects ``1 - exp(-2 r^2 / w(z)^2)`` of it. The atmosphere lets
``zenith`` pass straight up, and that to the power of ``1 / sin(elevation)`` at a slant. Turbulence
beyond what `pointing` takes away is left out.

Source: C. Liorni, H. Kampermann and D. Bruss, New J. Phys. 21, 093055, 2019, section 2.
"""

from __future__ import annotations

import math
from typing import Annotated

from netsim.fields import Angle, Config, Probability, Quantity, field

_Length = Annotated[float, Quantity("length", positive=True)]


class FreeSpaceConfig(Config):
    """A link's arms through the air."""

    waist: _Length = field("0.15 m", description="radius of the beam where it is narrowest")
    receiver: _Length = field("0.5 m", description="radius of the receiving telescope")
    wavelength: _Length = field("1550 nm", description="wavelength of the light")
    zenith: Probability = field(
        0.9, description="share of light that passes the atmosphere straight up"
    )
    elevation: Angle = field(
        "90 deg", description="angle above the horizon, above 0 and at most 90 degrees"
    )
    pointing: Probability = field(1.0, description="share of light left by errors of pointing")

    def passing(self, length: float) -> float:
        """Return the share of light that passes an arm of `length` (m).

        >>> beam = FreeSpaceConfig(waist="0.1 m", receiver="0.1 m", zenith=1.0)
        >>> round(beam.passing(1.0), 6)
        0.864665
        """
        spread = length * self.wavelength / (math.pi * self.waist**2)
        radius = self.waist * math.sqrt(1 + spread**2)
        collected = -math.expm1(-2 * self.receiver**2 / radius**2)
        air = self.zenith ** (1 / math.sin(self.elevation))
        return float(collected * air * self.pointing)
