"""What a run costs, from the sizes of a scenario; nothing is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netsim.decentralized.schema import DecentralizedScenario
from netsim.estimate import Estimate, Place
from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.learning import data_set
from netsim.learning.layers import Layers

#: Arrays as large as all models: they, the first ones, the mixed ones, and a gradient.
COPIES: Final = 4
#: Bytes of the compiler, which is loaded with the mixing: what the peak of the disaster scenario,
#: 312 MB, was found to have beyond all else.
COMPILER: Final = 190 * 10**6
#: Seconds of a round, of a node in it, and of a parameter of a node in it.
ROUND_TIME: Final = 1e-4
NODE_TIME: Final = 3e-6
NUMBER_TIME: Final = 2e-9
#: Floating-point operations a second in products of small matrices.
SPEED: Final = 4e9


def sizes_of(scenario: DecentralizedScenario, nodes: int) -> tuple[int, int, int]:
    """Return parameters of a model, samples, and features of a sample."""
    builder = implementation("peer_model", scenario.model)
    if not hasattr(scenario.model, "init"):
        return builder.build(scenario.model, nodes, 0, 0).size, 0, 0
    data = scenario.data if scenario.data is not None else data_set.read({"kind": "digits"})
    samples, features, classes = data_set.extent(data)
    layers: Layers = builder.build(scenario.model, nodes, features, classes)
    return layers.size, samples, features


def memory_of(scenario: DecentralizedScenario, nodes: int) -> Mapping[Place, float]:
    """Return the bytes of models and data, by the field that asks for them."""
    size, samples, features = sizes_of(scenario, nodes)
    double = not samples or scenario.dtype == "float64"
    copies = COPIES + (1 if scenario.local.momentum else 0)
    copies += int(getattr(implementation("algorithm", scenario.algorithm), "vectors", 0))
    models = float(nodes) * size * (8 if double else 4) * copies
    if scenario.algorithm.loss_rule == "stale":
        # A message per arc is kept: some four a node on sparse graphs, all others on complete ones.
        arcs = nodes - 1 if scenario.topology.kind == "complete" else 4  # type: ignore[attr-defined]
        models *= 1 + arcs / copies
    return {("model",): models, ("data",): 12.0 * samples * max(1, features)}


def estimate_run(scenario: DecentralizedScenario) -> Estimate:
    """Return what one replication costs."""
    nodes = graphs.node_count(scenario.topology, scenario.nodes)
    size, samples, _ = sizes_of(scenario, nodes)
    # Each disruption has an evaluation before and one after.
    evaluations = 2 + scenario.round_count // scenario.eval.rounds + 2 * len(scenario.disruption)
    vectors = len(scenario.record.vectors)
    training = scenario.round_count * samples * 0.8 * (scenario.local.epochs or 1)
    if scenario.local.steps is not None:
        training = scenario.round_count * nodes * scenario.local.steps * scenario.local.batch_size
    seconds = scenario.round_count * (ROUND_TIME + nodes * (NODE_TIME + 6 * NUMBER_TIME * size))
    seconds += 6.0 * size * training / SPEED
    seconds += evaluations * nodes * (2.0 * size * 0.4 * samples / SPEED + 5e-5)
    return Estimate(
        rows=float(evaluations * (nodes + 1) + vectors * nodes * size),
        memory={**memory_of(scenario, nodes), ("nodes",): COMPILER + 300.0 * nodes},
        seconds=seconds,
    )
