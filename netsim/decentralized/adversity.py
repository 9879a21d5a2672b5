"""Attacks and defences of a scenario: whether they go together with the rest, and put together.

Both act where models are averaged: an algorithm that does something else with what it hears (sends
pairs of vectors, adds compressed differences, has a server) is refused. Poisoned samples go with
any algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from netsim.decentralized.attack import Attack, Integers
from netsim.decentralized.attack import problems as attack_problems
from netsim.decentralized.schema import DecentralizedScenario
from netsim.fields import implementation
from netsim.graphs.graph import Graph
from netsim.learning.models.quadratic import QuadraticModel
from netsim.problems import Problem
from netsim.rng import Streams


def problems(scenario: DecentralizedScenario, graph: Graph | None, nodes: int) -> Iterator[Problem]:
    """Yield what keeps the attack or the defence from working; `graph` where it is known."""
    name = scenario.algorithm.kind  # type: ignore[attr-defined]
    averages = getattr(implementation("algorithm", scenario.algorithm), "averages", False)
    if scenario.attack is not None:
        poisons = is_poison(scenario)
        if not averages and not poisons:
            message = f"'{name}' sends more than models, which no attack here forges"
            hint = "take decavg, dpsgd or el_local, or attack label_flip"
            yield Problem(message, ("attack",), "unsatisfiable", hint, also=("algorithm",))
        if poisons and isinstance(scenario.model, QuadraticModel.Config):
            message = "a quadratic model has no samples whose classes could be swapped"
            yield Problem(message, ("attack",), "unsatisfiable", "take another attack")
        for one in attack_problems(scenario.attack, nodes):
            yield Problem(one.message, ("attack", *one.at), one.code, one.hint)
    if scenario.defence is None:
        return
    if not averages:
        message = f"'{name}' does not average models, so there is nothing to defend"
        hint = "take decavg, dpsgd or el_local"
        yield Problem(message, ("defence",), "unsatisfiable", hint, also=("algorithm",))
    elif scenario.aggregate.variance_correction:
        message = "a defence takes the place of the average that would be corrected"
        yield Problem(message, ("defence",), "unsatisfiable", "leave one of the two out")
    elif scenario.algorithm.loss_rule == "stale":
        message = "a defence combines what arrived, and knows no old messages"
        at = ("algorithm", "missing")
        yield Problem(message, at, "unsatisfiable", "take renormalise or self", also=("defence",))
    else:
        yield from too_few(scenario, graph, nodes)


def too_few(scenario: DecentralizedScenario, graph: Graph | None, nodes: int) -> Iterator[Problem]:
    """Yield that some node does not hear enough others for the defence to mean anything."""
    if scenario.defence is None:
        return
    needed = implementation("defence", scenario.defence).least(scenario.defence)
    algorithm = implementation("algorithm", scenario.algorithm)
    config: Any = scenario.algorithm
    heard = getattr(algorithm, "heard", None)
    who = "a node of this algorithm"
    if scenario.partners is not None:
        who = "a node with these partners"
        rule, config = implementation("partners", scenario.partners), scenario.partners
        # By chance it may hear nobody, where a rule does not say how many.
        heard = getattr(rule, "heard", lambda config, nodes: 1)
    if heard is not None:
        there = heard(config, nodes)
    elif graph is not None and graph.node_count:
        near = np.diff(graph.adjacency.first)
        there, who = int(near.min()) + 1, f"node {int(near.argmin())}"
    else:
        return
    if needed > there:
        name = scenario.defence.kind  # type: ignore[attr-defined]
        message = f"'{name}' needs {needed:,} models, and {who} has {there:,}, its own among them"
        hint = "lower its number, or take a denser topology"
        yield Problem(message, ("defence",), "out-of-range", hint, also=("topology",))


def is_poison(scenario: DecentralizedScenario) -> bool:
    """Return whether the attack is on samples and not on messages."""
    attack = scenario.attack
    return attack is not None and hasattr(implementation("attack", attack), "labels")


def attack_of(scenario: DecentralizedScenario, streams: Streams) -> Attack | None:
    """Return what forges messages, if anything does."""
    if scenario.attack is None or is_poison(scenario):
        return None
    key = streams.key("decentralized.attack.noise")
    made: Attack = implementation("attack", scenario.attack)(scenario.attack, key)
    return made


def poisoned(
    scenario: DecentralizedScenario, label: Integers, samples: Integers, classes: int
) -> Integers:
    """Return `label` with the classes of the attackers' `samples` swapped as the attack says."""
    found = label.copy()
    if scenario.attack is None:
        return found
    made: Any = implementation("attack", scenario.attack)
    found[samples] = made.labels(scenario.attack, label[samples], classes)
    return found
