"""Gradients written by hand are those of differences, and of each node alone."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.learning.layers import Layers
from netsim.learning.models.quadratic import Quadratic


def loss(layers, theta, x, y):
    """Return the mean cross-entropy of one node, from its definition."""
    z = x
    for place, (weights, biases) in enumerate(layers.views(theta[None])):
        z = z @ weights[0] + biases[0]
        if place < len(layers.layers) - 1:
            z = np.maximum(z, 0)
    chance = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return -np.log(chance[np.arange(len(y)), y]).mean()


@pytest.mark.parametrize("widths", [(5, 3), (4, 6, 3), (3, 5, 4, 2)])
def test_a_gradient_is_the_limit_of_differences(widths):
    layers, generator = Layers(widths), np.random.default_rng(1)
    theta = generator.standard_normal((2, layers.size)) * 0.5
    x = generator.standard_normal((2, 7, widths[0]))
    y = generator.integers(widths[-1], size=(2, 7))
    mask = np.ones((2, 7))
    mask[1, 4:] = 0
    found = np.empty_like(theta)
    layers.gradient(theta, x, y, mask, found)

    step = 1e-6
    for node, count in ((0, 7), (1, 4)):
        for k in range(layers.size):
            sides = []
            for sign in (1, -1):
                moved = theta[node].copy()
                moved[k] += sign * step
                sides.append(loss(layers, moved, x[node, :count], y[node, :count]))
            assert found[node, k] == pytest.approx((sides[0] - sides[1]) / (2 * step), abs=1e-7)


def test_a_nodes_gradient_does_not_depend_on_who_else_is_there():
    layers, generator = Layers((8, 5, 3)), np.random.default_rng(2)
    theta = generator.standard_normal((40, layers.size)).astype(np.float32)
    x = generator.standard_normal((40, 6, 8)).astype(np.float32)
    y = generator.integers(3, size=(40, 6))
    mask, together = np.ones((40, 6), np.float32), np.empty_like(theta)
    layers.gradient(theta, x, y, mask, together)

    for some in (slice(3, 4), slice(10, 17)):
        alone = np.empty_like(theta[some])
        layers.gradient(theta[some], x[some], y[some], mask[some], alone)
        assert alone.tobytes() == together[some].tobytes()


def test_the_first_weights_have_the_variance_of_glorot():
    layers = Layers((300, 200, 10))

    theta = layers.initial("glorot_normal", np.random.default_rng(0))

    first = layers.layers[0]
    # 60,000 draws of variance 2 / 500: known to a relative sqrt(2 / 60,000) = 0.6 %.
    assert theta[first.weights].var() == pytest.approx(2 / 500, rel=0.03)
    assert (theta[first.biases] == 0).all()


def test_the_common_loss_of_quadratics_is_the_mean_of_all_nodes():
    generator = np.random.default_rng(3)
    h, c, x = generator.uniform(0, 2, (4, 3)), *generator.standard_normal((2, 4, 3))
    h[:, 1] = 0
    model = Quadratic(h, c, x)

    expected = [np.mean([0.5 * (h[i] * (row - c[i]) ** 2).sum() for i in range(4)]) for row in x]

    assert model.common_loss(x) == pytest.approx(np.array(expected))
