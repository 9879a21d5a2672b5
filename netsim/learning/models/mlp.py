"""A small perceptron: fully connected layers with ReLU, trained by cross-entropy."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from netsim.fields import Config, EitherDash, field
from netsim.learning.layers import Layers
from netsim.learning.peer_model import PeerModelConfig
from netsim.registry import register


class InitConfig(Config):
    """How parameters start."""

    kind: Annotated[
        Literal["glorot_normal", "glorot_uniform", "he_normal", "zeros"], EitherDash()
    ] = field("glorot_normal", description="law of the weights; biases start at 0")
    same: bool = field(True, description="true: one draw for all nodes; false: a draw for each")
    gain: float | Literal["v_steady"] = field(
        1.0,
        description="factor of the initial weights; v_steady: 1 over the norm of the stationary "
        "vector of the weights, which makes up for the variance that averaging takes",
    )


class LayersConfig(PeerModelConfig):
    """How parameters start."""

    init: InitConfig = field({}, description="how parameters start")


@register("peer_model", "mlp")
class Mlp:
    """Fully connected layers with ReLU between them, and softmax cross-entropy."""

    source: ClassVar[str] = "Rumelhart, Hinton, Williams, Nature 323, 1986"

    class Config(LayersConfig):
        """Hidden layers and start."""

        hidden: tuple[int, ...] = field(
            (32,), description="width of each hidden layer", max_length=16
        )

    @staticmethod
    def build(config: Config, nodes: int, features: int, classes: int) -> Layers:
        """Return the layers."""
        return Layers((features, *config.hidden, classes))
