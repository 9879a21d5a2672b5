"""The family `relay`, registered."""

from __future__ import annotations

from dataclasses import replace

from netsim.estimate import Estimate
from netsim.fabric.schema import NETWORK_TABLES
from netsim.metrics.schema import Column, Headline
from netsim.registry import register
from relay.schema import RelayScenario


@register("workload", "relay")
class RelayFamily:
    """Relay races over a network."""

    name = "relay"
    summary = "a baton handed on through a network"
    source = "rules of the relay race"
    Scenario = RelayScenario
    tables = ("handovers",)
    optional_tables = ("holdings", *NETWORK_TABLES)
    run_columns = (
        Column("race_time", "float64", "s", "time of the race", nullable=True),
        Column("roads", "int64", "1", "roads of the course", nullable=True),
    )
    headlines = (Headline("race_time", "time of the race"),)

    def check(self, scenario):
        """Return what is wrong with the course and the network."""
        from netsim.fabric.connect import problems
        from netsim.graphs import kind as graphs

        found = []
        if scenario.course is not None:
            found += graphs.problems(scenario.course, scenario.runners, ("course",), ("runners",))
        if scenario.network is not None:
            wrong = problems(scenario.network, scenario.seed)
            found += [replace(one, at=("network", *one.at)) for one in wrong]
        return found

    def describe(self, scenario):
        """Return the race in one line."""
        return f"{scenario.runners} runners, {scenario.laps} laps"

    def estimate(self, scenario):
        """Return what a race costs: a flow and two rows a hand-over."""
        count = scenario.runners * scenario.laps
        return Estimate(flows=count, rows=2 * count, seconds=1e-4 * count)

    def build(self, scenario, context):
        """Return a race."""
        from relay.run import Race

        return Race(scenario, context)
