"""What makes a request impossible: its ends, memories, times, and how it arrives."""

from __future__ import annotations

from itertools import pairwise

from netsim.problems import Problem
from netsim.quantum.decay import PS
from netsim.quantum.schema import QuantumScenario, RequestConfig
from netsim.quantum.shared_links import memories_of_links
from netsim.quantum.star_checks import of_star
from netsim.quantum.wiring import Routers
from netsim.registry import did_you_mean


def of_request(
    scenario: QuantumScenario, routers: Routers, request: RequestConfig
) -> tuple[list[Problem], list[int] | None]:
    """Return what is wrong with one request, with places inside it, and its path."""
    if request.random:
        return _random(scenario, routers, request), None
    if request.star:
        return of_star(scenario, routers, request), None
    found = _ends(scenario, routers, request)
    if found:
        return found, None
    source, target = routers.ends(request)
    path = routers.path(source, target)
    if path is None:
        message = f"no fibres lead from '{routers.names[source]}' to '{routers.names[target]}'"
        return [Problem(message, ("to",), hint="join them in the topology")], None
    if scenario.sharing == "reserved":
        found += _memories(scenario, routers, request, path)
    found += _times(scenario, routers, request, path)
    found += _phases(scenario, routers, request, path)
    return found + _arrivals(routers, request, path), path


def _phases(
    scenario: QuantumScenario, routers: Routers, request: RequestConfig, path: list[int]
) -> list[Problem]:
    """Return why no pair could come to be in a slot; places are of the scenario."""
    phases = scenario.phases
    if phases is None:
        return []
    if request.mode == "one_shot":
        message = "trials begin from idle one after another, and know no slots"
        return [Problem(message, ("mode",), hint="leave 'mode' or 'phases' out")]
    longest = 0
    for one, other in pairwise(path):
        edge = routers.edge(one, other)
        timing = routers.timing(edge, one, other)
        # From idle: the pairing request, the negotiation, the rounds, the herald.
        least = 2 * edge.delay + timing.lead + edge.flight
        least += timing.second if edge.model.rounds == 2 else 0
        longest = max(longest, timing.ideal if edge.ideal else least)
    if phases.external < longest:
        message = f"an attempt on this path takes {longest * PS:g} s, so no slot makes a pair"
        hint = f"external: {longest * PS * 1e3:g} ms or more"
        return [Problem(message, (), hint=hint, also=("phases", "external"))]
    if len(path) > 2:
        hop = min(routers.hops(path))
        least = 3 * hop if scenario.swap.handshake else hop
        if phases.internal < least:
            message = f"a swap on this path takes {least * PS:g} s, so no slot joins two pairs"
            hint = f"internal: {least * PS * 1e3:g} ms or more"
            return [Problem(message, (), hint=hint, also=("phases", "internal"))]
    return []


def _random(scenario: QuantumScenario, routers: Routers, request: RequestConfig) -> list[Problem]:
    """Return what is wrong with requests that a router draws."""
    found = []
    if request.source is not None and request.source not in routers.numbers:
        found += [_unknown(routers, "from", request.source)]
    for key in ("to", "memories", "start", "end", "arrivals"):
        if getattr(request, "target" if key == "to" else key) is not None:
            message = f"random requests draw '{key}' themselves"
            found.append(Problem(message, (key,), hint="leave it out"))
    if request.mode == "one_shot":
        message = "random requests are streams of pairs"
        found.append(Problem(message, ("mode",), hint="leave it out"))
    config = request.application
    few = 1
    for key in ("duration", "fidelity", "memories"):
        low, high = getattr(config, key)
        few = low
        if low > high:
            message = f"the range of {key} ends before it begins"
            found.append(Problem(message, ("application", key), hint="write the least first"))
    if scenario.until is None:
        message = "nothing says when the last random request is made"
        found.append(Problem(message, (), "missing-field", "add 'until: 100 s' to the scenario"))
    alone = [name for at, name in enumerate(routers.names) if not routers.reachable(at)]
    if alone and not found:
        message = f"no fibres lead from '{alone[0]}' to another router"
        found.append(Problem(message, ("application",), hint="join it in the topology"))
    most = max(routers.capacity(at) for at in range(len(routers.names)))
    if few > most:
        message = f"{few} memories are more than any router has: {most}"
        hint = "ask for fewer, or raise memory.count"
        found.append(Problem(message, ("application", "memories"), hint=hint))
    return found


