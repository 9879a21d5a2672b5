"""What a model is of which every node trains its own copy.

All copies are rows of one array (nodes, parameters): layers are views into it, so that a step of
all nodes is a few matrix products over stacks, and mixing models is a weighted sum of rows. A loop
over nodes with a model object each takes eight times as long for small models. Gradients are
written out by hand: nothing else is needed of a framework for automatic differentiation.

A registered model is a class with a `Config`, a `source` and::

    build(config, nodes, features, classes) -> Layers | Quadratic
"""

from __future__ import annotations

from netsim.fields import Config


class PeerModelConfig(Config):
    """What is trained."""
