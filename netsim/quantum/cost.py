"""What a quantum scenario will cost: pairs that its links can make, as rows and as work."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from netsim.estimate import Estimate
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

#: CPU seconds for a link's pair with all that becomes of it, and for an attempt that is played.
_PAIR: Final = 15e-6
_ATTEMPT: Final = 10e-6


def estimate_pairs(scenario: QuantumScenario) -> Estimate:
    """Return the most pairs that the requests' links can make, as if nobody ever waited."""
    routers = Routers(scenario, Streams(scenario.seed))
    made = attempts = trials = 0.0
    for request in scenario.requests:
        path = routers.way_of(request)
        if path is None:
            continue
        memories = scenario.memories_of(request)
        end = request.end or scenario.until
        for one, other in pairwise(path):
            edge = routers.edge(one, other)
            timing = routers.timing(edge, one, other)
            ideal = edge.ideal
            spacing = max(1, timing.ideal if ideal else timing.first)
            tried = memories * end / spacing if end is not None else 0.0
            if request.mode == "one_shot":
                each = request.trials / max(edge.model.success, 1e-12)
                tried = min(tried, each) if end is not None else each
            attempts += tried
            made += tried * edge.model.success
        trials += request.trials if request.mode == "one_shot" else 0
    whole = scenario.record.pairs == "all"
    played = scenario.link.engine == "attempt"
    samples = 0.0
    if scenario.record.sample_every is not None and "memories" in scenario.record.tables:
        samples = max(
            (request.end or scenario.until or 0) / scenario.record.sample_every
            for request in scenario.requests
        )
    return Estimate(
        samples=samples,
        rows=2 * made if whole else max(trials, made / max(1, len(routers.names) - 1)),
        seconds=_ATTEMPT * attempts if played else _PAIR * made,
    )