def _arrivals(routers: Routers, request: RequestConfig, path: list[int]) -> list[Problem]:
    """Return what is wrong with requests that arrive, and with deadlines."""
    found = []
    if request.arrivals is not None and request.mode == "one_shot":
        message = "trials do not arrive: each begins when the last is over"
        found.append(Problem(message, ("arrivals",), hint="leave one of the two out"))
    if request.arrivals is not None and request.pairs is None and request.deadline is None:
        message = "nothing says when one of the requests that arrive is served"
        hint = "add 'pairs: 5', or 'deadline: 1 s'"
        found.append(Problem(message, ("arrivals",), "missing-field", hint))
    there = sum(routers.hops(path))
    if request.deadline is not None and request.deadline <= 2 * there:
        message = f"the approval is back after {2 * there * PS:g} s, which is past the deadline"
        hint = f"give a deadline above {2 * there * PS:g} s"
        found.append(Problem(message, ("deadline",), hint=hint))
    return found


def _ends(scenario: QuantumScenario, routers: Routers, request: RequestConfig) -> list[Problem]:
    found = []
    for key, name in (("from", request.source), ("to", request.target)):
        if name is None:
            if scenario.chain is None:
                message = f"'{key}' is missing: which router?"
                hint = f"for example '{key}: {routers.names[0]}'"
                found.append(Problem(message, (), "missing-field", hint))
        elif name not in routers.numbers:
            found.append(_unknown(routers, key, name))
    if not found:
        source = request.source or routers.names[0]
        if source == (request.target or routers.names[-1]):
            message = f"'{source}' cannot share pairs with itself"
            where = ("to",) if request.target is not None else ("from",)
            found.append(Problem(message, where, hint="name two routers"))
    return found


def _unknown(routers: Routers, key: str, name: str) -> Problem:
    near = did_you_mean(name, list(routers.names))
    hint = near or f"known: {', '.join(routers.names[:8])}"
    return Problem(f"no router named '{name}'", (key,), "unknown-name", hint)


def _memories(
    scenario: QuantumScenario, routers: Routers, request: RequestConfig, path: list[int]
) -> list[Problem]:
    wanted = scenario.memories_of(request)
    for position, router in enumerate(path):
        inside = 0 < position < len(path) - 1
        needed = wanted * (2 if inside else 1)
        if needed > routers.capacity(router):
            each = "on each of two sides " if inside else ""
            message = (
                f"{wanted} memories {each}are more than router '{routers.names[router]}' has: "
                f"{routers.capacity(router)}"
            )
            hint = "ask for fewer, or raise memory.count"
            where = ("memories",) if request.memories is not None else ()
            return [Problem(message, where, hint=hint)]
    return []


def _times(
    scenario: QuantumScenario, routers: Routers, request: RequestConfig, path: list[int]
) -> list[Problem]:
    found = []
    known = routers.ways.since(path[0], path[-1])
    there = known + sum(routers.hops(path))
    start = request.start if request.start is not None else known + 2 * (there - known)
    if request.start is not None and start < there:
        message = f"the request is at the responder after {there * PS:g} s only"
        hint = f"start at {there * PS:g} s or later, or leave 'start' out"
        found.append(Problem(message, ("start",), hint=hint))
    end = request.end or scenario.until
    if request.end is not None and request.end <= start:
        message = "the reservation ends before it starts"
        found.append(Problem(message, ("end",), hint=f"end after {start * PS:g} s"))
    elif end is None and request.mode == "stream":
        message = "nothing says when a stream of pairs ends"
        found.append(Problem(message, (), "missing-field", "add 'end: 10 s', or 'until'"))
    elif end is None and request.fidelity > 0.25 and _renews(scenario):
        message = "a trial may go on for ever: pairs that are not good enough are made again"
        hint = "add 'end: 10 s', or 'until', or take any pair: 'fidelity: 0.25'"
        found.append(Problem(message, (), "missing-field", hint))
    elif request.end is None and end is not None and end <= start:
        message = f"the run ends before the request starts, at {start * PS:g} s"
        found.append(Problem(message, (), hint="raise 'until'"))
    return found


