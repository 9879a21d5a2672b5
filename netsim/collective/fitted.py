"""The network that a fit stands for, as a scenario.

Closed forms are linear in latency and in the time of a byte: an algorithm takes L latencies and
puts F times the size through a port. So a regime ``A + B s`` is an ideal network of latency A / L
and rate F / B. What of A is latency of links and what is overhead of every step cannot be told
apart by times of one collective; here it is all latency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.collective.fitting import fit, left_out_error, mean_error
from netsim.collective.measured import Measured, read_measured
from netsim.collective.task import Costs, Task
from netsim.errors import UsageError
from netsim.registry import canonical, did_you_mean, lookup

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from netsim.collective.fitting import Fit, Regime

#: Sizes from which on every other one is predicted from the rest.
_ENOUGH: Final = 6

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


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A network fitted to measurements.

    Parameters
    ----------
    measured
        The measurements.
    fit
        The regimes found in them.
    op, ranks
        What was measured, among how many.
    called
        Name of the measurements.
    """

    measured: Measured
    fit: Fit
    op: str
    ranks: int
    called: str

    def model(self) -> NDArray[np.float64]:
        """Return the fitted times (s) of the measured sizes."""
        return self.fit.time(self.measured.size)

    def scenario(self) -> str:
        """Return the scenario that plays the measured sizes on the fitted network."""
        return scenario_text(self.fit, self.measured, self.op, self.ranks, self.called)

    def facts(self) -> dict[str, Any]:
        """Return regimes and errors, for programs."""
        size, time, model = self.measured.size, self.measured.time, self.model()
        worst = int(abs(model / time - 1).argmax())
        regimes = []
        for one in self.fit.regimes:
            latency, rate = network_of(one, self.op, self.ranks)
            line = {"base": one.base, "byte_time": one.byte_time}
            known = {"first": one.first, "last": one.last} | line
            regimes.append(known | {"latency": latency / 1e12, "rate": rate})
        return {
            "op": self.op,
            "ranks": self.ranks,
            "regimes": regimes,
            "error": mean_error(time, model),
            "left_out_error": left_out_error(size, time) if len(size) >= _ENOUGH else None,
            "worst": {"size": float(size[worst]), "ratio": float(model[worst] / time[worst])},
        }


def fit_log(log: Path, op: str, ranks: int | None) -> Fitted:
    """Return the network fitted to the measurements in `log`.

    Raises
    ------
    ProblemsFound
        If the file holds none.
    UsageError
        If `op` is no operation with bytes, or nobody says how many ranks took part.
    """
    name = canonical(op)
    if name not in ALGORITHMS:
        hint = did_you_mean(name, ALGORITHMS) or "known: " + ", ".join(sorted(ALGORITHMS))
        raise UsageError(f"--op: no collective named '{op}' has bytes; {hint}")
    measured = read_measured(log)
    count = ranks or measured.ranks
    if count is None or count < 2:
        raise UsageError(f"{log} does not say how many ranks took part: add --ranks N")
    return Fitted(measured, fit(measured.size, measured.time), name, count, log.name)


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
