"""What a quantum scenario will cost: pairs that its links can make, as rows and as work."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from netsim.estimate import Estimate
from netsim.fields import implementation
from netsim.quantum.schema import QuantumScenario, RequestConfig
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

#: CPU seconds for a link's pair with all that becomes of it, event by event and in a stream that is
#: played at once, and for an attempt that is played.
_PAIR: Final = 15e-6
_STREAMED: Final = 1.5e-6
_ATTEMPT: Final = 10e-6


def estimate_pairs(scenario: QuantumScenario) -> Estimate:
    """Return the most pairs that the requests' links can make, as if nobody ever waited."""
    routers = Routers(scenario, Streams(scenario.seed))
    made = attempts = trials = 0.0
    for request in scenario.requests:
        links, memories = _links(scenario, routers, request)
        end = request.end or scenario.until
        for one, other in links:
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
        seconds=_ATTEMPT * attempts
        if played
        else made * (_STREAMED if _plain(scenario, routers) else _PAIR),
    )


def _links(
    scenario: QuantumScenario, routers: Routers, request: RequestConfig
) -> tuple[list[tuple[int, int]], int]:
    """Return the links that make pairs for a request, and how many memories each has for it."""
    if request.star:
        centre, leaves = routers.star(request)
        ends = [(centre, leaf) for leaf in leaves]
        return ends, routers.star_memories(request, centre, len(leaves))
    path = routers.way_of(request) or []
    return list(pairwise(path)), scenario.memories_of(request)


def _plain(scenario: QuantumScenario, routers: Routers) -> bool:
    """Return whether a scenario is one stream that nothing can come between."""
    request, memory, link = scenario.requests[0], scenario.memory, scenario.link
    path = routers.way_of(request)
    if path is None:
        return False
    policy = implementation("swap", scenario.swap, key="policy")
    unordered = policy.ranks(scenario.swap, len(path)) is None
    others = (
        len(scenario.requests) > 1
        or request.random
        or request.arrivals is not None
        or request.mode == "one_shot"
    )
    interrupted = (
        scenario.purification is not None
        or scenario.phases is not None
        or scenario.network is not None
        or scenario.sharing != "reserved"
        or scenario.standing > 0
        or memory.cutoff is not None
        or memory.cutoff_fidelity is not None
    )
    other_links = link.slot is not None or link.control == "ideal"
    return not (unordered or others or interrupted or other_links)
