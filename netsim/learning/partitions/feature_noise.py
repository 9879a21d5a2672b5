"""Equal classes everywhere, and pictures that are noisier the higher the holder's number.

Holder i of n gets normal noise of variance sigma (i + 1) / n on every feature of its samples.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netsim.fields import field
from netsim.learning.partition import Integers, PartitionConfig
from netsim.learning.partitions.iid import Iid
from netsim.registry import register


@register("partition", "feature_noise")
class FeatureNoise:
    """Shuffled samples in equal parts, with noise on features that grows from holder to holder."""

    source: ClassVar[str] = "Li et al., Federated Learning on Non-IID Data Silos, ICDE 2022"

    class Config(PartitionConfig):
        """How much."""

        sigma: float = field(0.1, description="variance of the last holder's noise", ge=0)

    @staticmethod
    def split(
        config: Config, label: Integers, holders: int, generator: np.random.Generator
    ) -> list[Integers]:
        """Return a shuffled order in equal parts."""
        return Iid.split(Iid.Config(), label, holders, generator)

    @staticmethod
    def features(
        config: Config, features: NDArray[Any], place: int, holders: int, generator: Any
    ) -> NDArray[Any]:
        """Return the samples of holder number `place` as it sees them."""
        spread = np.sqrt(config.sigma * (place + 1) / holders)
        noise = spread * generator.standard_normal(features.shape)
        noisy: NDArray[Any] = features + noise.astype(features.dtype)
        return noisy
