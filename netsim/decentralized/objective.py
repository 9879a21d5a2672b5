"""What the nodes minimise: the loss on their samples, or a quadratic of their own.

Both train any of the nodes at once. A node's k-th step is the same whoever else is there: batches
are drawn per node, products of stacks of matrices are done matrix by matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.local import LocalConfig
from netsim.decentralized.privacy import Privacy
from netsim.learning.batches import Batches
from netsim.learning.data_set import DataSet
from netsim.learning.layers import Layers
from netsim.learning.models.quadratic import Quadratic

Array = NDArray[Any]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Models that are scored at once, so that memory stays bounded.
CHUNK: Final = 64


class Objective(Protocol):
    """What is minimised."""

    sizes: Floats
    """Samples of each node."""

    def local(self, theta: Array, rows: Integers, turn: int | Integers) -> None:
        """Train the models of `rows`, rows of `theta`, as one round's local training.

        `rows` ascend; `turn` is their round, or how often each has trained before.
        """
        ...

    def gradient(self, theta: Array, rows: Integers, turn: int | Integers) -> Array:
        """Return one gradient per row of `theta` (as many as `rows`), of their `turn`-th batch."""
        ...

    def local_steps(self) -> Integers:
        """Return how many gradient steps each node's local training has."""
        ...

    def evaluate(self, theta: Array) -> tuple[Floats, Floats | None]:
        """Return the common loss of each row of `theta`, and the accuracy where there is one."""
        ...

    def own_loss(self, theta: Array, rows: Integers) -> Floats:
        """Return each node's loss on its own data; NaN without any."""
        ...

    def smoothness(self) -> Floats:
        """Return the Lipschitz constant of each node's gradient; NaN where it is not known."""
        ...


class QuadraticObjective:
    """Quadratic losses; every gradient is exact."""

    def __init__(
        self, model: Quadratic, sizes: Floats, local: LocalConfig, noise_key: int = 0
    ) -> None:
        self._model, self.sizes, self._local = model, sizes, local
        self._privacy = Privacy(local, noise_key)
        self._steps = local.steps if local.steps is not None else (local.epochs or 1)
        self._speed = np.zeros_like(model.h) if local.momentum else None

    def local(self, theta: Array, rows: Integers, turn: int | Integers) -> None:
        """Take the steps of a round, as `Objective.local`."""
        x = theta[rows]
        for number in range(self._steps):
            step = self.gradient(x, rows, turn * self._steps + number)
            if self._speed is not None:
                step += self._local.momentum * self._speed[rows]
                self._speed[rows] = step
            x -= self._local.lr * step
        theta[rows] = x

    def gradient(self, theta: Array, rows: Integers, turn: int | Integers) -> Array:
        """Return h (x - c)."""
        out = np.empty_like(theta)
        self._model.gradient(theta, rows, out)
        self._privacy.apply(out, rows, np.full(len(rows), turn))
        if self._local.weight_decay:
            out += self._local.weight_decay * theta
        return out

    def local_steps(self) -> Integers:
        """Return the same number for all."""
        return np.full(len(self.sizes), self._steps)

    def curvature(self) -> tuple[float, float]:
        """Return the least and the largest curvature of any node."""
        return float(self._model.h.min()), float(self._model.h.max())

    def smoothness(self) -> Floats:
        """Return the largest curvature of each node."""
        largest: Floats = self._model.h.max(axis=1)
        return largest

    def evaluate(self, theta: Array) -> tuple[Floats, Floats | None]:
        """Return the mean of all nodes' losses."""
        return self._model.common_loss(theta), None

    def own_loss(self, theta: Array, rows: Integers) -> Floats:
        """Return each node's own loss."""
        return self._model.own_loss(theta[rows], rows)


