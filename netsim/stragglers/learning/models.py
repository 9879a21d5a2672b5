"""Models whose gradient is a sum over samples: softmax regression and a small perceptron.

Weights and gradients are flat vectors. `gradient` returns the *sum* of the samples' gradients, as
workers do: sums over parts of the data add up to the sum over all.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from netsim.stragglers.codes.scheme import Floats, Integers
from netsim.stragglers.learning.schema import LearningConfig


class Model(Protocol):
    """A classifier with flat weights."""

    def start(self, generator: np.random.Generator) -> Floats:
        """Return weights to start from."""
        ...

    def gradient(self, weights: Floats, inputs: Floats, labels: Integers) -> Floats:
        """Return the sum of the gradients of the cross entropy over the samples."""
        ...

    def scores(self, weights: Floats, inputs: Floats) -> Floats:
        """Return the logarithms of the class probabilities, up to a constant per sample."""
        ...


class Softmax:
    """Linear scores, cross entropy: a convex problem."""

    def __init__(self, features: int, classes: int) -> None:
        self._shape = (features, classes)

    def start(self, generator: np.random.Generator) -> Floats:
        """Return zeros: the problem is convex."""
        return np.zeros(self._shape[0] * self._shape[1])

    def scores(self, weights: Floats, inputs: Floats) -> Floats:
        """Return ``X W``."""
        scores: Floats = inputs @ weights.reshape(self._shape)
        return scores

    def gradient(self, weights: Floats, inputs: Floats, labels: Integers) -> Floats:
        """Return ``X' (P - Y)``."""
        slope = probability_error(self.scores(weights, inputs), labels)
        gradient: Floats = (inputs.T @ slope).reshape(-1)
        return gradient


class Perceptron:
    """One hidden layer of hyperbolic tangents."""

    def __init__(self, features: int, hidden: int, classes: int) -> None:
        self._first = (features, hidden)
        self._second = (hidden, classes)
        self._cut = features * hidden

    def start(self, generator: np.random.Generator) -> Floats:
        """Return normal weights, scaled by the number of inputs of their layer."""
        first = generator.standard_normal(self._cut) / np.sqrt(self._first[0])
        second = generator.standard_normal(self._second[0] * self._second[1])
        return np.concatenate((first, second / np.sqrt(self._second[0])))

    def _hidden(self, weights: Floats, inputs: Floats) -> Floats:
        hidden: Floats = np.tanh(inputs @ weights[: self._cut].reshape(self._first))
        return hidden

    def scores(self, weights: Floats, inputs: Floats) -> Floats:
        """Return ``tanh(X W1) W2``."""
        hidden = self._hidden(weights, inputs)
        scores: Floats = hidden @ weights[self._cut :].reshape(self._second)
        return scores

    def gradient(self, weights: Floats, inputs: Floats, labels: Integers) -> Floats:
        """Return the gradient by back-propagation."""
        hidden = self._hidden(weights, inputs)
        outer = weights[self._cut :].reshape(self._second)
        slope = probability_error(hidden @ outer, labels)
        inner = (slope @ outer.T) * (1 - hidden**2)
        return np.concatenate(((inputs.T @ inner).reshape(-1), (hidden.T @ slope).reshape(-1)))


def probability_error(scores: Floats, labels: Integers) -> Floats:
    """Return class probabilities less 1 at the true class: the slope of the cross entropy."""
    slope: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    slope /= slope.sum(axis=1, keepdims=True)
    slope[np.arange(len(labels)), labels] -= 1
    return slope


def loss_and_accuracy(scores: Floats, labels: Integers) -> tuple[float, float]:
    """Return the mean cross entropy and the share of samples whose class has the best score."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    true = shifted[np.arange(len(labels)), labels]
    loss = np.log(np.exp(shifted).sum(axis=1)) - true
    return float(loss.mean()), float(np.mean(scores.argmax(axis=1) == labels))


def model_of(config: LearningConfig, features: int) -> Model:
    """Return the model of the block `learning` for samples with so many features."""
    if config.model == "mlp":
        return Perceptron(features, config.hidden, config.classes)
    return Softmax(features, config.classes)
