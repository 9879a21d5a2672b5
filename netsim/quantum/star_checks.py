"""What makes a request for GHZ states impossible."""

from __future__ import annotations

from netsim.problems import Problem
from netsim.quantum.decay import PS
from netsim.quantum.schema import QuantumScenario, RequestConfig
from netsim.quantum.wiring import Routers
from netsim.registry import did_you_mean


def of_star(scenario: QuantumScenario, routers: Routers, request: RequestConfig) -> list[Problem]:
    """Return what is wrong with one request, with places inside it."""
    found = _names(routers, request)
    if found:
        return found
    found = _ways(scenario, request)
    centre, leaves = routers.star(request)
    strange = [routers.names[one] for one in leaves if one not in routers.ways.beside[centre]]
    if strange:
        message = f"no fibre joins '{routers.names[centre]}' and '{strange[0]}'"
        near = ", ".join(routers.names[one] for one in sorted(routers.ways.beside[centre])[:4])
        hint = f"known: {near}"
        found.append(Problem(message, ("application", "leaves"), "unknown-name", hint))
    elif len(set(leaves)) < max(2, len(leaves)):
        message = f"a GHZ state needs two different neighbours of '{routers.names[centre]}'"
        found.append(Problem(message, ("application",), hint="name others, or another router"))
    else:
        found += _memories(routers, request, centre, leaves)
        found += _times(scenario, routers, request, centre, leaves)
    return found


def _names(routers: Routers, request: RequestConfig) -> list[Problem]:
    found = []
    named = [(("from",), request.source)] if request.source is not None else []
    leaves = getattr(request.application, "leaves", ())
    for where, name in [*named, *((("application", "leaves"), leaf) for leaf in leaves)]:
        if name not in routers.numbers:
            hint = did_you_mean(name, list(routers.names))
            hint = hint or f"known: {', '.join(routers.names[:8])}"
            found.append(Problem(f"no router named '{name}'", where, "unknown-name", hint))
    return found


def _ways(scenario: QuantumScenario, request: RequestConfig) -> list[Problem]:
    """Return what does not go together with a star."""
    found = []
    if request.target is not None:
        message = "a star has a router, 'from', and its neighbours"
        hint = "name these as 'application: {kind: ghz, leaves: [...]}'"
        found.append(Problem(message, ("to",), hint=hint))
    for key, wrong in (("mode", request.mode == "one_shot"), ("arrivals", request.arrivals)):
        if wrong:
            message = "GHZ states come in one stream from the start on"
            found.append(Problem(message, (key,), hint="leave it out"))
    unknown = {
        "purification": scenario.purification is not None,
        "sharing": scenario.sharing == "statistical",
        "phases": scenario.phases is not None,
    }
    for key, wrong in unknown.items():
        if wrong:
            message = f"a star knows no '{key}'"
            found.append(Problem(message, ("application",), hint=f"leave '{key}' out"))
    if scenario.standing:
        message = "a star makes its pairs on request, and 'generation' makes some before"
        hint = "leave 'generation' out, or take 'policy: on_request'"
        also = ("generation", "policy")
        found.append(Problem(message, ("application",), hint=hint, also=also))
    return found


def _memories(
    routers: Routers, request: RequestConfig, centre: int, leaves: list[int]
) -> list[Problem]:
    wanted = routers.star_memories(request, centre, len(leaves))
    for router, needed in ((centre, wanted * len(leaves)), *((leaf, wanted) for leaf in leaves)):
        if needed > routers.capacity(router):
            message = (
                f"{needed} memories for a star are more than router '{routers.names[router]}' "
                f"has: {routers.capacity(router)}"
            )
            where = ("memories",) if request.memories is not None else ()
            hint = "ask for fewer, or raise memory.count"
            return [Problem(message, where, hint=hint)]
    return []


def _times(
    scenario: QuantumScenario,
    routers: Routers,
    request: RequestConfig,
    centre: int,
    leaves: list[int],
) -> list[Problem]:
    back = 2 * max(routers.edge(centre, leaf).delay for leaf in leaves)
    start = request.start if request.start is not None else back
    ends = [time for time in (request.end, scenario.until) if time is not None]
    if request.start is not None and request.start < back:
        message = f"the leaves' answers are back after {back * PS:g} s only"
        hint = f"start at {back * PS:g} s or later, or leave 'start' out"
        return [Problem(message, ("start",), hint=hint)]
    if not ends:
        message = "nothing says when a stream of states ends"
        return [Problem(message, (), "missing-field", "add 'end: 10 s', or 'until'")]
    if min(ends) <= start:
        message = "the reservation ends before it starts"
        return [Problem(message, ("end",), hint=f"end after {start * PS:g} s")]
    return []
