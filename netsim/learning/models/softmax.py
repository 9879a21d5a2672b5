"""Softmax regression: one layer, a convex problem."""

from __future__ import annotations

from typing import ClassVar

from netsim.learning.layers import Layers
from netsim.learning.models.mlp import LayersConfig
from netsim.learning.peer_model import PeerModelConfig
from netsim.registry import register


@register("peer_model", "softmax")
class Softmax:
    """Softmax regression by cross-entropy."""

    source: ClassVar[str] = "multinomial logistic regression"

    class Config(LayersConfig, PeerModelConfig):
        """How parameters start."""

    @staticmethod
    def build(config: Config, nodes: int, features: int, classes: int) -> Layers:
        """Return the one layer."""
        return Layers((features, classes))
