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

#: Arrays as large as all models that are always there: they, the first ones, and the mixed ones.
COPIES: Final = 3
#: Such arrays for a moment: with momentum, through a compressor, and with noise on gradients,
#: which is drawn in double precision.
OF_MOMENTUM: Final = 2
OF_COMPRESSOR: Final = 3
OF_NOISE: Final = 13
#: Bytes of the compiler and what it made: beyond all else the peaks of runs were found to have 180
#: MB when they had to compile, and 130 to 165 MB when nothing was left to.
COMPILER: Final = 150 * 10**6
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
    """Return the bytes of models and data, by the field that asks for them.

    Some arrays are kept all the time; beside them there is what a round needs for a moment, or an
    evaluation, whichever is more.
    """
    size, samples, features = sizes_of(scenario, nodes)
    number = 8 if not samples or scenario.dtype == "float64" else 4
    one = float(nodes) * size * number
    algorithm = implementation("algorithm", scenario.algorithm)
    # A gradient has its room where there are samples.
    kept = COPIES + bool(samples) + bool(scenario.local.momentum) + getattr(algorithm, "vectors", 0)
    models = one * kept
    if scenario.algorithm.loss_rule == "stale":
        models += number * size * _remembered(scenario, nodes)
    batch = min(scenario.local.batch_size, 0.8 * samples / nodes + 1)
    wide, summed_widths = _widths(scenario, nodes)
    # Samples of a batch, what comes of them in every layer, and as much on the way back.
    batches = nodes * batch * number * (features + 2 * summed_widths)
    chunk = min(nodes, CHUNK)
    scores = chunk * max(0.2 * samples * wide * number, 24.0 * size)
    gone = one if scenario.disruption else 0.0
    moment = max(one * _passing(scenario) + batches, scores + gone)
    return {("model",): models + moment, ("data",): 12.0 * samples * max(1, features)}


def _passing(scenario: DecentralizedScenario) -> int:
    """Return how many arrays as large as all models are there for a moment in a round."""
    algorithm = implementation("algorithm", scenario.algorithm)
    exact = getattr(implementation("compressor", scenario.compressor), "exact", False)
    # Where some do not train, those who do are taken out.
    training = 1 + (OF_MOMENTUM if scenario.local.momentum else 0)
    training += OF_NOISE if scenario.local.noise else 0
    exchange = getattr(algorithm, "passing", 1) + (0 if exact else OF_COMPRESSOR)
    return int(max(training, exchange))


def _remembered(scenario: DecentralizedScenario, nodes: int) -> float:
    """Return how many messages are kept for those that are lost: one an arc, and one a node."""
    edges = implementation("graph", scenario.topology).pairs(scenario.topology, nodes)
    sends = getattr(implementation("algorithm", scenario.algorithm), "sends", None)
    # In models: where several travel as one message, several are kept.
    wide = 1.0 if sends is None else sum(sends(1000)) / 1000
    return float(wide * (2 * edges + nodes))


def _widths(scenario: DecentralizedScenario, nodes: int) -> tuple[int, int]:
    """Return the widest two layers that follow each other, features aside, and the sum of all."""
    builder = implementation("peer_model", scenario.model)
    if not hasattr(scenario.model, "init"):
        return 0, 0
    data = scenario.data if scenario.data is not None else data_set.read({"kind": "digits"})
    _, features, classes = data_set.extent(data)
    layers: Layers = builder.build(scenario.model, nodes, features, classes)
    after = [one.fan_out for one in layers.layers]
    return max(map(sum, zip([0, *after], after, strict=False))), sum(after)


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
    """Return bytes besides models and data: the compiler, and eigenvalues."""
    # A network's own estimate counts most of the compiler.
    compiler = COMPILER if scenario.network is None else COMPILER / 3
    dense = 40.0 * nodes**2 if nodes <= MOST_NODES else 0.0
    return {("nodes",): compiler + 300.0 * nodes + dense}


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
