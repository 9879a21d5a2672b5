"""The network that a fit stands for, as a scenario.

Closed forms are linear in latency and in the time of a byte: an algorithm takes L latencies and
puts F times the size through a port. So a regime ``A + B s`` is an ideal network of latency A / L
and rate F / B. What of A is latency of links and what is overhead of every step cannot be told
apart by times of one collective; here it is all latency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.collective.task import Costs, Task
from netsim.registry import lookup

if TYPE_CHECKING:
    from netsim.collective.fitting import Fit, Regime
    from netsim.collective.measured import Measured

#: The algorithm by which each operation is taken to be performed.
ALGORITHMS: Final = {
    "all_reduce": "ring",
    "reduce_scatter": "ring",
    "all_gather": "ring",
    "sendrecv": "ring",
    "all_to_all": "linear",
    "gather": "linear",
    "scatter": "linear",
    "broadcast": "chain",
    "reduce": "chain",
}


def network_of(regime: Regime, op: str, ranks: int) -> tuple[int, int]:
    """Return latency (ps) and rate (bit/s) of the ideal network with the times of a regime."""
    algorithm = lookup("collective_algorithm", ALGORITHMS[op])
    task = Task(op, ranks, 1 << 40)
    latencies = algorithm.time(task, Costs(1.0, 0.0)).time
    share = algorithm.time(task, Costs(0.0, 1.0)).time / task.size
    latency = max(1, round(regime.base / latencies * 1e12))
    # A regime without any time for bytes is as fast as a link can be.
    rate = 8 * share / regime.byte_time if regime.byte_time > 0 else 1e18
    return latency, max(1, min(round(rate), 10**18))


def scenario_text(fit: Fit, measured: Measured, op: str, ranks: int, called: str) -> str:
    """Return a scenario that sweeps the measured sizes, each on the network of its regime."""
    points = []
    for size in measured.size.tolist():
        regime = _regime_of(fit, size)
        latency, rate = network_of(regime, op, ranks)
        points.append(
            f"    - {{collective.size: {round(size)} B, topology.latency: {latency} ps, "
            f"topology.rate: {rate} bps}}"
        )
    latency, rate = network_of(fit.regimes[-1], op, ranks)
    last = round(measured.size[-1])
    regimes = [
        f"#   {one.first:.0f} to {one.last:.0f} B: {one.base * 1e6:.4g} us + "
        f"{one.byte_time * 1e12:.4g} ps a byte"
        for one in fit.regimes
    ]
    return "\n".join(
        [
            f"# A network fitted to the times of {called}: one latency and one rate per regime,",
            "# in which times are a straight line of the size.",
            *regimes,
            "# netsim sweep this file: completion_time of each point is the fitted time.",
            "netsim: 1",
            "name: fitted",
            f"description: {op} among {ranks} ranks on a network fitted to measured times",
            "workload: collective",
            f"topology: {{kind: ideal, ranks: {ranks}, latency: {latency} ps, rate: {rate} bps}}",
            f"collective: {{op: {op}, algorithm: {ALGORITHMS[op]}, size: {last} B}}",
            "fidelity: analytic",
            "sweep:",
            "  list:",
            *points,
            "",
        ]
    )


def _regime_of(fit: Fit, size: float) -> Regime:
    """Return the regime that `size` lies in."""
    at = np.searchsorted([one.last for one in fit.regimes], size)
    return fit.regimes[min(int(at), len(fit.regimes) - 1)]
