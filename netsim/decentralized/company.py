"""What of a scenario does not go together: found before anything is drawn or allocated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NoReturn

from netsim.decentralized import adversity
from netsim.decentralized import disruption as disruptions
from netsim.decentralized.clock.problems import timing_problems
from netsim.decentralized.cost import memory_of, sizes_of
from netsim.decentralized.schema import DecentralizedScenario
from netsim.decentralized.weights.rule import named
from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.graphs.graph import Graph
from netsim.learning import data_set, partition
from netsim.learning.models.quadratic import QuadraticModel
from netsim.problems import Problem
from netsim.rng import Streams


class _DrawnError(Exception):
    """A graph asked for a random number."""


class _NoDraws(Streams):
    """Streams of which none may be opened."""

    def generator(self, purpose: str, *entities: int) -> NoReturn:
        raise _DrawnError(purpose)


def is_quadratic(scenario: DecentralizedScenario) -> bool:
    """Return whether the model is a formula and learns from no samples."""
    return isinstance(scenario.model, QuadraticModel.Config)


def known_graph(scenario: DecentralizedScenario) -> Graph | None:
    """Return the graph if it is the same in every run, and has no problems."""
    try:
        return graphs.build(scenario.topology, _NoDraws(0), "", scenario.nodes)
    except _DrawnError:
        return None


def problems(scenario: DecentralizedScenario) -> list[Problem]:
    """Return what makes the scenario impossible."""
    found = graphs.problems(scenario.topology, scenario.nodes, also=("nodes",))
    if found:
        return found
    graph = known_graph(scenario)
    nodes = (
        graphs.node_count(scenario.topology, scenario.nodes) if graph is None else graph.node_count
    )
    found = [
        *_about_data(scenario, nodes),
        *disruptions.problems(scenario.disruption, graph, nodes, scenario.round_count),
        *_about_algorithm(scenario, graph),
        *adversity.problems(scenario, graph, nodes),
        *_about_run(scenario),
        *timing_problems(scenario, graph, nodes),
    ]
    return found or [*_about_compressor(scenario, nodes), *_about_memory(scenario, nodes)]


def _about_data(scenario: DecentralizedScenario, nodes: int) -> Iterator[Problem]:
    data = scenario.data
    sizes = getattr(data, "sizes", None)
    if is_quadratic(scenario):
        if data is not None and sizes is None:
            message = "a quadratic model learns from no samples"
            yield Problem(message, ("data",), hint="give data: {sizes: [...]}, or none")
        for problem in QuadraticModel.problems(scenario.model, nodes):  # type: ignore[arg-type]
            yield _below(problem, "model")
    elif sizes is not None:
        message = "sizes alone are nothing that this model could learn from"
        yield Problem(
            message, ("data",), "unsatisfiable", "give data: {kind: digits}, or another set"
        )
    if sizes is not None:
        if len(sizes) != nodes:
            message = f"{len(sizes):,} sizes for {nodes:,} nodes"
            yield Problem(message, ("data", "sizes"), hint="one size per node")
        for index, size in enumerate(sizes):
            if size < 0:
                at = ("data", "sizes", index)
                yield Problem(f"{size} samples are impossible", at, "out-of-range", "0 or more")
        return
    if not is_quadratic(scenario):
        yield from _about_samples(scenario, nodes)


def _about_samples(scenario: DecentralizedScenario, nodes: int) -> Iterator[Problem]:
    data = data_of(scenario)
    if found := data_set.problems(data):
        yield from found
        return
    samples, _, classes = data_set.extent(data)
    holders = nodes
    if isinstance(data.holders, tuple):
        holders = len(set(data.holders))
        for index, node in enumerate(data.holders):
            if not 0 <= node < nodes:
                yield Problem(
                    f"there is no node {node:,}",
                    ("data", "holders", index),
                    "out-of-range",
                    f"nodes are numbered 0 to {nodes - 1:,}",
                )
    if data.partition.kind == "given":
        yield from _about_given(data, holders)
    if data.holders == "all" or isinstance(data.holders, tuple):
        training = samples - data_set.test_count(samples, data.test_fraction)
        yield from partition.problems(data.partition, training, classes, holders)
    if data.holders in ("survivors", "dropped") or data.victim_share is not None:
        for entry, config in enumerate(scenario.disruption):
            if getattr(config, "select", None) == "data_size":
                message = "who holds data follows from who is hit, which here follows from the data"
                at = ("disruption", entry, "select")
                yield Problem(
                    message, at, "unsatisfiable", "rank by something else", also=("data",)
                )
    if data.victim_share is not None and data.holders != "all":
        message = "a share of the victims needs all nodes to hold data"
        yield Problem(
            message, ("data", "victim_share"), "unsatisfiable", "leave one of the two out"
        )


def _about_given(data: Any, holders: int) -> Iterator[Problem]:
    """Yield that the data does not say who holds what, or names more holders than there are."""
    groups, at = data_set.groups(data), ("data", "partition")
    if groups is None:
        message = "the data does not say who holds what"
        hint = "name its column (holder: NAME), or take another partition"
        yield Problem(message, at, "unsatisfiable", hint)
    elif groups > holders:
        message = f"the data is of {groups:,} holders, and there are {holders:,}"
        yield Problem(message, at, "unsatisfiable", "take as many nodes that hold data")
    elif data.victim_share is not None:
        message = "who holds what is given, and so is how much victims hold"
        yield Problem(message, ("data", "victim_share"), "unsatisfiable", "leave one of them out")


def data_of(scenario: DecentralizedScenario) -> Any:
    """Return the data block, the default one where there is none."""
    if scenario.data is not None:
        return scenario.data
    return data_set.read({"kind": "digits"})


def _about_algorithm(scenario: DecentralizedScenario, graph: Graph | None) -> Iterator[Problem]:
    algorithm = implementation("algorithm", scenario.algorithm)
    name = scenario.algorithm.kind  # type: ignore[attr-defined]
    weights = weights_of(scenario)
    rule = implementation("weights", weights)
    directed = graph is not None and graph.directed
    if directed and getattr(rule, "symmetric", False):
        message = f"weights '{weights.kind}' need links that go both ways"
        hint = "take push_sum with algorithm sgp, or an undirected topology"
        yield Problem(message, ("topology",), "unsatisfiable", hint)
    if getattr(algorithm, "symmetric", False) and not getattr(rule, "symmetric", False):
        message = f"'{name}' needs symmetric weights"
        yield Problem(message, ("weights",), hint="take metropolis")
    is_push = weights.kind == "push_sum"
    if is_push != (algorithm.weights == "push_sum"):
        message = f"'{name}' and weights '{weights.kind}' do not go together"
        yield Problem(message, ("weights",), hint=f"take {algorithm.weights}")
    if getattr(algorithm, "connected", False) and graph is not None and not graph.is_connected:
        message = f"'{name}' needs a connected graph, and this one falls apart"
        yield Problem(
            message, ("topology",), "unsatisfiable", "add edges, or largest_component: true"
        )
    for entry, config in enumerate(scenario.disruption):
        if getattr(algorithm, "reliable", False) and config.kind == "link_loss":  # type: ignore[attr-defined]
            message = f"'{name}' cannot bear lost messages: copies of a model would differ"
            yield Problem(message, ("disruption", entry), hint="take another algorithm")
    yield from _about_partners(scenario, graph)
    if scenario.aggregate.variance_correction and scenario.algorithm.loss_rule == "stale":
        message = "the spread of what went in is not known where old messages stand in for lost"
        at = ("aggregate", "variance_correction")
        hint = "take missing: renormalise or self"
        yield Problem(message, at, "unsatisfiable", hint, also=("algorithm", "missing"))
    find = getattr(algorithm, "problems", None)
    if find is not None:
        yield from find(scenario, graph)


def _about_partners(scenario: DecentralizedScenario, graph: Graph | None) -> Iterator[Problem]:
    if scenario.partners is None:
        return
    algorithm: Any = scenario.algorithm
    chosen = implementation("algorithm", algorithm)
    if hasattr(chosen, "regroup"):
        message = f"'{algorithm.kind}' chooses its partners by itself"
        yield Problem(message, ("partners",), "unsatisfiable", "leave one of the two out")
    elif not getattr(chosen, "mixes", True) or getattr(chosen, "reliable", False):
        message = f"'{algorithm.kind}' does not go with partners that change from round to round"
        yield Problem(message, ("partners",), "unsatisfiable", "take decavg, dpsgd or sgp")
    rule = implementation("partners", scenario.partners)
    find = getattr(rule, "problems", None)
    if find is not None and graph is not None:
        for one in find(scenario.partners, graph):
            yield _below(one, "partners")


def weights_of(scenario: DecentralizedScenario) -> Any:
    """Return the block of weights, the algorithm's own where there is none."""
    if scenario.weights is not None:
        return scenario.weights
    return named(implementation("algorithm", scenario.algorithm).weights)


