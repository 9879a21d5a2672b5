"""Messages get lost: each with its own draw, or in bursts by a channel with two states.

A link that is named by its nodes loses messages from the first to the second alone; links that are
chosen at random, and all, lose them both ways.
"""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.decentralized.disruption import Loss, Scene, Span, span
from netsim.decentralized.edges import LinksConfig, arcs_of, link_problems
from netsim.fields import Probability, field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "link_loss")
class LinkLoss:
    """Messages that are lost at random."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "E. N. Gilbert, 1960; E. O. Elliott, 1963 (bursts)"
    example: ClassVar[dict[str, Any]] = {"at": {"round": 0}, "p": 0.5}

    class Config(LinksConfig):
        """How often, over which links, and when."""

        p: Probability = field(0.0, description="probability that a message is lost")
        p_gb: Probability | None = field(
            None, description="of a channel in its good state: probability of its bad one next"
        )
        p_bg: Probability = field(1.0, description="of a channel in its bad state, the same")
        loss_g: Probability = field(0.0, description="probability of a loss in the good state")
        loss_b: Probability = field(1.0, description="probability of a loss in the bad state")

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return what is wrong with the choice of links, or with how they lose."""
        found = link_problems(config, graph, nodes)
        if config.p_gb is not None and config.p > 0:
            message = "'p' is for losses without bursts, and 'p_gb' asks for bursts"
            found.append(Problem(message, ("p",), hint="give one of the two"))
        return found

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return the one span."""
        burst = None
        if config.p_gb is not None:
            burst = (config.p_gb, config.p_bg, config.loss_g, config.loss_b)
        arcs = arcs_of(config, scene, one_way=True)
        return [span(config, scene, loss=Loss(config.p, burst), arcs=arcs)]
