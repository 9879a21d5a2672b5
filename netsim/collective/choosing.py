"""Which algorithm a collective takes: the one named, or the fastest by closed forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsim.collective.schema import algorithms_for, task_of
from netsim.registry import lookup

if TYPE_CHECKING:
    from netsim.collective.algorithms.algorithm import Algorithm
    from netsim.collective.schema import CollectiveScenario
    from netsim.collective.task import Costs, Task
    from netsim.topology.network import Network


@dataclass(frozen=True, slots=True)
class Choice:
    """An algorithm, and why.

    Parameters
    ----------
    name
        Its name.
    algorithm
        The algorithm.
    why
        Times of all that were compared, in words; empty if it was named.
    """

    name: str
    algorithm: type[Algorithm]
    why: str = ""


def choose(scenario: CollectiveScenario, network: Network, costs: Costs) -> Choice:
    """Return the algorithm of the scenario's collective."""
    name = scenario.collective.algorithm
    if name != "auto":
        return Choice(name, lookup("collective_algorithm", name))
    return fastest(task_of(scenario, network), costs)


def fastest(task: Task, costs: Costs) -> Choice:
    """Return the algorithm with the least closed form.

    What counts is what a simulation on ports takes at most, so that what is chosen keeps its
    promise; a form that is only approached (of double binary trees with many chunks) promises
    nothing.
    """
    times = {}
    for name in algorithms_for(task.op):
        algorithm = lookup("collective_algorithm", name)
        judge = getattr(algorithm, "problem", None)
        impossible = judge is not None and judge(task) is not None
        if impossible or (task.matrix is not None and not getattr(algorithm, "takes_matrix", 0)):
            continue
        formula = algorithm.time(task, costs)
        if formula.promise < float("inf"):
            times[name] = formula.promise
    best = min(times, key=lambda name: (times[name], name))
    others = sorted((time, name) for name, time in times.items())
    why = ", ".join(f"{name} {time * 1e6:.4g} us" for time, name in others)
    return Choice(best, lookup("collective_algorithm", best), why)
