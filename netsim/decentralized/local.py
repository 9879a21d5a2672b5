"""How a node trains between two exchanges: the block `local`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from netsim.fields import Config, Ratio, field, problem


class LocalConfig(Config):
    """Local training."""

    epochs: int | None = field(
        None, description="passes over the node's data in a round; default: 1", ge=1
    )
    steps: int | None = field(
        None, description="gradient steps in a round, in place of epochs", ge=0
    )
    batch_size: int = field(
        16, description="samples of a step; the last of an epoch may be fewer", ge=1
    )
    lr: float = field(0.1, description="learning rate", gt=0)
    momentum: Annotated[float, Ratio()] = field(
        0.0, description="share of the last step that is kept; stays with the node", lt=1
    )
    weight_decay: float = field(0.0, description="factor of the model in its gradient", ge=0)

    clip: float | None = field(
        None, description="norm that each batch's gradient is cut to; default: any", gt=0
    )
    noise: float = field(
        0.0, description="deviation of Gaussian noise on each number of it, in clips", ge=0
    )

    @model_validator(mode="after")
    def _check_one_is_given(self) -> Self:
        if self.epochs is not None and self.steps is not None:
            hint = "give one of epochs and steps"
            raise problem(
                "unsatisfiable", "how long? both epochs and steps say it", at=("steps",), hint=hint
            )
        if self.noise and self.clip is None:
            hint = "give clip, the norm that gradients are cut to"
            raise problem("missing-field", "noise is measured in clips", at=("noise",), hint=hint)
        return self
