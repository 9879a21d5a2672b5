"""The block `learning` of a scenario."""

from __future__ import annotations

from typing import Literal

from netsim.fields import Config, field


class LearningConfig(Config):
    """M models trained in turn on synthetic data, one gradient step per job."""

    model: Literal["softmax", "mlp"] = field(
        "softmax", description="softmax regression, or a perceptron with one hidden layer"
    )
    hidden: int = field(16, description="hidden units of the perceptron", ge=1, le=4096)
    samples: int = field(
        1024, description="samples of the data set, all used by every job", ge=1, le=1_000_000
    )
    features: int = field(16, description="numbers per sample", ge=1, le=4096)
    classes: int = field(4, description="classes, each a Gaussian cloud", ge=2, le=1000)
    spread: float = field(
        2.0, description="standard deviation within a class; the centres lie about 1 apart", gt=0
    )
    rate: float = field(0.5, description="step size of gradient descent", gt=0, le=1e6)
