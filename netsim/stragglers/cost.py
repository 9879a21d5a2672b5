"""What coded rounds cost to simulate, from the sizes of a scenario; nothing is drawn.

Times of all workers in all rounds are held at once, and the master keeps what it saw of each round.
A code is drawn, factored and decoded in operations that grow with s^3 n, s^2 n and s n. Where the
rounds choose s, the largest that they may choose counts: it is what may have to be paid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netsim.estimate import Estimate, Place, summed
from netsim.fields import implementation
from netsim.stragglers.cyclic_factors import BLOCK

if TYPE_CHECKING:
    from netsim.fabric.extent import Extent
    from netsim.stragglers.codes.scheme import Scheme
    from netsim.stragglers.schema import StragglersScenario

#: Bytes per worker and round: its time drawn, as drawn on the way, and what the master keeps of it.
PER_CELL: Final = 60
#: Bytes per sample and feature of a data set, and of the gradients of a job's parts.
PER_NUMBER: Final = 16
#: Seconds per worker and round, per round and job, and per number of a code that is touched.
CELL_TIME: Final = 2e-6
ROUND_TIME: Final = 3e-4
NUMBER_TIME: Final = 3e-8
#: Seconds per s^3 of a row's coefficients, which solve s equations.
SOLVE_TIME: Final = 4e-11


def estimate_rounds(scenario: StragglersScenario, scheme: Scheme) -> Estimate:
    """Return what the rounds of a scenario under `scheme` cost."""
    n, jobs = scenario.workers, scenario.jobs
    chosen = implementation("code", scenario.code, key="scheme")
    delay = getattr(chosen, "longest_delay", None)
    rounds = jobs + (scheme.T if delay is None else delay(scenario.code, scenario.models))
    cells = float(rounds * n)
    tolerated, place = _tolerated(scheme)
    block = max(tolerated, BLOCK)
    code = 8.0 * n * (8 * block + 4 * tolerated)
    memory: dict[Place, float] = {("jobs",): cells * PER_CELL, place: code}
    seconds = cells * CELL_TIME + rounds * ROUND_TIME
    seconds += NUMBER_TIME * n * (block**2 + jobs * (tolerated + 1))
    seconds += SOLVE_TIME * n * tolerated**3
    learning = scenario.learning
    if learning is not None:
        numbers = float(learning.samples * learning.features)
        memory = summed(memory, {("learning", "samples"): PER_NUMBER * numbers})
        seconds += 2e-8 * jobs * numbers + 1e-5 * jobs * n
    total = Estimate(
        rows=rounds
        + jobs
        + 1
        + cells * len({"worker_rounds", "tasks"} & {*scenario.record.tables}),
        memory=memory,
        seconds=seconds,
    )
    if scenario.network is None:
        return total
    from netsim.fabric.cost import estimate_network

    network = estimate_network(
        scenario.network, scenario.record, scenario.until, _carried(scenario, rounds)
    )
    return Estimate(
        flows=network.flows,
        packet_hops=network.packet_hops,
        rows=total.rows,
        memory=summed(total.memory, network.memory),
        seconds=total.seconds + network.seconds,
    )


def _tolerated(scheme: Scheme) -> tuple[int, Place]:
    """Return the largest s of the code of `scheme`, and the field that asks for its memory."""
    most = getattr(scheme, "most", None)
    if most is not None:
        return int(most), ("code", "most")
    return int(getattr(scheme, "s", getattr(scheme, "lam", 0))), ("workers",)


def _carried(scenario: StragglersScenario, rounds: int) -> tuple[Extent, ...]:
    """Return the models that the master sends, and the results that come back."""
    from netsim.fabric.connect import build_network
    from netsim.fabric.extent import Extent, share_across

    if scenario.network is None:
        return ()
    across = share_across(build_network(scenario.network))
    flows = float(rounds * scenario.workers)
    sizes = (scenario.message.model, scenario.message.gradient)
    return tuple(Extent(flows, float(size), 0, 0, flows, across) for size in sizes)
