"""Algorithms of `decentralized` put together by hand, for comparisons with plain twins."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import TypeAdapter

from netsim.decentralized.compressor import CompressorConfig
from netsim.decentralized.defence import DefenceConfig
from netsim.decentralized.objective import QuadraticObjective
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Schedule
from netsim.decentralized.stale import Stale
from netsim.decentralized.weights.rule import named
from netsim.fields import OneOf
from netsim.registry import lookup
from netsim.rng import Streams

_DEFENCES = TypeAdapter(Annotated[DefenceConfig, OneOf("defence", bare=True)])
_CODES = TypeAdapter(Annotated[CompressorConfig, OneOf("compressor", bare=True)])


def code(block):
    """Return the compressor that a scenario would write as `block`."""
    return _CODES.validate_python(block)


def defence_of(block):
    """Return the defence that a scenario would write as `block`."""
    return _DEFENCES.validate_python(block)


def rows_of(quadratic):
    """Return h, c and x0 as dictionaries: node -> list."""
    return {
        "h": dict(enumerate(quadratic.h.tolist())),
        "c": dict(enumerate(quadratic.c.tolist())),
        "x0": dict(enumerate(quadratic.start.tolist())),
    }


def weighed_sizes(sizes):
    """Return sample counts in which relays weigh as much as the mean holder."""
    return np.where(sizes > 0, sizes, sizes[sizes > 0].mean())


def play(
    algorithm,
    fields,
    graph,
    spans,
    quadratic,
    sizes,
    local,
    rounds,
    seed,
    compressor,
    rule=None,
):
    """Return the peers, the algorithm, and the turns to give to it."""
    chosen = lookup("algorithm", algorithm)
    config = chosen.Config(**fields)
    streams = Streams(seed)
    objective = QuadraticObjective(quadratic, sizes, local)
    stale = Stale(2 * graph.edge_count) if config.loss_rule == "stale" else None
    peers = Peers(
        quadratic.start,
        objective,
        local.lr,
        local.steps or 1,
        rounds,
        compressor,
        7,
        stale=stale,
    )
    learner = chosen(config, peers, streams)
    regroup = getattr(chosen, "regroup", None)
    schedule = Schedule(
        graph,
        spans,
        named(rule or chosen.weights),
        weighed_sizes(sizes),
        config.loss_rule,
        streams,
        None if regroup is None else regroup(config, streams),
    )
    return peers, learner, schedule.turns(rounds)
