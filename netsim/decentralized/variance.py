"""Variance-corrected averaging: a mean of models that differ keeps the spread of their weights.

The mean of m independent models has 1/m of their variance, which stops deep networks from learning.
So after averaging, per weight matrix and not for biases: with a the average, mu its mean over the
matrix and v = sum_j w_j var(x_j) of the models that went in, a = mu + (a - mu) sqrt(v / var(a)).
With target ``glorot`` v is 2 / (fan_in + fan_out). Variances are those of populations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.mixing import Mixture
from netsim.fields import Config, field

Array = NDArray[Any]

#: Least variance that is divided by.
_LEAST: Final = 1e-12


class AggregateConfig(Config):
    """What is done to averages."""

    variance_correction: bool = field(
        False, description="true: give averages of weights the spread of what went in"
    )
    target: Literal["inputs", "glorot"] = field(
        "inputs", description="spread: the weighted mean of the inputs', or that of a first draw"
    )


class VarianceCorrection:
    """Corrects averages of models.

    Parameters
    ----------
    matrices
        Where each weight matrix is within a model, and its variance at a first draw.
    target
        As `AggregateConfig`.
    """

    def __init__(self, matrices: Sequence[tuple[slice, float]], target: str) -> None:
        self._matrices, self._of_inputs = matrices, target == "inputs"

    def apply(self, mixture: Mixture, sent: Array, own: Array, mixed: Array) -> None:
        """Correct `mixed` in place; `sent` and `own` are what went in."""
        alive = mixture.pattern.alive
        for where, drawn in self._matrices:
            wanted = np.full((len(mixed), 1), drawn, mixed.dtype)
            if self._of_inputs:
                spread = sent[:, where].var(axis=1, keepdims=True)
                mine = own[:, where].var(axis=1, keepdims=True)
                mixture.mix(spread, mine, wanted)
            part = mixed[:, where]
            mean = part.mean(axis=1, keepdims=True)
            factor = np.sqrt(wanted / np.maximum(part.var(axis=1, keepdims=True), _LEAST))
            corrected = mean + (part - mean) * factor
            mixed[:, where] = np.where(alive[:, None], corrected, part)
