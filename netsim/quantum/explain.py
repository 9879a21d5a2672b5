"""What `netsim describe FILE` says of a quantum scenario: odds, times and bounds by link."""

from __future__ import annotations

from itertools import pairwise

from netsim.quantum.bounds import plob, transmissivity
from netsim.quantum.decay import PS
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.wiring import Edge, Routers
from netsim.rng import Streams


def explained(scenario: QuantumScenario) -> list[str]:
    """Return a few lines for each request's path, with its first link in full."""
    routers = Routers(scenario, Streams(scenario.seed))
    fibre = scenario.chain or scenario.fibre
    lines: list[str] = []
    for number, request in enumerate(scenario.requests[:8]):
        path = routers.way_of(request)
        if path is None:
            continue
        edge = routers.edge(path[0], path[1])
        timing = routers.timing(edge, path[0], path[1])
        model = edge.model
        memories = scenario.memories_of(request)
        length = sum(routers.length(a, b) for a, b in pairwise(path))
        lines.append(
            f"request {number}: {routers.names[path[0]]} to {routers.names[path[-1]]}, "
            f"{len(path) - 1} links, {length / 1000:g} km"
        )
        lines.append(
            f"  first link: eta = {edge.hardware.arms[0]:.6g} an arm, p = {model.success:.6g} an "
            f"attempt, second rounds after failures {model.second:.6g}, F = {model.state[0]:.6g}"
        )
        lines.append(f"  {_times(timing.first, timing.second, timing.ideal, edge)}")
        bound = routers.bound(path, memories)
        whole = plob(transmissivity(length, fibre.attenuation))
        rest = f"; undivided fibre {whole:.6g} bit a mode" if edge.link.free_space is None else ""
        lines.append(f"  bounds: {bound:.6g} bit/s over its stations{rest}")
    return lines


def _times(first: int, second: int, ideal: int, edge: Edge) -> str:
    model = edge.model
    if edge.ideal:
        mean = ideal * PS / model.success if model.success else float("inf")
        return f"an attempt takes {ideal * PS:.6g} s, E[T] = {mean:.6g} s with one memory"
    begun = model.success + (1 - model.success) * model.second if model.rounds == 2 else 0.0
    mean = (first + begun * second) * PS / model.success if model.success else float("inf")
    return (
        f"S1 = {first * PS:.6g} s, S2 = {second * PS:.6g} s, E[T] = {mean:.6g} s a pair with one "
        "memory"
    )
