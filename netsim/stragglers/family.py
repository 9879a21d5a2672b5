"""The family `stragglers`: coded rounds under delayed workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import netsim.delays.process as delays
import netsim.stragglers.schema as schema
from netsim.fabric.schema import NETWORK_TABLES
from netsim.family import RunContext, ScenarioModel, Simulation
from netsim.fields import Config, implementation
from netsim.metrics.schema import Column, Headline
from netsim.problems import Problem
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.effective import Effective
    from netsim.estimate import Estimate
    from netsim.stragglers.schema import StragglersScenario
    from netsim.warnings import Caution

RUN_COLUMNS = (
    Column("load_numerator", "int64", "1", "numerator of the code's load"),
    Column("load_denominator", "int64", "1", "denominator of the code's load"),
    Column("bound_numerator", "int64", "1", "numerator of the least load", nullable=True),
    Column("bound_denominator", "int64", "1", "denominator of the least load", nullable=True),
    Column("total_time", "float64", "s", "sum of the rounds' durations"),
    Column("rounds", "int64", "1", "rounds played"),
    Column("waits", "int64", "1", "rounds in which the code's rule failed at the threshold"),
    Column("jobs_decoded", "int64", "1", "jobs decoded"),
    Column(
        "wasted_share",
        "float64",
        "1",
        "share of the work whose results were given up: late, superfluous or dropped; work that "
        "was never begun does not count",
    ),
    Column(
        "decode_residual",
        "float64",
        "1",
        "largest error of combined coefficients in any job",
        nullable=True,
    ),
    Column("staleness_mean", "float64", "1", "mean age of applied gradients, in updates", True),
    Column("staleness_max", "int64", "1", "largest age of an applied gradient", True),
    Column(
        "bytes",
        "int64",
        "B",
        "bytes of models and results that came in through the network, parts of cancelled ones "
        "included",
        nullable=True,
    ),
    Column("final_loss", "float64", "1", "mean loss of the models after the last update", True),
    Column("gradient_error", "float64", "1", "largest relative error of a gradient", True),
    Column("chosen", "string", "", "scheme and parameters that the search chose", True),
    Column("probe_time", "float64", "s", "time of the uncoded rounds before the choice", True),
    Column("regret", "float64", "1", "time of the chosen over the best in hindsight, less 1", True),
)


@register("workload", "stragglers")
class StragglersFamily:
    """Gradient coding: rounds whose master need not wait for all workers."""

    name: ClassVar[str] = "stragglers"
    summary: ClassVar[str] = "coded gradient computation in rounds, with workers that are late"
    source: ClassVar[str] = (
        "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 (arXiv 2211.13802); "
        "Tandon et al., Gradient Coding, ICML 2017"
    )
    Scenario: type[ScenarioModel] = schema.StragglersScenario
    tables: ClassVar[tuple[str, ...]] = ("rounds", "jobs")
    optional_tables: ClassVar[tuple[str, ...]] = (
        "worker_rounds",
        "tasks",
        "gradients",
        "updates",
        "selection",
        *NETWORK_TABLES,
    )
    run_columns: ClassVar[tuple[Column, ...]] = RUN_COLUMNS
    headlines: ClassVar[tuple[Headline, ...]] = (
        Headline("total_time", "total time"),
        Headline("waits", "rounds with a wait-out"),
        Headline("jobs_decoded", "jobs decoded"),
        Headline("wasted_share", "work given up"),
    )

    def check(self, scenario: StragglersScenario) -> list[Problem]:
        """Return what makes the code impossible, or is wrong with the data files."""
        return schema.problems(scenario)

    def notes(self, scenario: StragglersScenario) -> list[str]:
        """Return what is taken for granted of a trace, and not read or looked at of a network."""
        found = []
        if scenario.delays is not None and scenario.compute.per_load:
            found += delays.notes(scenario.delays)
        if scenario.network is None:
            return found
        from netsim.fabric.connect import notes

        return found + notes(scenario.network)

    def warnings(self, scenario: StragglersScenario) -> list[Caution]:
        """Return what would mislead in a run: tables without rows, and what the network does."""
        from netsim.stragglers.empty_tables import empty_tables

        found = empty_tables(scenario)
        if scenario.network is None:
            return found
        from netsim.fabric.connect import warnings

        asked = scenario.record.asked_for()
        return found + warnings(scenario.network, asked, seed=scenario.seed, below="network.")

    def effective(self, scenario: StragglersScenario) -> Mapping[str, Effective]:
        """Return what defaults of the network come to."""
        if scenario.network is None:
            return {}
        from netsim.fabric.connect import effective

        return effective(scenario.network, seed=scenario.seed, below="network.")

    def estimate(self, scenario: StragglersScenario) -> Estimate:
        """Return what the rounds cost, and what travels through a network."""
        from netsim.stragglers.cost import estimate_rounds

        return estimate_rounds(scenario, schema.scheme_of(scenario))

    def describe(self, scenario: StragglersScenario) -> str:
        """Return code, size and delays in one line."""
        source = getattr(scenario.delays, "kind", "given pattern")
        return (
            f"{_written(scenario.code, 'scheme')}, {scenario.workers} workers, "
            f"{scenario.jobs} jobs | {source} | wait {scenario.wait.policy}, rule "
            f"{scenario.wait.rule}, mu {scenario.wait.mu:g}"
        )

    def explain(self, scenario: StragglersScenario) -> list[str]:
        """Return load, bound, delay and tolerance of the scenario's code."""
        chosen = implementation("code", scenario.code, key="scheme")
        lines: list[str] = chosen.explain(scenario.code, scenario.workers)
        return lines

    def conclude(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return which codes were chosen in how many of the runs, their regret, and the times."""
        regrets: dict[str, list[float | None]] = {}
        for row in rows:
            if row.get("chosen") is not None:
                regrets.setdefault(row["chosen"], []).append(row.get("regret"))
        said = []
        for code, costs in sorted(regrets.items(), key=lambda item: -len(item[1])):
            known = [cost for cost in costs if cost is not None]
            cost = 100 * sum(known) / max(1, len(known))
            after = f", {cost:.1f} % slower than the best in hindsight" if known else ""
            said.append(f"  chosen in {len(costs)} of {len(rows)} runs: {code}{after}")
        return said + _parted([row for row in rows if row.get("chosen") is not None])

    def build(self, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Build the scheme, the workers' times and the master, and start its process."""
        chosen = implementation("code", scenario.code, key="scheme")
        own = getattr(chosen, "build", None)
        if own is not None:
            simulation: Simulation = own(scenario, context)
            return simulation
        from netsim.stragglers.run import StragglersRun

        return StragglersRun(scenario, context)


def _parted(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return how long the runs took before and after their choice, on the average."""
    if not rows:
        return []
    before = sum(row.get("probe_time") or 0.0 for row in rows) / len(rows)
    after = sum(row["total_time"] for row in rows) / len(rows) - before
    if not before:
        return [f"  no probe: the sets were played on all that was measured; run {after:.4g} s"]
    return [f"  time before the choice (uncoded probe): {before:.4g} s; after it: {after:.4g} s"]


def _written(block: Config, key: str) -> str:
    """Return a block's name and parameters: ``m_sgc B=1 W=2 lambda=27``.

    Parameters other than numbers are left out at their defaults.
    """
    values = block.model_dump(by_alias=True)
    fields = type(block).model_fields.items()
    defaults = {field.alias or name: field.default for name, field in fields}
    name = values.pop(key)
    shown = [
        f"{field}={value}"
        for field, value in values.items()
        if value is not None and (_is_number(value) or value != defaults.get(field))
    ]
    return " ".join([str(name), *shown])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