def _about_run(scenario: DecentralizedScenario) -> Iterator[Problem]:
    if scenario.target_accuracy is not None:
        if scenario.execution == "replay":
            message = "a run that stops at an accuracy cannot make its schedule ahead"
            hint = "add execution: lockstep"
            yield Problem(message, ("target_accuracy",), "unsatisfiable", hint, also=("execution",))
        if is_quadratic(scenario):
            message = "a quadratic model has no accuracy"
            yield Problem(message, ("target_accuracy",), hint="leave it out")
    for index, number in enumerate(scenario.record.vectors):
        if not 0 <= number <= scenario.round_count:
            message = f"there is no state after {number:,} rounds"
            hint = f"0 to {scenario.round_count:,}"
            yield Problem(message, ("record", "vectors", index), "out-of-range", hint)


def _about_compressor(scenario: DecentralizedScenario, nodes: int) -> Iterator[Problem]:
    k, size = getattr(scenario.compressor, "k", None), sizes_of(scenario, nodes)[0]
    if k is not None and k > size:
        message = f"{k:,} numbers cannot be kept of a model of {size:,}"
        yield Problem(message, ("compressor", "k"), "out-of-range", f"at most {size:,}")


def _about_memory(scenario: DecentralizedScenario, nodes: int) -> Iterator[Problem]:
    size = sum(memory_of(scenario, nodes).values())
    if size > scenario.limits.memory:
        message = (
            f"the models of {nodes:,} nodes take about {size / 2**30:.3g} GiB, more than "
            f"{scenario.limits.memory / 2**30:.3g} GiB"
        )
        hint = "take fewer nodes or a smaller model, or raise limits.memory"
        yield Problem(message, ("model",), "too-large", hint, also=("limits", "memory"))


def _below(problem: Problem, block: str) -> Problem:
    return replace(problem, at=(block, *problem.at))
