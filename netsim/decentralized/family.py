"""The family `decentralized`: learning among peers on a graph that loses nodes and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.decentralized.schema import DecentralizedScenario
from netsim.fabric.schema import NETWORK_TABLES
from netsim.family import RunContext, ScenarioModel, Simulation
from netsim.metrics.schema import Column, Headline
from netsim.problems import Problem
from netsim.registry import register
from netsim.warnings import Caution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.effective import Effective
    from netsim.estimate import Estimate

RUN_COLUMNS = (
    Column("accuracy", "float64", "1", "mean accuracy of live nodes at the end", True),
    Column("accuracy_honest", "float64", "1", "of these, the mean of those that do no harm", True),
    Column("loss", "float64", "1", "mean loss of live nodes at the end", True),
    Column("accuracy_before", "float64", "1", "accuracy just before the first disruption", True),
    Column("accuracy_after", "float64", "1", "accuracy of live nodes just after it", True),
    Column(
        "recovery_rounds",
        "int64",
        "1",
        "rounds from the first disruption to an evaluation at 99 % of the accuracy before",
        True,
    ),
    Column(
        "recovery_time",
        "float64",
        "s",
        "time from the first disruption to an evaluation at 99 % of the accuracy before",
        True,
    ),
    Column("rounds_to_target", "int64", "1", "rounds to the wanted accuracy", True),
    Column("time_to_target", "float64", "s", "time to the wanted accuracy", True),
    Column("bytes_to_target", "int64", "B", "bytes sent by then", True),
    Column("bytes", "int64", "B", "bytes that all nodes sent"),
    Column("messages", "int64", "1", "messages that all nodes sent"),
    Column(
        "slem", "float64", "1", "second largest modulus of eigenvalues of the first weights", True
    ),
    Column("alive", "int64", "1", "nodes that are there at the end"),
    Column("largest_component", "int64", "1", "nodes of the largest component at the end"),
    Column(
        "rounds",
        "int64",
        "1",
        "rounds played; where nobody waits, fewest trainings of a node that trained",
    ),
    Column("label_entropy", "float64", "1", "mean entropy of the classes of a holder, nats", True),
    Column("label_divergence", "float64", "1", "mean Jensen-Shannon distance of two holders", True),
)


@register("workload", "decentralized")
class DecentralizedFamily:
    """Peers that train on their own data and average with their neighbours."""

    name: ClassVar[str] = "decentralized"
    summary: ClassVar[str] = "peer-to-peer learning on graphs that lose nodes, links and regions"
    source: ClassVar[str] = (
        "Robustness of Decentralised Learning to Nodes and Data Disruption (arXiv 2310.02986, "
        "2405.02377); Lian et al., NeurIPS 2017"
    )
    Scenario: type[ScenarioModel] = DecentralizedScenario
    tables: ClassVar[tuple[str, ...]] = ("learning", "peers", "graph", "disruptions")
    optional_tables: ClassVar[tuple[str, ...]] = ("vectors", *NETWORK_TABLES)
    run_columns: ClassVar[tuple[Column, ...]] = RUN_COLUMNS
    headlines: ClassVar[tuple[Headline, ...]] = (
        Headline("accuracy", "accuracy of survivors"),
        Headline("accuracy_before", "before the disruption"),
        Headline("accuracy_after", "just after it"),
        Headline("recovery_rounds", "rounds to recover"),
        Headline("loss", "loss"),
        Headline("alive", "survivors"),
        Headline("largest_component", "largest component"),
        Headline("bytes", "bytes sent"),
    )

    def check(self, scenario: DecentralizedScenario) -> list[Problem]:
        """Return what does not go together."""
        from netsim.decentralized.company import problems

        return problems(scenario)

    def notes(self, scenario: DecentralizedScenario) -> list[str]:
        """Return what is not read of the graph's file, or of the network's."""
        from netsim.graphs.kind import notes

        found = notes(scenario.topology)
        if scenario.network is None:
            return found
        from netsim.fabric.connect import notes as network_notes

        return found + network_notes(scenario.network)

    def warnings(self, scenario: DecentralizedScenario) -> list[Caution]:
        """Return what would mislead in a run: a table without rows, and what the network does."""
        asked = scenario.record.asked_for()
        found = []
        if "vectors" in asked and not scenario.record.vectors:
            message = (
                "no round is named whose models are to be written, so table vectors stays empty; "
                "leave it out of record.tables, or name rounds in record.vectors"
            )
            found.append(Caution("empty-table", message, "record.tables"))
        if scenario.network is None:
            return found
        from netsim.fabric.connect import warnings

        return found + warnings(scenario.network, asked, seed=scenario.seed, below="network.")

    def effective(self, scenario: DecentralizedScenario) -> Mapping[str, Effective]:
        """Return what defaults of the network come to."""
        if scenario.network is None:
            return {}
        from netsim.fabric.connect import effective

        return effective(scenario.network, seed=scenario.seed, below="network.")

    def estimate(self, scenario: DecentralizedScenario) -> Estimate:
        """Return what the rounds cost."""
        from netsim.decentralized.cost import estimate_run

        return estimate_run(scenario)

    def describe(self, scenario: DecentralizedScenario) -> str:
        """Return nodes, graph, model and algorithm in one line."""
        from netsim.graphs.kind import node_count

        nodes = node_count(scenario.topology, scenario.nodes)
        kinds = [
            getattr(block, "kind", "?")
            for block in (scenario.topology, scenario.model, scenario.algorithm)
        ]
        wrong = ", ".join(getattr(one, "kind", "?") for one in scenario.disruption)
        return f"{nodes:,} nodes, {kinds[0]} | {kinds[1]}, {kinds[2]} | {_length(scenario)}" + (
            f" | {wrong}" if wrong else ""
        )

    def explain(self, scenario: DecentralizedScenario) -> list[str]:
        """Return size of model and message, and what is known of the weights."""
        from netsim.decentralized.explain import explain

        return explain(scenario)

    def build(self, scenario: DecentralizedScenario, context: RunContext) -> Simulation:
        """Put one replication together and start it."""
        from netsim.decentralized.run import DecentralizedRun

        if scenario.timing.mode == "rounds":
            return DecentralizedRun(scenario, context)
        if scenario.timing.mode == "async":
            from netsim.decentralized.free_run import FreeRun

            return FreeRun(scenario, context)
        from netsim.decentralized.clocked_run import ClockedRun

        return ClockedRun(scenario, context)


def _length(scenario: DecentralizedScenario) -> str:
    """Return how long a run is, in words."""
    from netsim.engine.stall import spoken

    if scenario.rounds is None and scenario.until is not None:
        return f"until {spoken(scenario.until)}"
    return f"{scenario.round_count:,} rounds"
