"""Fully connected layers with ReLU between them and softmax cross-entropy at the end, in stacks.

With activations a_0 = x, a_l = relu(a_(l-1) W_l + b_l) and p = softmax of the last layer, the
gradient of the mean cross-entropy of a batch is dz_L = (p - onehot(y)) / batch, dW_l = a_(l-1)^T
dz_l, db_l = sum dz_l, dz_(l-1) = (dz_l W_l^T) where a_(l-1) > 0. Every array has one axis more than
in a textbook, the first, which is the node.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """Where the weights and biases of a layer are within a row of parameters."""

    weights: slice
    biases: slice
    fan_in: int
    fan_out: int


class Layers:
    """A perceptron of which many copies are trained at once.

    Parameters
    ----------
    widths
        Features, hidden layers, classes.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self.layers: list[Layer] = []
        at = 0
        for fan_in, fan_out in pairwise(widths):
            end = at + fan_in * fan_out
            self.layers.append(Layer(slice(at, end), slice(end, end + fan_out), fan_in, fan_out))
            at = end + fan_out
        #: Number of parameters.
        self.size = at

    @property
    def flops(self) -> int:
        """Floating-point operations of one sample's forward and backward pass, 6 per weight."""
        return 6 * self.size

    def initial(self, law: str, generator: np.random.Generator) -> NDArray[np.float64]:
        """Return random parameters: weights by `law`, biases 0."""
        theta = np.zeros(self.size)
        if law == "zeros":
            return theta
        for layer in self.layers:
            count = layer.fan_in * layer.fan_out
            spread = math.sqrt(2 / (layer.fan_in + layer.fan_out))
            if law == "he_normal":
                spread = math.sqrt(2 / layer.fan_in)
            if law == "glorot_uniform":
                values = generator.uniform(-1, 1, count) * (math.sqrt(3) * spread)
            else:
                values = generator.standard_normal(count) * spread
            theta[layer.weights] = values
        return theta

    def views(self, theta: Array) -> list[tuple[Array, Array]]:
        """Return weights (nodes, in, out) and biases (nodes, 1, out) of each layer of `theta`."""
        nodes = len(theta)
        return [
            (
                theta[:, one.weights].reshape(nodes, one.fan_in, one.fan_out),
                theta[:, one.biases].reshape(nodes, 1, one.fan_out),
            )
            for one in self.layers
        ]

    def gradient(self, theta: Array, x: Array, y: Array, mask: Array, out: Array) -> None:
        """Write the gradients of the mean loss of every node's batch to `out`.

        Parameters
        ----------
        theta, out
            (nodes, parameters).
        x, y
            Batches: (nodes, batch, features) and their classes (nodes, batch).
        mask
            1 for a sample, 0 for a place without one (nodes, batch); each row has a sample.
        """
        views, slots = self.views(theta), self.views(out)
        inputs = [x]
        for index, (weights, biases) in enumerate(views):
            z = np.matmul(inputs[-1], weights)
            z += biases
            if index < len(views) - 1:
                np.maximum(z, 0, out=z)
            inputs.append(z)
        dz = softmax(inputs.pop())
        nodes, batch = y.shape
        dz[np.arange(nodes)[:, None], np.arange(batch), y] -= 1
        dz *= (mask / mask.sum(axis=1, keepdims=True))[:, :, None]
        for index in range(len(views) - 1, -1, -1):
            weights, biases = slots[index]
            np.matmul(inputs[index].transpose(0, 2, 1), dz, out=weights)
            np.sum(dz, axis=1, keepdims=True, out=biases)
            if index:
                below = np.matmul(dz, views[index][0].transpose(0, 2, 1))
                below *= inputs[index] > 0
                dz = below

    def scores(self, theta: Array, x: Array) -> Array:
        """Return the last layer before softmax for every node and sample of the common `x`."""
        z: Array = x
        last = len(self.layers) - 1
        for index, (weights, biases) in enumerate(self.views(theta)):
            z = np.matmul(z, weights)
            z += biases
            if index < last:
                np.maximum(z, 0, out=z)
        return z


def softmax(z: Array) -> Array:
    """Return the softmax of the last axis, in place."""
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z
