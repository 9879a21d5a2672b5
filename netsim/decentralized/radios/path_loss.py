"""Path loss: signals fade with a power of the distance, and rates follow from what arrives.

In decibels PL(d) = PL0 + 10 n log10(d / d0) + X, with X a normal draw of deviation `shadowing` that
stays with each pair. With P the power sent and N the noise, in dBm, the signal-to-noise ratio is
10^((P - PL - N) / 10), and the rate B log2(1 + SNR) for a bandwidth B. Pairs hear each other where
the ratio is at least `least_snr`; without shadowing that is up to

    d = d0 10^((P - PL0 - N - least_snr) / (10 n))

Nearer than d0 the loss is that at d0.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np

from netsim.decentralized.radio import Flags, Floats, RadioConfig
from netsim.fields import Frequency, Quantity, field
from netsim.registry import register

Reference = Annotated[float, Quantity("length", positive=True)]


@register("radio", "path_loss")
class PathLoss:
    """Links that are slower the farther they reach, until nothing is heard."""

    source: ClassVar[str] = (
        "T. S. Rappaport, Wireless Communications, 2002, section 4.9; C. E. Shannon, 1948 (rates)"
    )
    example: ClassVar[dict[str, Any]] = {}

    class Config(RadioConfig):
        """Powers in dBm, losses in dB."""

        power: float = field(20.0, description="power that is sent, in dBm", ge=-100, le=100)
        noise: float = field(-95.0, description="noise at the receiver, in dBm", ge=-250, le=100)
        loss: float = field(40.0, description="loss at the reference distance, in dB", ge=0, le=300)
        reference: Reference = field("1 m", description="distance of that loss (d0)")
        exponent: float = field(3.0, description="power of the distance (n)", gt=0, le=10)
        shadowing: float = field(0.0, description="deviation of a pair's loss, in dB", ge=0, le=50)
        least_snr: float = field(
            3.0, description="least signal-to-noise ratio that is heard, in dB", ge=-50, le=100
        )
        bandwidth: Frequency = field("1 MHz", description="width of the channel (B)", gt=0)

    @staticmethod
    def snr(config: Config, distance: Any, drawn: Any) -> Any:
        """Return the signal-to-noise ratio in dB."""
        away = np.maximum(np.asarray(distance, float) / config.reference, 1.0)
        loss = config.loss + 10 * config.exponent * np.log10(away) + config.shadowing * drawn
        return config.power - loss - config.noise

    @staticmethod
    def reaches(config: Config, distance: Floats, drawn: Floats) -> Flags:
        """Return which pairs hear each other."""
        found: Flags = PathLoss.snr(config, distance, drawn) >= config.least_snr
        return found

    @staticmethod
    def rate(config: Config, distance: float, drawn: float) -> float | None:
        """Return the rate in bit/s."""
        snr = float(PathLoss.snr(config, distance, drawn))
        return float(config.bandwidth * math.log2(1 + 10 ** (snr / 10)))
