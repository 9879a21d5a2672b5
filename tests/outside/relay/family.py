"""The family `relay`, registered."""

from __future__ import annotations

from dataclasses import replace

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
    optional_tables = ("holdings",)
    run_columns = (Column("race_time", "float64", "s", "time of the race", nullable=True),)
    headlines = (Headline("race_time", "time of the race"),)

    def check(self, scenario):
        """Return what is wrong with the network."""
        from netsim.fabric.connect import problems

        if scenario.network is None:
            return []
        found = problems(scenario.network, scenario.seed)
        return [replace(one, at=("network", *one.at)) for one in found]

    def describe(self, scenario):
        """Return the race in one line."""
        return f"{scenario.runners} runners, {scenario.laps} laps"

    def build(self, scenario, context):
        """Return a race."""
        from relay.run import Race

        return Race(scenario, context)
