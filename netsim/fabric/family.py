"""The family `fabric`: flows over a packet network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from netsim.fabric.schema import FabricScenario
from netsim.family import RunContext, ScenarioModel
from netsim.metrics.schema import Column, Headline
from netsim.problems import Problem
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.effective import Effective
    from netsim.estimate import Estimate
    from netsim.fabric.run import FabricRun
    from netsim.warnings import Caution


#: What concerns flows is over those that start when `record.warmup` is over; what concerns links
#: is over the whole run.
RUN_COLUMNS = (
    Column("makespan", "int64", "ps", "arrival of the last byte of the last flow", nullable=True),
    Column("flows", "int64", "1", "flows asked for, those that start in the warm-up left out"),
    Column("unfinished", "int64", "1", "flows not done at the end, failed ones included"),
    Column("packet_hops", "int64", "1", "data packets times links crossed, over the whole run"),
    Column("fct_mean", "float64", "s", "mean flow completion time at the receiver", nullable=True),
    Column("fct_median", "float64", "s", "median flow completion time", nullable=True),
    Column("fct_p99", "float64", "s", "99th percentile of flow completion times", nullable=True),
    Column("fct_max", "float64", "s", "largest flow completion time", nullable=True),
    Column("slowdown_mean", "float64", "1", "mean of fct / ideal_fct", nullable=True),
    Column("slowdown_max", "float64", "1", "largest fct / ideal_fct", nullable=True),
    Column("out_of_order", "float64", "1", "share of data packets that arrived out of order"),
    Column("max_reorder", "int64", "1", "largest reordering distance in packets"),
    Column("retransmits", "int64", "1", "data packets sent again"),
    Column(
        "duplicates",
        "int64",
        "1",
        "data packets of finished flows that arrived though they had arrived already",
    ),
    Column("drops", "int64", "1", "data packets of the flows lost in the network"),
    Column("drop_share", "float64", "1", "drops / data packets sent, those sent again included"),
    Column("ecn_marks", "int64", "1", "packets marked with congestion experienced"),
    Column("link_utilization_max", "float64", "1", "largest mean utilization of a link"),
    Column("queue_max", "int64", "B", "largest backlog at any port"),
)


@register("workload", "fabric")
class FabricFamily:
    """Packet-level fabrics: packet spraying against single path, transports, queues."""

    name: ClassVar[str] = "fabric"
    summary: ClassVar[str] = "flows over a leaf-spine or given network, packet by packet"
    source: ClassVar[str] = (
        "Addanki et al., Challenging the Need for Packet Spraying in Large-Scale Distributed "
        "Training, arXiv 2407.00550"
    )
    Scenario: type[ScenarioModel] = FabricScenario
    tables: ClassVar[tuple[str, ...]] = ("flows", "link_totals", "hosts")
    optional_tables: ClassVar[tuple[str, ...]] = ("links", "packets")
    run_columns: ClassVar[tuple[Column, ...]] = RUN_COLUMNS
    headlines: ClassVar[tuple[Headline, ...]] = (
        Headline("makespan", "makespan"),
        Headline("fct_mean", "flow completion time, mean"),
        Headline("fct_p99", "flow completion time, p99"),
        Headline("slowdown_mean", "slowdown against ideal, mean"),
        Headline("slowdown_max", "slowdown against ideal, max"),
        Headline("out_of_order", "packets out of order"),
        Headline("max_reorder", "largest reordering distance"),
        Headline("retransmits", "packets sent again"),
        Headline("duplicates", "of these, arrived twice"),
        Headline("drop_share", "share of packets dropped"),
        Headline("unfinished", "flows not finished"),
    )

    def check(self, scenario: FabricScenario) -> list[Problem]:
        """Return what is wrong with the topology, the flow files and the paths that they name."""
        from netsim.fabric.connect import problems

        return problems(scenario, scenario.seed)

    def notes(self, scenario: FabricScenario) -> list[str]:
        """Return what is not read of a topology file, and what the fidelity does not look at."""
        from netsim.fabric.connect import notes

        return notes(scenario)

    def warnings(self, scenario: FabricScenario) -> list[Caution]:
        """Return what would mislead in a run."""
        from netsim.fabric.connect import warnings

        return warnings(scenario, scenario.record.asked_for(), seed=scenario.seed)

    def warnings_after(
        self, scenario: FabricScenario, rows: Sequence[Mapping[str, Any]]
    ) -> list[Caution]:
        """Return what the rows of table `runs` show."""
        from netsim.fabric.warned import of_runs

        return of_runs(rows, scenario.record.warmup)

    def effective(self, scenario: FabricScenario) -> Mapping[str, Effective]:
        """Return what defaults of queues, windows, timeouts and links come to."""
        from netsim.fabric.connect import effective

        return effective(scenario, seed=scenario.seed)

    def estimate(self, scenario: FabricScenario) -> Estimate:
        """Return what the packets of all traffic cost."""
        from netsim.fabric.cost import estimate_network

        return estimate_network(scenario, scenario.record, scenario.until)

    def describe(self, scenario: FabricScenario) -> str:
        """Return topology, policies and traffic in one line."""
        from netsim.fabric.connect import headline

        return headline(scenario)

    def build(self, scenario: FabricScenario, context: RunContext) -> FabricRun:
        """Build the network and hand it the flows of all traffic."""
        from netsim.fabric.run import FabricRun

        return FabricRun(scenario, context)
