"""What a collective costs to simulate, from its sizes; no schedule is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netsim.collective.analytic import formula_of
from netsim.collective.bounds import port_share
from netsim.collective.schema import task_of
from netsim.estimate import Estimate, Place, summed
from netsim.fabric.connect import build_network
from netsim.fabric.cost import estimate_network
from netsim.fabric.extent import Extent, share_across

if TYPE_CHECKING:
    from netsim.collective.schema import CollectiveScenario
    from netsim.collective.task import Task

#: Bytes per operation of a schedule, and seconds to write it down.
PER_OPERATION: Final = 160
OPERATION_TIME: Final = 4e-7


def messages_of(name: str, task: Task) -> float:
    """Return about how many messages the algorithm called `name` sends."""
    n, k = float(task.ranks), float(task.chunks)
    rounds = max(1.0, float((task.ranks - 1).bit_length()))
    if name in ("ring", "bidir_ring", "direct"):
        halves = 2.0 if task.op == "all_reduce" else 1.0
        return (
            halves
            * n
            * (n - 1)
            * (task.channels if name == "ring" else 1)
            * (2 if name == "bidir_ring" else 1)
        )
    if name in ("linear", "pairwise"):
        return n * (n - 1) if task.op == "all_to_all" else n - 1
    if name == "hier":
        inside = float(max(task.groups, default=1))
        return 2 * n * (inside + n / inside)
    if name in ("tree", "dbt"):
        return 4 * (n - 1) * k
    if name == "chain":
        return (n - 1) * k
    if name in ("star", "binomial"):
        return 2 * (n - 1)
    return 2 * n * rounds


def estimate_collective(scenario: CollectiveScenario) -> Estimate:
    """Return what one replication costs."""
    if scenario.fidelity == "analytic":
        return Estimate(rows=scenario.iterations + 1.0, seconds=1e-4 * scenario.iterations)
    network = build_network(scenario)
    task = task_of(scenario, network)
    choice, _ = formula_of(scenario)
    messages = messages_of(choice.name, task)
    whole = messages * scenario.iterations
    size = port_share(task.op, task.ranks) * task.size * task.ranks / max(1.0, messages)
    share = share_across(network)
    more = Extent(whole, size, 0, 0, whole / task.ranks, share)
    net = estimate_network(scenario, scenario.record, scenario.until, (more,))
    memory: dict[Place, float] = {("collective",): PER_OPERATION * messages}
    tables = {*scenario.record.tables}
    rows = scenario.iterations * (1.0 + task.ranks * ("ranks" in tables))
    rows += whole * len({"collective_steps", "flows"} & tables)
    return Estimate(
        flows=net.flows,
        packet_hops=net.packet_hops,
        samples=net.samples,
        rows=rows,
        memory=summed(memory, net.memory),
        seconds=net.seconds + messages * OPERATION_TIME,
    )
