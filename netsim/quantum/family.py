"""The family `quantum`: repeater chains and networks that deliver entangled pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import netsim.quantum.schema as schema
from netsim.fabric.schema import NETWORK_TABLES
from netsim.family import RunContext, ScenarioModel, Simulation
from netsim.metrics.schema import Column, Headline
from netsim.problems import Problem
from netsim.registry import register
from netsim.warnings import Caution

if TYPE_CHECKING:
    from netsim.effective import Effective
    from netsim.estimate import Estimate
    from netsim.quantum.schema import QuantumScenario

RUN_COLUMNS = (
    Column("pairs", "int64", "1", "end-to-end pairs delivered"),
    Column("rate", "float64", "1/s", "pairs per second of their reservations, all requests"),
    Column("fidelity_mean", "float64", "1", "mean fidelity of delivered pairs", nullable=True),
    Column(
        "time_to_first", "float64", "s", "from a request's start to the first pair of all", True
    ),
    Column(
        "time_to_serve",
        "float64",
        "s",
        "mean time from a request's arrival to the last of its pairs, of those that got all",
        nullable=True,
    ),
    Column("accepted", "int64", "1", "requests accepted"),
    Column("refused", "int64", "1", "requests refused"),
    Column("key_rate", "float64", "bit/s", "secret bits by BB84 (BBM92), all requests"),
    Column("key_bound", "float64", "bit/s", "what no protocol on these paths can exceed"),
)


@register("workload", "quantum")
class QuantumFamily:
    """Quantum repeaters: links, memories, swapping and purification."""

    name: ClassVar[str] = "quantum"
    summary: ClassVar[str] = "entangled pairs over chains and networks of quantum repeaters"
    source: ClassVar[str] = (
        "H.-J. Briegel et al., Quantum Repeaters, Phys. Rev. Lett. 81, 5932, 1998; X. Wu et al., "
        "SeQUeNCe: a customizable discrete-event simulator of quantum networks, 2021"
    )
    Scenario: type[ScenarioModel] = schema.QuantumScenario
    tables: ClassVar[tuple[str, ...]] = ("entanglements", "requests", "keys")
    optional_tables: ClassVar[tuple[str, ...]] = ("memories", "ghz", *NETWORK_TABLES)
    run_columns: ClassVar[tuple[Column, ...]] = RUN_COLUMNS
    headlines: ClassVar[tuple[Headline, ...]] = (
        Headline("pairs", "pairs delivered"),
        Headline("rate", "pairs per second"),
        Headline("fidelity_mean", "mean fidelity"),
        Headline("key_rate", "secret key"),
        Headline("key_bound", "bound of the key"),
    )

    def check(self, scenario: QuantumScenario) -> list[Problem]:
        """Return what makes the scenario impossible."""
        from netsim.quantum.checking import problems

        return problems(scenario)

    def notes(self, scenario: QuantumScenario) -> list[str]:
        """Return what can be simulated and will hardly be wanted, and what is not read."""
        from netsim.quantum.checking import notes

        found = notes(scenario)
        if scenario.network is None:
            return found
        from netsim.fabric.connect import notes as of_network

        return found + of_network(scenario.network)

    def warnings(self, scenario: QuantumScenario) -> list[Caution]:
        """Return what would mislead in a run: tables without rows, and what the network does."""
        asked, found = scenario.record.asked_for(), []
        if "ghz" in asked and not any(r.star for r in scenario.requests):
            message = (
                "no request shares GHZ states, so table ghz stays empty; leave it out of "
                "record.tables, or take request.application: {kind: ghz, leaves: [...]}"
            )
            found.append(Caution("empty-table", message, "record.tables"))
        if scenario.network is None:
            return found
        from netsim.fabric.connect import warnings

        return found + warnings(scenario.network, asked, seed=scenario.seed, below="network.")

    def effective(self, scenario: QuantumScenario) -> Mapping[str, Effective]:
        """Return what defaults of the network come to."""
        if scenario.network is None:
            return {}
        from netsim.fabric.connect import effective

        return effective(scenario.network, seed=scenario.seed, below="network.")

    def estimate(self, scenario: QuantumScenario) -> Estimate:
        """Return what the pairs cost that the links can make at most."""
        from netsim.quantum.cost import estimate_pairs

        return estimate_pairs(scenario)

    def describe(self, scenario: QuantumScenario) -> str:
        """Return routers, links and swaps in one line."""
        chain = scenario.chain
        if chain is not None:
            where = f"chain of {chain.routers} routers, {chain.segment / 1000:g} km each"
        else:
            where = f"routers on {getattr(scenario.topology, 'kind', 'a graph')}"
        link = f"{getattr(scenario.link, 'kind', '')} ({scenario.link.engine})"
        swap = getattr(scenario.swap, "policy", "")
        return f"{where}, {scenario.memory.count} memories | {link} | {swap} swaps"

    def explain(self, scenario: QuantumScenario) -> Sequence[str]:
        """Return the odds, times and bounds of the scenario's links."""
        from netsim.quantum.explain import explained

        return explained(scenario)

    def build(self, scenario: QuantumScenario, context: RunContext) -> Simulation:
        """Wire routers and requests together."""
        from netsim.quantum.run import QuantumRun

        return QuantumRun(scenario, context)
