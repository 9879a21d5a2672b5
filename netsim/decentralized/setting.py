"""One replication put together: graph, disruptions, data, first models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized import adversity
from netsim.decentralized.attack import attackers_of
from netsim.decentralized.company import data_of, weights_of
from netsim.decentralized.disruption import NOBODY, Span, spans_of
from netsim.decentralized.mixing import Mixture
from netsim.decentralized.objective import Objective, QuadraticObjective, SampleObjective
from netsim.decentralized.pattern import pattern_of
from netsim.decentralized.schema import DecentralizedScenario
from netsim.decentralized.spectrum import stationary
from netsim.decentralized.weights.rule import mixture_of
from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.graphs.communities import communities
from netsim.graphs.graph import Graph, graph_of
from netsim.learning import data_set, partition
from netsim.learning.layers import Layers
from netsim.learning.models.mlp import LayersConfig
from netsim.learning.models.quadratic import Quadratic
from netsim.problems import Problem, ProblemsFound
from netsim.rng import Streams

Array = NDArray[Any]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run starts from.

    Parameters
    ----------
    graph
        Who could hear whom.
    spans
        What goes wrong.
    objective
        What the nodes minimise.
    start
        First models.
    weighed
        Sample counts that rules of weights read, those of relays replaced.
    attackers
        Nodes that mean harm.
    matrices
        Where each weight matrix is within a model, and its variance at a first draw.
    label_entropy, label_divergence
        Mean entropy of the classes of a holder, and mean distance of two holders' classes
        (`netsim.learning.partition`); None without samples.
    """

    graph: Graph
    spans: list[Span]
    objective: Objective
    start: Array
    weighed: Floats
    matrices: list[tuple[slice, float]]
    attackers: Integers
    label_entropy: float | None = None
    label_divergence: float | None = None


def setting_of(scenario: DecentralizedScenario, streams: Streams) -> Setting:
    """Return what a replication starts from.

    Raises
    ------
    ProblemsFound
        If something does not go together that only a drawn graph or partition shows.
    """
    graph = graphs.build(scenario.topology, streams, "decentralized.graph", scenario.nodes)
    if scenario.radio is not None:
        graph = all_pairs(graph)
    algorithm = implementation("algorithm", scenario.algorithm)
    if getattr(algorithm, "connected", False) and not graph.is_connected:
        message = "the algorithm needs a connected graph, and this one falls apart"
        hint = "add edges, or largest_component: true"
        raise ProblemsFound(Problem(message, ("topology",), "unsatisfiable", hint))
    if scenario.partners is not None:
        find = getattr(implementation("partners", scenario.partners), "problems", None)
        if find is not None and (wrong := find(scenario.partners, graph)):
            raise ProblemsFound(*(replace(one, at=("partners", *one.at)) for one in wrong))
    if found := list(adversity.too_few(scenario, graph, graph.node_count)):
        raise ProblemsFound(*found)
    model = implementation("peer_model", scenario.model)
    if not isinstance(scenario.model, LayersConfig):
        quadratic: Quadratic = model.build(scenario.model, graph.node_count, 0, 0)
        given = getattr(scenario.data, "sizes", None)
        sizes = np.ones(graph.node_count) if given is None else np.array(given, np.float64)
        spans = _spans(scenario, graph, sizes, streams)
        noise = streams.key("decentralized.noise")
        objective: Objective = QuadraticObjective(quadratic, sizes, scenario.local, noise)
        whole = [(slice(0, quadratic.size), 1.0)]
        weighed = _weighed(sizes, scenario.algorithm.relay_weight)
        attackers = _attackers(scenario, graph, sizes, streams)
        return Setting(graph, spans, objective, quadratic.start, weighed, whole, attackers)
    data = data_set.load(data_of(scenario), streams.generator("decentralized.data"))
    order = streams.generator("decentralized.partition")
    training, test = data_set.split_test(len(data), data_of(scenario).test_fraction, order)
    dtype = np.dtype(scenario.dtype)
    group = None if data.group is None else data.group[training]
    spans, parts = _divided(scenario, graph, data.label[training], group, streams, order)
    parts = [training[part] for part in parts]
    sizes = np.array([len(part) for part in parts], np.float64)
    attackers = _attackers(scenario, graph, sizes, streams)
    trained = _as_seen(scenario, data, parts, streams)
    if adversity.is_poison(scenario):
        theirs = np.concatenate([NOBODY, *(parts[node] for node in attackers.tolist())])
        trained = replace(
            trained, label=adversity.poisoned(scenario, data.label, theirs, data.classes)
        )
    layers: Layers = model.build(scenario.model, graph.node_count, *_shape(data))
    keys = streams.key("decentralized.batches"), streams.key("decentralized.noise")
    objective = SampleObjective(layers, trained, parts, test, scenario.local, dtype, *keys)
    weighed = _weighed(objective.sizes, scenario.algorithm.relay_weight)
    start = _first_models(scenario, layers, graph, weighed, streams, dtype)
    matrices = [(one.weights, 2 / (one.fan_in + one.fan_out)) for one in layers.layers]
    counts = partition.label_counts(data.label, [part for part in parts if len(part)], data.classes)
    entropy = float(partition.label_entropy(counts).mean())
    divergence = partition.label_divergence(counts)
    return Setting(
        graph, spans, objective, start, weighed, matrices, attackers, entropy, divergence
    )


