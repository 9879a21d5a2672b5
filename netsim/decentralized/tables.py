"""Tables of the family `decentralized`."""

from __future__ import annotations

from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

_ROUND = Column("round", "int64", "1", "rounds completed")
_STAGE = Column(
    "stage", "int64", "1", "0: as the rounds left it; 1: after the disruptions that act then"
)
_T = Column("t", "int64", "ps", "when; null where rounds have no clock", nullable=True)


def _maybe(name: str, description: str, unit: str = "1") -> Column:
    return Column(name, "float64", unit, description, nullable=True)


LEARNING: Final = Table(
    name="learning",
    version=1,
    row="one row per evaluation",
    key=("round", "stage"),
    columns=(
        _ROUND,
        _STAGE,
        _T,
        _maybe("loss", "mean loss of the live nodes' models on the common task"),
        _maybe("accuracy", "mean accuracy of the live nodes' models on the common test set"),
        _maybe("accuracy_min", "least of these"),
        _maybe("accuracy_max", "largest of these"),
        _maybe("accuracy_p10", "their 10th percentile"),
        _maybe("accuracy_p90", "their 90th percentile"),
        _maybe("accuracy_std", "their standard deviation"),
        _maybe("accuracy_largest", "mean accuracy in the largest component"),
        _maybe("accuracy_small", "mean accuracy in smaller components of two nodes or more"),
        _maybe("accuracy_isolated", "mean accuracy of nodes without a live neighbour"),
        _maybe("accuracy_honest", "mean accuracy of live nodes that are no attackers"),
        _maybe("accuracy_of_mean", "accuracy of the mean of the live nodes' models"),
        _maybe("loss_of_mean", "loss of the mean of the live nodes' models"),
        _maybe("consensus_distance", "mean squared distance of live nodes' models to their mean"),
        Column("alive", "int64", "1", "nodes that are there"),
        Column("components", "int64", "1", "components of live nodes and links"),
        Column("largest_component", "int64", "1", "nodes of the largest one"),
        Column("isolated", "int64", "1", "nodes without a live neighbour"),
        Column("bytes", "int64", "B", "bytes sent so far"),
        Column("messages", "int64", "1", "messages sent so far"),
        Column("messages_lost", "int64", "1", "messages lost so far"),
    ),
)

PEERS: Final = Table(
    name="peers",
    version=1,
    row="one row per node and evaluation",
    key=("round", "stage", "node"),
    columns=(
        _ROUND,
        _STAGE,
        Column("node", "int64", "1", "index of the node"),
        Column(
            "t",
            "int64",
            "ps",
            "when the node was through with the round, or when one looked; null without a clock",
            nullable=True,
        ),
        Column("alive", "bool", "1", "whether it is there"),
        Column("attacker", "bool", "1", "whether it means harm"),
        Column("component", "int64", "1", "number of its component; null for one gone", True),
        Column("component_kind", "enum", "", "giant, small, isolated or dead"),
        Column("degree", "int64", "1", "live neighbours that it hears"),
        Column("data_size", "int64", "1", "training samples that it holds"),
        _maybe("train_loss", "loss on its own data"),
        _maybe("test_loss", "loss on the common task"),
        _maybe("accuracy", "accuracy on the common test set"),
        _maybe("distance_to_mean", "distance of its model to the mean of live nodes' models"),
        Column("model_norm", "float64", "1", "norm of its model"),
        Column("model_variance", "float64", "1", "variance of its model's numbers"),
        Column("bytes_sent", "int64", "B", "bytes that it sent since the evaluation before"),
        Column("bytes_received", "int64", "B", "bytes that it received since then"),
        Column("messages_sent", "int64", "1", "messages that it sent since then"),
        Column("messages_received", "int64", "1", "messages that it received since then"),
        Column("messages_lost", "int64", "1", "of the messages that it sent, lost ones"),
        _maybe("wait", "how long it waited for others since then; null without a clock", "s"),
        _maybe("compute", "how long it computed since then; null without a clock", "s"),
        _maybe("staleness", "mean lag of the models that it took in since then, in trainings"),
        _maybe("energy", "what is left in its battery", "J"),
        _maybe("x", "where it is, while nodes have places", "m"),
        _maybe("y", "where it is, in the other direction", "m"),
    ),
)

VECTORS: Final = Table(
    name="vectors",
    version=1,
    row="one row per round, node and number of its model",
    key=("round", "node", "component"),
    columns=(
        _ROUND,
        Column("node", "int64", "1", "index of the node"),
        Column("component", "int64", "1", "which number of the model"),
        Column("value", "float64", "1", "its value; nodes that are gone keep theirs"),
    ),
)

GRAPH: Final = Table(
    name="graph",
    version=1,
    row="one row per change of who is there and who hears whom",
    key=("round",),
    columns=(
        Column("round", "int64", "1", "round from which it is so"),
        _T,
        _maybe("slem", "second largest modulus of the eigenvalues of the live nodes' weights"),
        _maybe(
            "contraction_predicted",
            "factor by which distances to the mean should shrink in a round without training",
        ),
        _maybe("contraction", "that factor as a probe that is mixed and not trained finds it"),
        _maybe("connectivity", "second smallest eigenvalue of the Laplacian; null of arcs"),
        Column("degree_min", "int64", "1", "least number of live neighbours", True),
        _maybe("degree_mean", "mean number of live neighbours"),
        Column("degree_max", "int64", "1", "largest number of live neighbours", True),
        Column("diameter", "int64", "1", "longest shortest path within a component", True),
        Column("components", "int64", "1", "components"),
        Column("largest_component", "int64", "1", "nodes of the largest one"),
        Column("isolated", "int64", "1", "nodes without a live neighbour"),
    ),
)

DISRUPTIONS: Final = Table(
    name="disruptions",
    version=2,
    row="one row per thing that was struck",
    key=("disruption",),
    columns=(
        Column("disruption", "int64", "1", "index of the row"),
        Column("entry", "int64", "1", "index in the scenario's list"),
        Column("kind", "enum", "", "kind of the disruption"),
        Column("target", "string", "", "node, link or arc: 'node 3', 'link 0-1', '0->1', 'links'"),
        Column("round", "int64", "1", "round before whose training it began", True),
        Column("end_round", "int64", "1", "round before whose training it ended", True),
        Column("start", "int64", "ps", "when it began, of what comes at a time", True),
        Column("end", "int64", "ps", "when it ended, of what comes at a time", True),
    ),
)

for _table in (LEARNING, PEERS, VECTORS, GRAPH, DISRUPTIONS):
    register("table", _table.name)(_table)
