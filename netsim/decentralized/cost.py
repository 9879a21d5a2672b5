"""What a run costs, from the sizes of a scenario; nothing is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from netsim.decentralized.clock.timing import DEFAULT_COMPUTE
from netsim.decentralized.objective import CHUNK
from netsim.decentralized.schema import DecentralizedScenario
from netsim.decentralized.spectrum import MOST_NODES
from netsim.estimate import Estimate, Place, summed
from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.learning import data_set
from netsim.learning.layers import Layers

#: Arrays as large as all models: they, the first ones, the mixed ones, and a gradient.
COPIES: Final = 4
#: Bytes of the compiler and what it made: beyond all else the peak of the disaster scenario was
#: found to have 190 MB when it had to compile, and other runs 130 MB when nothing was left to.
COMPILER: Final = 160 * 10**6
#: Seconds of a round, of a node in it, and of a parameter of a node in it.
ROUND_TIME: Final = 1e-4
NODE_TIME: Final = 3e-6
NUMBER_TIME: Final = 2e-9
#: Messages that a node sends in a round, about, and seconds of a message with a clock.
MESSAGES: Final = 4
MESSAGE_TIME: Final = 2e-5
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
    rounds = _rounds(scenario)
    free = scenario.timing.mode == "async"
    every = scenario.looks_every if free else None
    looks = rounds / scenario.eval.rounds
    if every is not None and scenario.until is not None:
        looks = scenario.until / every
    # Each disruption has an evaluation before and one after.
    evaluations = 2 + looks + 2 * len(scenario.disruption)
    vectors = len(scenario.record.vectors)
    training = rounds * samples * 0.8 * (scenario.local.epochs or 1)
    if scenario.local.steps is not None:
        training = rounds * nodes * scenario.local.steps * scenario.local.batch_size
    seconds = rounds * (ROUND_TIME + nodes * (NODE_TIME + 6 * NUMBER_TIME * size))
    seconds += 6.0 * size * training / SPEED
    seconds += evaluations * nodes * (2.0 * size * 0.4 * samples / SPEED + 5e-5)
    messages = 0.0
    if scenario.timing.mode != "rounds":
        # On graphs whose size is not known before they are drawn, two links a node.
        messages = rounds * nodes * (1 if free else MESSAGES)
        seconds += MESSAGE_TIME * messages
    total = Estimate(
        rows=float(evaluations * (nodes + 1) + vectors * nodes * size),
        memory=summed(memory_of(scenario, nodes), _besides(scenario, nodes)),
        seconds=seconds,
    )
    return total if scenario.network is None else _with_network(scenario, total, messages, size)


def _besides(scenario: DecentralizedScenario, nodes: int) -> Mapping[Place, float]:
    """Return bytes besides models and data: the compiler, eigenvalues, and scores of a chunk."""
    size, samples, features = sizes_of(scenario, nodes)
    # A network's own estimate counts most of the compiler.
    compiler = COMPILER if scenario.network is None else COMPILER / 3
    dense = 40.0 * nodes**2 if nodes <= MOST_NODES else 0.0
    scores = 12.0 * min(nodes, CHUNK) * 0.2 * samples * size / max(1, features)
    return {("nodes",): compiler + 300.0 * nodes + dense, ("model",): scores}


def _rounds(scenario: DecentralizedScenario) -> float:
    """Return how many rounds there are, or trainings of a node, as far as one can know."""
    if scenario.rounds is not None or scenario.until is None:
        return float(scenario.round_count)
    timing = scenario.timing
    period = getattr(scenario.algorithm, "period", None)
    compute: Any = timing.compute
    if period is None and isinstance(compute, tuple):
        period = sum(compute) / len(compute)
    elif period is None and isinstance(compute, int):
        period = compute
    return max(1.0, scenario.until / (period or DEFAULT_COMPUTE))


def _with_network(
    scenario: DecentralizedScenario, total: Estimate, messages: float, parameters: int
) -> Estimate:
    """Return what the run costs with all that travels through its network."""
    from netsim.fabric.connect import build_network
    from netsim.fabric.cost import estimate_network
    from netsim.fabric.extent import Extent, share_across

    if scenario.network is None:
        return total
    across = share_across(build_network(scenario.network))
    size = float(scenario.timing.message or 4 * parameters)
    carried = (Extent(messages, size, 0, 0, messages, across),)
    network = estimate_network(scenario.network, scenario.record, scenario.until, carried)
    return Estimate(
        flows=network.flows,
        packet_hops=network.packet_hops,
        rows=total.rows,
        memory=summed(total.memory, network.memory),
        seconds=total.seconds + network.seconds,
    )