def _as_seen(
    scenario: DecentralizedScenario,
    data: data_set.DataSet,
    parts: Sequence[Integers],
    streams: Streams,
) -> data_set.DataSet:
    """Return the samples as their holders see them, where the partition changes that."""
    config: Any = data_of(scenario).partition
    see = getattr(implementation("partition", config), "features", None)
    if see is None:
        return data
    features = data.features.copy()
    holders = [node for node, part in enumerate(parts) if len(part)]
    for place, node in enumerate(holders):
        part = parts[node]
        generator = streams.generator("decentralized.features", node)
        features[part] = see(config, features[part], place, len(holders), generator)
    return replace(data, features=features)


def _attackers(
    scenario: DecentralizedScenario, graph: Graph, sizes: Floats, streams: Streams
) -> Integers:
    if scenario.attack is None:
        return NOBODY
    return attackers_of(scenario.attack, graph, sizes, streams)


def all_pairs(graph: Graph) -> Graph:
    """Return the graph in which everybody is joined, at the same places."""
    source, target = np.triu_indices(graph.node_count, 1)
    return graph_of(graph.node_count, source, target, x=graph.x, y=graph.y)


def _shape(data: data_set.DataSet) -> tuple[int, int]:
    return data.features.shape[1], data.classes


def _spans(
    scenario: DecentralizedScenario, graph: Graph, sizes: Floats | None, streams: Streams
) -> list[Span]:
    rounds = scenario.round_count
    return spans_of(scenario.disruption, graph, sizes, rounds, streams, scenario.until)


def _divided(
    scenario: DecentralizedScenario,
    graph: Graph,
    label: Integers,
    group: Integers | None,
    streams: Streams,
    order: np.random.Generator,
) -> tuple[list[Span], list[Integers]]:
    """Return what goes wrong, and the samples of each node.

    Who is hit is known first where it decides who holds data, and last where it follows from that.
    """
    data = data_of(scenario)
    nodes = graph.node_count
    first = data.holders in ("survivors", "dropped") or data.victim_share is not None
    if not first:
        parts = _parts(scenario, np.arange(nodes), NOBODY, label, group, graph, order)
        sizes = np.array([len(part) for part in parts], np.float64)
        return _spans(scenario, graph, sizes, streams), parts
    spans = _spans(scenario, graph, None, streams)
    hit = np.unique(np.concatenate([np.zeros(0, np.int64), *(span.nodes for span in spans)]))
    rest = np.setdiff1d(np.arange(nodes), hit)
    return spans, _parts(scenario, rest, hit, label, group, graph, order)


def _parts(
    scenario: DecentralizedScenario,
    rest: Integers,
    hit: Integers,
    label: Integers,
    group: Integers | None,
    graph: Graph,
    order: np.random.Generator,
) -> list[Integers]:
    """Return the samples of each node, from who is `hit` and who is the `rest`."""
    data, nodes = data_of(scenario), graph.node_count
    community = None
    if data.partition.kind == "by_community":
        community = communities(graph)
    parts: list[Integers] = [np.zeros(0, np.int64)] * nodes
    groups: list[tuple[Integers, Integers]] = []
    if data.victim_share is not None:
        mixed = order.permutation(len(label))
        cut = round(data.victim_share * len(label)) if len(rest) else len(label)
        cut = cut if len(hit) else 0
        groups = [(hit, mixed[:cut]), (rest, mixed[cut:])]
    else:
        holders = {"survivors": rest, "dropped": hit, "all": rest}.get(str(data.holders))
        if holders is None:
            holders = np.unique(np.array(data.holders, np.int64))
        groups = [(holders, np.arange(len(label)))]
    for holders, samples in groups:
        if not len(samples):
            continue
        classes = int(label.max()) + 1
        if found := partition.problems(data.partition, len(samples), classes, len(holders)):
            raise ProblemsFound(*found)
        situation = partition.Situation(
            None if group is None else group[samples],
            None if community is None else community[holders],
            graph.degree[holders].astype(np.float64),
        )
        pieces = partition.split(data.partition, label[samples], len(holders), order, situation)
        for node, piece in zip(holders.tolist(), pieces, strict=True):
            parts[node] = np.sort(samples[piece])
    return parts


def _weighed(sizes: Floats, relay_weight: float) -> Floats:
    """Return sample counts, with what relays weigh in place of 0."""
    holders = sizes > 0
    if not holders.any():
        return sizes.copy()
    weighed: Floats = np.where(holders, sizes, relay_weight * sizes[holders].mean())
    return weighed


def first_mixture(scenario: DecentralizedScenario, graph: Graph, weighed: Floats) -> Mixture:
    """Return the weights while nothing is amiss."""
    everyone = np.ones(graph.node_count, np.bool_)
    pattern = pattern_of(graph, everyone, np.ones(graph.edge_count, np.bool_))
    return mixture_of(weights_of(scenario), pattern, weighed)


def _first_models(
    scenario: DecentralizedScenario,
    layers: Layers,
    graph: Graph,
    weighed: Floats,
    streams: Streams,
    dtype: Any,
) -> Array:
    """Return the first models: one for all, or one each."""
    config: Any = scenario.model
    init = config.init
    draws: Sequence[int] = range(1 if init.same else graph.node_count)
    models = np.array(
        [layers.initial(init.kind, streams.generator("decentralized.init", node)) for node in draws]
    )
    gain = init.gain
    if gain == "v_steady":
        pi = stationary(first_mixture(scenario, graph, weighed))
        gain = 1 / float(np.linalg.norm(pi))
    # Of their own precision before there is one a node, so that no array of twice the size is made.
    drawn = (models * gain).astype(dtype)
    return np.ascontiguousarray(np.broadcast_to(drawn, (graph.node_count, layers.size)))
