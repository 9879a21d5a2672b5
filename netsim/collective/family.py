"""The family `collective`: how long an operation among ranks takes on a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from netsim.collective.schema import CollectiveScenario
from netsim.fabric.schema import NETWORK_TABLES
from netsim.family import RunContext, ScenarioModel, Simulation
from netsim.metrics.schema import Column, Headline
from netsim.problems import Problem
from netsim.registry import register

if TYPE_CHECKING:
    from pathlib import Path

    from netsim.collective.fitted import Fitted
    from netsim.effective import Effective
    from netsim.estimate import Estimate
    from netsim.fabric.schema import NetworkConfig
    from netsim.warnings import Caution

RUN_COLUMNS = (
    Column("completion_time", "float64", "s", "mean time from first start to last end", True),
    Column("algorithm_bandwidth", "float64", "B/s", "size / completion_time", True),
    Column("bus_bandwidth", "float64", "B/s", "as nccl-tests defines it", True),
    Column("lower_bound", "float64", "s", "time that no algorithm can beat on these ports"),
    Column("slowdown", "float64", "1", "completion_time / lower_bound", True),
    Column("messages", "int64", "1", "messages of one iteration; 0 where nothing is simulated"),
    Column("algorithm", "string", "", "the algorithm that was taken"),
)


@register("workload", "collective")
class CollectiveFamily:
    """Collective operations by schedules of dependent messages."""

    name: ClassVar[str] = "collective"
    summary: ClassVar[str] = "all-reduce, all-to-all and the other collectives, on any network"
    source: ClassVar[str] = (
        "R. Thakur, R. Rabenseifner, W. Gropp, Optimization of collective communication "
        "operations in MPICH, IJHPCA 19, 2005"
    )
    Scenario: type[ScenarioModel] = CollectiveScenario
    tables: ClassVar[tuple[str, ...]] = ("collectives", "ranks")
    optional_tables: ClassVar[tuple[str, ...]] = ("collective_steps", *NETWORK_TABLES)
    run_columns: ClassVar[tuple[Column, ...]] = RUN_COLUMNS
    headlines: ClassVar[tuple[Headline, ...]] = (
        Headline("completion_time", "completion time"),
        Headline("algorithm_bandwidth", "algorithm bandwidth"),
        Headline("bus_bandwidth", "bus bandwidth"),
        Headline("lower_bound", "no algorithm is below"),
        Headline("slowdown", "slowdown against that"),
    )

    def check(self, scenario: CollectiveScenario) -> list[Problem]:
        """Return what is wrong with the network, the operation or its algorithm."""
        from netsim.collective.schema import problems
        from netsim.fabric import connect

        found = connect.problems(as_simulated(scenario), scenario.seed)
        return found or problems(scenario, connect.build_network(scenario))

    def notes(self, scenario: CollectiveScenario) -> list[str]:
        """Return why an algorithm was chosen, and what is not read or looked at of the network."""
        from netsim.collective.analytic import formula_of
        from netsim.fabric.connect import notes

        choice, _ = formula_of(scenario)
        found = [f"auto takes {choice.name}: {choice.why}"] if choice.why else []
        return found if scenario.fidelity == "analytic" else found + notes(scenario)

    def warnings(self, scenario: CollectiveScenario) -> list[Caution]:
        """Return what would mislead in a run."""
        from netsim.fabric.connect import warnings

        if scenario.fidelity == "analytic":
            return []
        return warnings(scenario, scenario.record.asked_for(), seed=scenario.seed)

    def effective(self, scenario: CollectiveScenario) -> Mapping[str, Effective]:
        """Return what defaults of the network come to."""
        from netsim.fabric.connect import effective

        return effective(as_simulated(scenario), seed=scenario.seed)

    def estimate(self, scenario: CollectiveScenario) -> Estimate:
        """Return what the messages cost."""
        from netsim.collective.cost import estimate_collective

        return estimate_collective(scenario)

    def describe(self, scenario: CollectiveScenario) -> str:
        """Return operation, algorithm and network in one line."""
        from netsim import units
        from netsim.collective.analytic import formula_of
        from netsim.fabric.connect import headline

        asked = scenario.collective
        choice, formula = formula_of(scenario)
        size = units.readable(asked.size, "data")
        done = f"{asked.op} {choice.name} {size}"
        if scenario.fidelity == "analytic":
            level = "closed form" if formula.exact else f"closed form, {formula.note}"
            return f"{done} | {headline(as_simulated(scenario)).split(' | ')[0]} | {level}"
        return f"{done} | {headline(scenario)}"

    def explain(self, scenario: CollectiveScenario) -> list[str]:
        """Return the closed form beside the bound."""
        from netsim.collective.analytic import formula_of
        from netsim.collective.explain import explain

        return explain(scenario, *formula_of(scenario))

    @staticmethod
    def fit(log: Path, op: str, ranks: int | None) -> Fitted:
        """Return a network fitted to the measured collectives in `log`."""
        from netsim.collective.fitted import fit_log

        return fit_log(log, op, ranks)

    def build(self, scenario: CollectiveScenario, context: RunContext) -> Simulation:
        """Build the network and hand it the schedule; a closed form needs neither."""
        if scenario.fidelity == "analytic":
            from netsim.collective.analytic import AnalyticRun

            return AnalyticRun(scenario, context)
        from netsim.collective.run import CollectiveRun

        return CollectiveRun(scenario, context)


def as_simulated(scenario: CollectiveScenario) -> NetworkConfig:
    """Return the scenario's network at a fidelity that networks know."""
    if scenario.fidelity != "analytic":
        return scenario
    return scenario.model_copy(update={"fidelity": "ideal"})
