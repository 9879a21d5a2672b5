"""What of a scenario does not go together where there is a clock, or where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import netsim.delays.process as delays
from netsim.decentralized.clock.message import free_message_size, message_size
from netsim.decentralized.clock.own_links import links_problems
from netsim.decentralized.cost import sizes_of
from netsim.delays.laws.law import LawConfig
from netsim.delays.laws.law import problems as law_problems
from netsim.fabric.schema import NETWORK_TABLES
from netsim.fields import implementation
from netsim.graphs.graph import Graph
from netsim.problems import Problem

if TYPE_CHECKING:
    from netsim.decentralized.schema import DecentralizedScenario

#: Rows of compute times that are looked at beforehand.
_ROWS: Final = 64
#: Most nodes with a radio: their pairs are all looked at, tick by tick.
MOST_IN_THE_AIR: Final = 1000


def timing_problems(
    scenario: DecentralizedScenario, graph: Graph | None, nodes: int
) -> Iterator[Problem]:
    """Yield what is wrong with clock, links, network, and what happens at times."""
    if scenario.timing.mode == "rounds":
        yield from _without_clock(scenario)
    else:
        yield from _about_mode(scenario)
        yield from _about_compute(scenario, nodes)
        yield from _about_disruptions(scenario)
        yield from _about_motion(scenario, graph, nodes)
    yield from _about_links(scenario, graph, nodes)
    yield from _about_network(scenario, nodes)


def _without_clock(scenario: DecentralizedScenario) -> Iterator[Problem]:
    name = scenario.algorithm.kind  # type: ignore[attr-defined]
    if not hasattr(implementation("algorithm", scenario.algorithm), "turn"):
        message = f"'{name}' has no rounds"
        yield Problem(message, ("algorithm",), hint="add timing: {mode: async}", also=("timing",))
    hint = "take timing: {mode: sync_neighbours}, or another mode with a clock"
    blocks: list[tuple[tuple[str | int, ...], str]] = []
    if scenario.until is not None:
        blocks.append((("until",), "have no time to stop at"))
    if scenario.links is not None:
        blocks.append((("links",), "take no time, and links none either"))
    blocks += [
        ((name,), "take no time, so nobody uses energy or moves in them")
        for name in ("energy", "radio", "mobility")
        if getattr(scenario, name) is not None
    ]
    if scenario.network is not None:
        blocks.append((("network",), "take no time, and messages none either"))
    blocks += [
        (("timing", name), f"have no use for '{name}'")
        for name in ("compute", "speed", "message", "timeout")
        if getattr(scenario.timing, name) is not None
    ]
    for entry, config in enumerate(scenario.disruption):
        if config.at.clock:
            name = "time" if config.at.time is not None else "rate"
            blocks.append(
                (("disruption", entry, "at", name), "have no time at which something could happen")
            )
        elif config.kind == "straggler":  # type: ignore[attr-defined]
            blocks.append((("disruption", entry), "know nobody who is slow"))
    for at, what in blocks:
        yield Problem(
            f"rounds without a clock {what}", at, "unsatisfiable", hint, also=("timing", "mode")
        )


def _about_mode(scenario: DecentralizedScenario) -> Iterator[Problem]:
    mode, name = scenario.timing.mode, scenario.algorithm.kind  # type: ignore[attr-defined]
    algorithm = implementation("algorithm", scenario.algorithm)
    in_step = hasattr(algorithm, "sends")
    at = ("timing", "mode")
    code = implementation("compressor", scenario.compressor)
    if getattr(code, "varies", False) and scenario.timing.message is None:
        kind = scenario.compressor.kind  # type: ignore[attr-defined]
        message = (
            f"'{kind}' makes messages as long as what is in them asks, which no clock foresees"
        )
        hint = "give timing.message, or take another compressor"
        yield Problem(message, ("compressor",), "unsatisfiable", hint, also=at)
    if mode == "async":
        message = f"'{name}' is not simulated without rounds"
        if not hasattr(algorithm, "begin"):
            yield Problem(message, at, hint="take gossip, adpsgd, fedbuff or fedasync")
        yield from _about_freedom(scenario)
        return
    if isinstance(scenario.eval.every, float):
        message = "rounds are evaluated after so many of them, not after a time"
        yield Problem(message, ("eval", "every"), "unsatisfiable", "every: 10", also=at)
    if not hasattr(algorithm, "turn"):
        message = f"'{name}' has no rounds"
        yield Problem(message, at, hint="take mode: async", also=("algorithm",))
    elif not in_step:
        message = f"the rounds of '{name}' have no clock"
        yield Problem(message, at, hint="take mode: rounds, or another algorithm")
    if getattr(algorithm, "reliable", False):
        lossy = [("links", "loss")] if _loses(scenario) else []
        if scenario.timing.timeout is not None:
            lossy.append(("timing", "timeout"))
        for where in lossy:
            message = f"'{name}' cannot bear lost messages: copies of a model would differ"
            yield Problem(
                message, where, "unsatisfiable", "take another algorithm, or resend: true"
            )
    if scenario.algorithm.loss_rule == "stale":
        message = "old messages stand in for lost ones only where rounds have no clock"
        at = ("algorithm", "missing")
        yield Problem(message, at, hint="take renormalise or self")


def _loses(scenario: DecentralizedScenario) -> bool:
    """Return whether links lose messages for good."""
    links = scenario.links
    if links is None or links.resend:
        return False
    return links.loss > 0 or any((one.loss or 0) > 0 for one in links.per_arc)


def _about_freedom(scenario: DecentralizedScenario) -> Iterator[Problem]:
    """Yield what makes no sense where nobody waits."""
    if isinstance(scenario.eval.every, int):
        message = "nobody counts rounds where nobody waits"
        hint = "give a time, such as every: 10 s"
        yield Problem(message, ("eval", "every"), "unsatisfiable", hint, also=("timing", "mode"))
    if scenario.timing.timeout is not None:
        message = "where nobody waits nobody waits too long"
        yield Problem(message, ("timing", "timeout"), "unsatisfiable", "leave it out")
    for name in ("attack", "defence", "partners"):
        if getattr(scenario, name, None) is not None:
            message = f"'{name}' is for rounds"
            yield Problem(message, (name,), "unsatisfiable", "take another mode of timing")
    if scenario.aggregate.variance_correction:
        message = "averages are corrected in rounds"
        yield Problem(message, ("aggregate",), "unsatisfiable", "take another mode of timing")
    for entry, config in enumerate(scenario.disruption):
        if config.at.rate is not None and scenario.until is None:
            message = "what happens again and again needs an end"
            at = ("disruption", entry, "at", "rate")
            yield Problem(message, at, "unsatisfiable", "add until, such as until: 10 min")


def _about_compute(scenario: DecentralizedScenario, nodes: int) -> Iterator[Problem]:
    for name in ("compute", "speed"):
        given: Any = getattr(scenario.timing, name)
        if isinstance(given, tuple) and len(given) != nodes:
            message = f"{len(given):,} values for {nodes:,} nodes"
            yield Problem(message, ("timing", name), hint="one for all, or one per node")
    compute = scenario.timing.compute
    if isinstance(compute, delays.DelayConfig):
        yield from delays.problems(compute, _ROWS, nodes, ("timing", "compute"))


def _about_disruptions(scenario: DecentralizedScenario) -> Iterator[Problem]:
    data = scenario.data
    ahead = data is not None and (
        getattr(data, "holders", "all") in ("survivors", "dropped")
        or getattr(data, "victim_share", None) is not None
    )
    for entry, config in enumerate(scenario.disruption):
        at = ("disruption", entry)
        kind = config.kind  # type: ignore[attr-defined]
        chosen = implementation("disruption", config)
        if config.at.clock and not getattr(chosen, "clock", False):
            message = f"'{kind}' happens at rounds"
            yield Problem(message, (*at, "at"), hint="give at: {round: 20}")
        if scenario.timing.mode == "async" and config.at.round is not None:
            message = "nobody counts rounds where nobody waits"
            hint = "give at: {time: 20 s}"
            yield Problem(
                message, (*at, "at", "round"), "unsatisfiable", hint, also=("timing", "mode")
            )
        if kind == "churn" and config.at.clock and scenario.until is None:
            message = "coming and going in time needs an end"
            yield Problem(message, at, "unsatisfiable", "add until, such as until: 10 min")
        drawn = config.at.rate is not None or getattr(chosen, "unknown", False)
        if ahead and drawn:
            message = "who holds data follows from who is hit, which nobody knows beforehand"
            yield Problem(message, at, "unsatisfiable", "let it happen at a time", also=("data",))
        if isinstance(config.recover_after, LawConfig):
            for one in law_problems(config.recover_after):
                yield replace(one, at=(*at, "recover_after", *one.at))


def _about_motion(
    scenario: DecentralizedScenario, graph: Graph | None, nodes: int
) -> Iterator[Problem]:
    energy, drained = scenario.energy, -1
    for entry, config in enumerate(scenario.disruption):
        if config.kind == "battery":  # type: ignore[attr-defined]
            drained = entry
    if drained >= 0 and energy is None:
        message = "nothing says what batteries hold"
        hint = "add energy: {capacity: 10 kJ, idle: 1 W}"
        yield Problem(message, ("disruption", drained), "missing-field", hint)
    if energy is not None and isinstance(energy.capacity, tuple) and len(energy.capacity) != nodes:
        message = f"{len(energy.capacity):,} batteries for {nodes:,} nodes"
        yield Problem(message, ("energy", "capacity"), hint="one for all, or one per node")
    if scenario.radio is None:
        if scenario.mobility is not None:
            message = "nodes that move need a radio, by which it is known who hears whom"
            hint = "add radio: {kind: disc, range: 100 m}"
            yield Problem(message, ("mobility",), "missing-field", hint)
        return
    if graph is not None and graph.x is None:
        message = "nothing says where the nodes are, so nobody is in reach"
        hint = "take a topology with places, such as random_geometric"
        yield Problem(message, ("radio",), "unsatisfiable", hint, also=("topology",))
    if nodes > MOST_IN_THE_AIR:
        message = f"{nodes:,} nodes have more pairs than are looked at over the air"
        hint = f"take at most {MOST_IN_THE_AIR:,} nodes, or links that are there without a radio"
        yield Problem(message, ("radio",), "too-large", hint, also=("nodes",))
    if scenario.mobility is not None:
        kind = implementation("mobility", scenario.mobility)
        for one in getattr(kind, "problems", lambda _: [])(scenario.mobility):
            yield replace(one, at=("mobility", *one.at))
        if scenario.until is None and scenario.timing.mode == "async":
            message = "nodes that move for ever need an end"
            yield Problem(message, ("mobility",), "unsatisfiable", "add until: 10 min")


def _about_links(
    scenario: DecentralizedScenario, graph: Graph | None, nodes: int
) -> Iterator[Problem]:
    links = scenario.links
    if links is None:
        return
    if scenario.network is not None:
        message = "messages go over links or through a network, not both"
        yield Problem(
            message, ("links",), "unsatisfiable", "leave one of the two out", also=("network",)
        )
    pairs = None
    if graph is not None and not hasattr(implementation("algorithm", scenario.algorithm), "server"):
        edges = graph.edges.tolist()
        pairs = {(a, b) for a, b in edges}
        if not graph.directed:
            pairs |= {(b, a) for a, b in edges}
    yield from links_problems(links, nodes, pairs)
    for one in law_problems(links.delay):
        yield replace(one, at=("links", "delay", *one.at))
    if links.resend and links.loss >= 1:
        message = "what is always lost can be sent again for ever"
        yield Problem(message, ("links", "loss"), "out-of-range", "give less than 1")


def _about_network(scenario: DecentralizedScenario, nodes: int) -> Iterator[Problem]:
    network = scenario.network
    if network is None:
        for index, name in enumerate(scenario.record.tables):
            if name in NETWORK_TABLES:
                message = f"table '{name}' is of a network, and there is none"
                at = ("record", "tables", index)
                yield Problem(message, at, hint="add 'network', or leave the table out")
        return
    from netsim.fabric.connect import build_network, largest_transfer
    from netsim.fabric.connect import problems as network_problems

    if found := network_problems(network, scenario.seed):
        yield from (replace(one, at=("network", *one.at)) for one in found)
        return
    hosts = build_network(network).host_count
    if nodes > hosts:
        message = f"{nodes:,} peers need as many hosts, and the network has {hosts:,}"
        yield Problem(
            message, ("network", "topology"), "unsatisfiable", "add hosts", also=("nodes",)
        )
    algorithm = implementation("algorithm", scenario.algorithm)
    parameters, samples, _ = sizes_of(scenario, nodes)
    dtype = np.dtype(np.float64 if not samples else scenario.dtype)
    if scenario.timing.mode == "async":
        size = free_message_size(scenario, parameters, dtype)
    elif hasattr(algorithm, "sends"):
        size = message_size(scenario, parameters, dtype)
    else:
        return
    most = largest_transfer(network)
    if size > most:
        message = f"messages of {size:,} B are too large for one transfer"
        given = scenario.timing.message is not None
        where: tuple[str, ...] = ("timing", "message") if given else ("model",)
        hint = f"at most {most:,} B with this network.packet.payload"
        yield Problem(message, where, "too-large", hint, also=("network",))