def _renews(scenario: QuantumScenario) -> bool:
    """Return whether memories that hold a useless pair get free by themselves."""
    memory = scenario.memory
    expires = memory.cutoff is not None or memory.cutoff_fidelity is not None
    return expires or scenario.purification is not None


def sharing_problems(scenario: QuantumScenario, routers: Routers) -> list[Problem]:
    """Return why links cannot serve several requests at once."""
    if scenario.sharing == "reserved":
        return []
    found = []
    several = isinstance(scenario.request, tuple)
    for number, request in enumerate(scenario.requests):
        at = ("request", number) if several else ("request",)
        for key, stands in (
            ("memories", request.memories is not None),
            ("mode", request.mode == "one_shot"),
        ):
            if stands:
                message = f"where links are shared no request has '{key}' of its own"
                hint = "leave it out, or 'sharing: reserved'"
                found.append(Problem(message, (*at, key), hint=hint, also=("sharing",)))
    if not scenario.swap.handshake:
        message = "without a handshake two routers could give a pair to two requests"
        hint = "leave 'handshake' out, or 'sharing: reserved'"
        found.append(Problem(message, ("swap", "handshake"), hint=hint, also=("sharing",)))
    if scenario.memory.cutoff_by == "end_to_end_age":
        message = "where links are shared a pair that waits has no ends yet"
        hint = "leave 'cutoff_by' out, or 'sharing: reserved'"
        where = ("memory", "cutoff_by")
        found.append(Problem(message, where, hint=hint, also=("sharing",)))
    if scenario.phases is not None:
        message = "slots belong to memories that are reserved"
        found.append(Problem(message, ("phases",), hint="leave it out", also=("sharing",)))
    if found:
        return found
    for (one, other), memories in sorted(memories_of_links(scenario, routers).items()):
        if not memories:
            names = f"'{routers.names[one]}' and '{routers.names[other]}'"
            message = f"no memory is left for the link of {names}"
            return [Problem(message, ("memory", "count"), hint="give one to each link of a router")]
    return []


def standing_problems(scenario: QuantumScenario, routers: Routers) -> list[Problem]:
    """Return why routers cannot make pairs before requests."""
    if not scenario.standing:
        return []
    at = ("generation", "policy")
    taken = "make pairs for nobody yet"
    for wrong, what, key in (
        (scenario.sharing == "statistical", "links that all share already", "sharing"),
        (scenario.phases is not None, "slots, at whose ends all pairs go,", "phases"),
        (scenario.memory.cutoff_by != "local_age", "a pair without ends yet", "memory"),
        (scenario.memory.cutoff_fidelity is not None, "a threshold of fidelity", "memory"),
    ):
        if wrong:
            message = f"{what} cannot be had beside memories that {taken}"
            return [Problem(message, at, hint="leave one of the two out", also=(key,))]
    if any(request.mode == "one_shot" for request in scenario.requests):
        message = f"trials begin from idle, and some memories {taken}"
        return [Problem(message, at, hint="leave one of the two out")]
    for router, name in enumerate(routers.names):
        if routers.capacity(router) < 1:
            message = (
                f"router '{name}' has {routers.whole(router)} memories, none left for requests"
            )
            where = ("generation", "memories")
            return [
                Problem(message, where, hint="fewer than memory.count", also=("memory", "count"))
            ]
    return []