class SampleObjective:
    """Mean cross-entropy over the samples of each node.

    Parameters
    ----------
    model
        The layers.
    data
        All samples.
    parts, test
        Numbers of the samples of each node, and of those of the common test.
    local
        How nodes train.
    dtype
        Of the models.
    key, noise_key
        Keys of the streams of batches and of noise.
    """

    def __init__(
        self,
        model: Layers,
        data: DataSet,
        parts: Sequence[Integers],
        test: Integers,
        local: LocalConfig,
        dtype: Any,
        key: int,
        noise_key: int = 0,
    ) -> None:
        self._model, self._local, self._parts = model, local, parts
        self._x = data.features.astype(dtype)
        self._y = data.label
        self._test_x, self._test_y = self._x[test], self._y[test]
        self._batches = Batches(parts, local.batch_size, key)
        self.sizes = self._batches.count.astype(np.float64)
        self._privacy = Privacy(local, noise_key)
        self._speed: Array | None = None
        if local.momentum:
            self._speed = np.zeros((len(parts), model.size), dtype)
        #: Room for gradients, as much as was ever needed at once.
        self._spare: Array = np.empty((0, model.size), dtype)

    def local(self, theta: Array, rows: Integers, turn: int | Integers) -> None:
        """Train for a round, as `Objective.local`."""
        everyone = len(rows) == len(theta)
        x = theta if everyone else theta[rows]
        steps = self.local_steps()[rows]
        longest = int(steps.max(initial=0))
        for step in range(longest):
            going = steps > step
            if going.all():
                self._step(x, rows, turn * steps + step)
            else:
                some = x[going]
                self._step(some, rows[going], (turn * steps)[going] + step)
                x[going] = some
        if not everyone:
            theta[rows] = x

    def local_steps(self) -> Integers:
        """Return the batches of the passes over each node's data, or the steps asked for."""
        if self._local.steps is not None:
            return np.full(len(self._parts), self._local.steps)
        found: Integers = self._batches.per_epoch * (self._local.epochs or 1)
        return found

    def _step(self, x: Array, rows: Integers, turn: Integers) -> None:
        """Take one step of each of `rows`, whose models are `x`."""
        step = self._gradient(x, rows, turn)
        if self._speed is not None:
            step += self._local.momentum * self._speed[rows]
            self._speed[rows] = step
        step *= self._local.lr
        x -= step

    def gradient(self, theta: Array, rows: Integers, turn: int | Integers) -> Array:
        """Return the gradients on the rows' `turn`-th batches."""
        return self._gradient(theta, rows, np.full(len(rows), turn)).copy()

    def _gradient(self, x: Array, rows: Integers, turn: Integers) -> Array:
        samples, there = self._batches.take(rows, turn)
        if len(self._spare) < len(rows):
            self._spare = np.empty_like(x)
        out = self._spare[: len(rows)]
        self._model.gradient(x, self._x[samples], self._y[samples], there.astype(x.dtype), out)
        self._privacy.apply(out, rows, turn)
        if self._local.weight_decay:
            out += self._local.weight_decay * x
        return out

    def smoothness(self) -> Floats:
        """Return that it is not known."""
        return np.full(len(self._parts), np.nan)

    def evaluate(self, theta: Array) -> tuple[Floats, Floats | None]:
        """Return loss and accuracy on the common test set."""
        loss, right = np.empty(len(theta)), np.empty(len(theta))
        for first in range(0, len(theta), CHUNK):
            some = slice(first, first + CHUNK)
            loss[some], right[some] = self._score(theta[some], self._test_x, self._test_y)
        return loss, right

    def own_loss(self, theta: Array, rows: Integers) -> Floats:
        """Return each node's loss on its own samples."""
        found = np.full(len(rows), np.nan)
        for place, node in enumerate(rows.tolist()):
            part = self._parts[node]
            if len(part):
                model = theta[node : node + 1]
                found[place] = self._score(model, self._x[part], self._y[part])[0][0]
        return found

    def _score(self, theta: Array, x: Array, y: Integers) -> tuple[Floats, Floats]:
        scores = self._model.scores(theta, x)
        right = (scores.argmax(axis=2) == y).mean(axis=1)
        scores -= scores.max(axis=2, keepdims=True)
        chosen = scores[:, np.arange(len(y)), y].astype(np.float64)
        total = np.exp(scores).sum(axis=2, dtype=np.float64)
        return (np.log(total) - chosen).mean(axis=1), right
