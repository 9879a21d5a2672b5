"""What makes a cutoff impossible: all pairs would be given up before anybody can use them."""

from __future__ import annotations

from itertools import pairwise

from netsim.problems import Problem
from netsim.quantum.cutoffs import slack_of
from netsim.quantum.decay import PS
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.wiring import Routers


def of_ages(scenario: QuantumScenario, routers: Routers, path: list[int]) -> list[Problem]:
    """Return the first link of a path whose pairs are too old at their herald."""
    by_ends = scenario.memory.cutoff_by == "end_to_end_age"
    slack = slack_of(routers.delays(path)) if by_ends else None
    for at, (one, other) in enumerate(pairwise(path)):
        edge = routers.edge(one, other)
        timing = routers.timing(edge, one, other)
        least = timing.ideal
        if not edge.ideal:
            least = edge.flight + (timing.second if edge.model.rounds == 2 else 0)
        ends = f"a pair of '{routers.names[one]}' and '{routers.names[other]}'"
        if slack is None:
            message = f"{ends} is {least * PS:g} s old at its herald, so all would be given up"
        else:
            least += max(slack[at], slack[at + 1])
            message = (
                f"{ends} cannot be measured and heard of at both ends in less than "
                f"{least * PS:g} s from its emission, so all would be given up"
            )
        cutoffs = [routers.equipment.memory(router).cutoff for router in (one, other)]
        if any(cutoff is not None and cutoff <= least for cutoff in cutoffs):
            hint = f"give a cutoff above {least * PS:g} s"
            return [Problem(message, ("memory", "cutoff"), hint=hint)]
    return []


def of_fidelities(scenario: QuantumScenario, routers: Routers, path: list[int]) -> list[Problem]:
    """Return the first link of a path whose pairs are too bad at their herald."""
    least = scenario.memory.cutoff_fidelity
    if least is None:
        return []
    for one, other in pairwise(path):
        fidelity = routers.edge(one, other).model.state[0]
        if fidelity <= least:
            message = (
                f"a pair of '{routers.names[one]}' and '{routers.names[other]}' has fidelity "
                f"{fidelity:g} at its herald, so all would be given up"
            )
            hint = f"give a threshold below {fidelity:g}"
            return [Problem(message, ("memory", "cutoff_fidelity"), hint=hint)]
    return []
