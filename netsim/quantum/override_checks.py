"""What makes an override impossible: nobody whom it names, nothing that it changes."""

from __future__ import annotations

from netsim.problems import Problem
from netsim.quantum.changes import Override
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.wiring import Routers
from netsim.registry import did_you_mean

_OF_LINKS = ("detector", "attenuation", "raw_fidelity", "link")


def of_overrides(scenario: QuantumScenario, routers: Routers) -> list[Problem]:
    """Return what is wrong with the overrides of a scenario."""
    found = []
    for number, change in enumerate(scenario.overrides):
        at: tuple[str | int, ...] = ("overrides", number)
        if (change.router is None) == (change.between is None):
            message = "an override names a router, or the two ends of a link"
            hint = "'router: r1', or 'between: r0-r1'"
            found.append(Problem(message, at, "missing-field", hint))
        elif change.router is not None:
            found += _of_router(routers, change, at)
        else:
            found += _of_link(routers, change, at)
    return found


def _of_router(routers: Routers, change: Override, at: tuple[str | int, ...]) -> list[Problem]:
    if change.router not in routers.numbers:
        hint = did_you_mean(change.router or "", list(routers.names))
        hint = hint or f"known: {', '.join(routers.names[:8])}"
        message = f"no router named '{change.router}'"
        return [Problem(message, (*at, "router"), "unknown-name", hint)]
    strange = [name for name in _OF_LINKS if getattr(change, name) is not None]
    if strange:
        message = f"'{strange[0]}' is of a link, not of a router"
        return [Problem(message, (*at, strange[0]), hint="name the link: 'between: r0-r1'")]
    if not change.memory.given:
        message = "this override changes nothing"
        return [Problem(message, at, "missing-field", "for example 'memory: {count: 4}'")]
    memory = routers.equipment.memory(routers.numbers[change.router])
    if memory.t1 is not None and memory.t2 is None:
        message = "'t1' alone does not say how coherence decays"
        return [Problem(message, (*at, "memory"), "missing-field", "add t2, at most 2 t1")]
    if memory.t1 is not None and memory.t2 is not None and memory.t2 > 2 * memory.t1:
        message = f"T2 = {memory.t2:g} s exceeds 2 T1 = {2 * memory.t1:g} s, which no memory can"
        return [Problem(message, (*at, "memory"), hint="lower t2, or raise t1")]
    return []


def _of_link(routers: Routers, change: Override, at: tuple[str | int, ...]) -> list[Problem]:
    ends = change.ends(routers.names)
    if ends is None:
        message = f"'{change.between}' names no two routers"
        hint = f"for example 'between: {routers.names[0]}-{routers.names[1]}'"
        return [Problem(message, (*at, "between"), "unknown-name", hint)]
    one, other = (routers.numbers[name] for name in ends)
    if other not in routers.ways.beside[one]:
        message = f"no fibre joins '{ends[0]}' and '{ends[1]}'"
        near = ", ".join(f"{ends[0]}-{routers.names[at]}" for at in routers.ways.beside[one][:4])
        hint = f"known: {near}" if near else "name two neighbours"
        return [Problem(message, (*at, "between"), "unknown-name", hint)]
    if change.memory.given:
        message = "'memory' is of a router, not of a link"
        return [Problem(message, (*at, "memory"), hint="name the router: 'router: r1'")]
    if all(getattr(change, name) is None for name in _OF_LINKS):
        message = "this override changes nothing"
        hint = "for example 'attenuation: 0.3 dB/km'"
        return [Problem(message, at, "missing-field", hint)]
    return []
