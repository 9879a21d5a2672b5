"""What theory says of a scenario's collective, for `netsim validate` and `netsim describe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.collective.bounds import lower_bound
from netsim.collective.network import costs_of, least_costs
from netsim.collective.schema import task_of
from netsim.fabric.connect import build_network

if TYPE_CHECKING:
    from netsim.collective.choosing import Choice
    from netsim.collective.schema import CollectiveScenario
    from netsim.collective.task import Formula


def explain(scenario: CollectiveScenario, choice: Choice, formula: Formula) -> list[str]:
    """Return algorithm, costs, closed form and bound, a line each."""
    network = build_network(scenario)
    task = task_of(scenario, network)
    costs = costs_of(network, scenario.packet, task.ranks)
    bound = lower_bound(task, least_costs(network, task.ranks))
    lines = [
        f"algorithm: {choice.name}, {choice.algorithm.source}",
        f"latency {_us(costs.latency)}, {1e-9 / costs.byte_time:.4g} GB/s a port",
    ]
    if costs.outer_byte_time is not None:
        far, byte = costs.across
        lines.append(f"between groups: latency {_us(far)}, {1e-9 / byte:.4g} GB/s a port")
    if formula.time is None:
        lines.append(f"closed form: none ({formula.note})")
    else:
        note = "exact on ports alone" if formula.exact else formula.note
        lines.append(f"closed form: {_us(formula.time)} ({note})")
    return [*lines, f"no algorithm is below {_us(bound)}"]


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.6g} us"
