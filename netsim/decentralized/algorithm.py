"""What an algorithm is: what all peers do in one round, written for all of them at once.

A registered algorithm is a class with a `Config`, a `source`, the name of the rule of `weights`
that it takes unless the scenario names another, and::

    __init__(config, peers, streams)

and one of these, or both::

    turn(turn) -> None                    one round: train, send, mix
    begin(stage) -> None                  what happens first where nobody waits, on a
                                          `netsim.decentralized.clock.stage.Stage`; then also
                                          joined(node), for one that is back, and perhaps left(node)
                                          and look(), before models are scored

and optionally::

    symmetric = True                      weights must be symmetric and edges go both ways
    reliable = True                       it cannot bear lost messages
    connected = True                      the graph must be connected
    averages = True                       all that it does with what it hears is an average
    heard(config, nodes) -> int           models that a node combines, if the graph does not say it
    mixes = False                         it does not mix by rows of weights: a server, or events
    server = True                         node 0 is a server at the centre of a star
    vectors, passing                      arrays as large as all models that it keeps, and that are
                                          there for a moment; as measured, for estimates of memory
    sends(size) -> numbers per message    what each peer sends to every neighbour in a round; only
                                          then can its rounds have a clock
    regroup(config, streams) -> Regroup   it chooses who of those who could hear whom does
    problems(config, setting) -> list     what else keeps it from running
"""

from __future__ import annotations

from typing import Literal

from netsim.fields import Config, field


class AlgorithmConfig(Config):
    """How peers learn together."""

    relay_weight: float = field(
        1.0,
        description="weight of a node without data, in mean sample counts of those with some; "
        "0: its model never reaches anyone",
        ge=0,
    )
    missing: Literal["renormalise", "self", "stale"] = field(
        "renormalise",
        description="weights of lost messages: the others' are scaled up, or in place of what was "
        "lost the node takes its own model, or what it last got over that link, if anything",
    )

    @property
    def loss_rule(self) -> str:
        """What becomes of the weights of lost messages."""
        return self.missing
