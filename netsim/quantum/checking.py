"""What makes a quantum scenario impossible, and what a user should know of one that is not."""

from __future__ import annotations

import math
from dataclasses import replace

from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.problems import Problem, ProblemsFound
from netsim.quantum.cutoff_checks import of_ages, of_fidelities
from netsim.quantum.decay import PS
from netsim.quantum.equipment import OF_FIBRES, OF_ROUTERS
from netsim.quantum.links.kind import LinkConfig
from netsim.quantum.network_checks import of_network
from netsim.quantum.override_checks import of_overrides
from netsim.quantum.purification.scheme import Circuit, Stage, lucky
from netsim.quantum.request_checks import of_request, sharing_problems, standing_problems
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.states import State
from netsim.quantum.wiring import Routers, blind_for, recovery
from netsim.rng import Streams

#: Fewest pairs that a request should expect for its tables to say anything.
_FEW = 1e-3


def problems(scenario: QuantumScenario) -> list[Problem]:
    """Return what makes the scenario impossible, the parts before what they make up."""
    found = [*_places(scenario), *_memory(scenario), *_swap(scenario), *_samples(scenario)]
    if found:
        return found
    try:
        routers = Routers(scenario, Streams(scenario.seed))
    except ProblemsFound as found_in_a_file:
        return list(found_in_a_file.problems)
    if routers.graph is not None and routers.graph.length is None:
        message = "the routers' graph has no lengths, and light needs to know how far it goes"
        return [Problem(message, ("topology",), "missing-field", "add 'length: 20 km' to it")]
    found += [*_links(scenario), *of_overrides(scenario, routers)]
    if found:
        return found
    if found := of_network(scenario, routers) or standing_problems(scenario, routers):
        return found
    several = isinstance(scenario.request, tuple)
    paths = []
    for number, request in enumerate(scenario.requests):
        at = ("request", number) if several else ("request",)
        wrong, path = of_request(scenario, routers, request)
        found += [replace(one, at=(*at, *one.at)) for one in wrong]
        paths += [path] if path is not None else []
    found = found or sharing_problems(scenario, routers)
    return found + _of_paths(scenario, routers, paths)


def _of_paths(scenario: QuantumScenario, routers: Routers, paths: list[list[int]]) -> list[Problem]:
    """Return what cutoff or order of swaps make impossible on some path, each once."""
    for find in (of_ages, of_fidelities, _order):
        for path in paths:
            if found := find(scenario, routers, path):
                return found
    return []


def _places(scenario: QuantumScenario) -> list[Problem]:
    if scenario.chain is None and scenario.topology is None:
        hint = "for example chain: {routers: 3, segment: 20 km}"
        return [
            Problem(
                "'chain' or 'topology' is missing: where are the routers?",
                (),
                "missing-field",
                hint,
            )
        ]
    if scenario.chain is not None and scenario.topology is not None:
        message = "a topology takes the place of a chain"
        return [Problem(message, ("topology",), hint="remove one of the two")]
    if scenario.topology is None:
        return []
    return graphs.problems(scenario.topology)


def _memory(scenario: QuantumScenario) -> list[Problem]:
    memory = scenario.memory
    found = []
    if abs(sum(memory.errors) - 1) > 1e-9:
        message = f"the shares of X, Y and Z sum to {sum(memory.errors):g}, not to 1"
        found.append(Problem(message, ("memory", "errors"), hint="for example [0, 0, 1]"))
    if memory.coherence is not None and (memory.t1 is not None or memory.t2 is not None):
        message = "'coherence' and t1, t2 both say how a memory decays"
        found.append(Problem(message, ("memory", "coherence"), hint="remove one of them"))
    if memory.cutoff_by == "end_to_end_age" and memory.cutoff is None:
        message = "'cutoff_by' says which age counts, and no age is given"
        hint = "add 'cutoff: 20 ms', or remove it"
        found.append(Problem(message, ("memory", "cutoff_by"), "missing-field", hint))
    if memory.t1 is not None and memory.t2 is None:
        message = "'t1' alone does not say how coherence decays"
        found.append(Problem(message, ("memory", "t1"), "missing-field", "add t2, at most 2 t1"))
    if memory.t1 is not None and memory.t2 is not None and memory.t2 > 2 * memory.t1:
        message = f"T2 = {memory.t2:g} s exceeds 2 T1 = {2 * memory.t1:g} s, which no memory can"
        hint = "lower t2, or raise t1"
        found.append(Problem(message, ("memory", "t2"), hint=hint, also=("memory", "t1")))
    return found


def _samples(scenario: QuantumScenario) -> list[Problem]:
    """Return what keeps memories from being sampled."""
    record = scenario.record
    if "memories" not in record.tables or record.sample_every is not None:
        return []
    message = "nothing says how often table 'memories' looks at them"
    hint = "add 'sample_every: 10 ms' to 'record'"
    return [Problem(message, ("record",), "missing-field", hint)]


def _swap(scenario: QuantumScenario) -> list[Problem]:
    swap = scenario.swap
    if swap.degradation is None:
        return []
    given = [name for name in ("gate_fidelity", "measurement_fidelity") if getattr(swap, name) < 1]
    message = "'degradation' is the simple model, which knows no gate errors"
    hint = "remove 'degradation', or leave it alone"
    return [
        Problem(message, ("swap", "degradation"), hint=hint, also=("swap", name))
        for name in given[:1]
    ]


def _links(scenario: QuantumScenario) -> list[Problem]:
    """Return what is wrong with how neighbours make pairs, in general and between some."""
    found = _link(scenario, scenario.link, ("link",))
    for number, change in enumerate(scenario.overrides):
        if change.link is not None:
            found += _link(scenario, change.link, ("overrides", number, "link"))
    return found


def _link(scenario: QuantumScenario, link: LinkConfig, at: tuple[str | int, ...]) -> list[Problem]:
    found = []
    beam = link.free_space
    if beam is not None and not 0 < beam.elevation <= math.pi / 2:
        message = "a satellite is above the horizon, and at most straight overhead"
        where = (*at, "free_space", "elevation")
        found.append(Problem(message, where, hint="give more than 0 and at most 90 deg"))
    if link.slot is not None and link.slot > recovery(scenario.memory):
        message = "a slot of the channel is longer than a memory needs between two emissions"
        hint = f"at most {recovery(scenario.memory) * PS:g} s with this memory.frequency"
        also = ("memory", "frequency")
        found.append(Problem(message, (*at, "slot"), hint=hint, also=also))
    if link.slot is not None and link.control == "ideal":
        message = "ideal control knows no slots"
        found.append(Problem(message, (*at, "slot"), hint="leave one of the two out"))
    return found


def _order(scenario: QuantumScenario, routers: Routers, path: list[int]) -> list[Problem]:
    find = getattr(implementation("swap", scenario.swap, key="policy"), "problems", None)
    if find is None:
        return []
    return [replace(one, at=("swap", *one.at)) for one in find(scenario.swap, len(path))]


def notes(scenario: QuantumScenario) -> list[str]:
    """Return warnings: targets that cannot be reached, pairs that will not come."""
    routers = Routers(scenario, Streams(scenario.seed))
    said = _of_files(scenario)
    chosen = implementation("link", scenario.link)
    if scenario.detector.dark_count > 0 and not getattr(chosen, "counts_dark", False):
        kind = getattr(scenario.link, "kind", "")
        said.append(f"links of kind '{kind}' take no account of detector.dark_count")
    if scenario.link.engine == "jump" and blind_for(scenario.link, scenario.detector):
        said.append(
            "slots are shorter than a detector's dead time, so that memories blind each other: no "
            "run of attempts can be jumped over, and all are played"
        )
    said += _unequal(scenario, routers)
    for number, request in enumerate(scenario.requests):
        path = routers.way_of(request)
        if path is None:
            continue
        edge = routers.edge(path[0], path[1])
        several = (scenario.memories_of(request)) > 1 and len(path) > 3
        unordered = implementation("swap", scenario.swap, key="policy").ranks(
            scenario.swap, len(path)
        )
        if several and unordered is None and not _expires(scenario, routers, path):
            said.append(
                f"request {number}: swaps in any order with several memories and no memory.cutoff "
                "may come to a halt, when pairs that overlap hold all memories at both ends"
            )
        best = _best(scenario, edge.model.state)
        if request.fidelity > best:
            said.append(
                f"request {number}: no pair of a link reaches fidelity {request.fidelity:g}; the "
                f"best is {best:.6g}"
            )
        end = request.end or scenario.until
        timing = routers.timing(edge, path[0], path[1])
        spacing = timing.ideal if edge.ideal else timing.first
        memories = scenario.memories_of(request)
        if end is not None and edge.model.success * memories * end / max(spacing, 1) < _FEW:
            said.append(
                f"request {number}: an attempt succeeds with chance {edge.model.success:.3g}, so "
                "no pair is to be expected before the end"
            )
    return said


def _unequal(scenario: QuantumScenario, routers: Routers) -> list[str]:
    """Return a warning where pairs must be equally good and none ever are."""
    block = scenario.purification
    if block is None or block.tolerance > 1e-6:
        return []
    counts = implementation("purification", block, key="scheme").fits is not Circuit.fits
    if counts or all(routers.equipment.decay(at).none for at in range(len(routers.names))):
        return []
    return [
        "pairs that decayed for different times are not purified with each other: raise "
        "purification.tolerance, or take a scheme that counts rounds, as recurrence does"
    ]


def _expires(scenario: QuantumScenario, routers: Routers, path: list[int]) -> bool:
    """Return whether every router of a path gives its pairs up in the end."""
    if scenario.memory.cutoff_fidelity is not None:
        return True
    return all(routers.equipment.memory(router).cutoff is not None for router in path)


def _of_files(scenario: QuantumScenario) -> list[str]:
    """Return what is not read of the routers' graph; its list of delays is, where it is named."""
    if scenario.topology is None:
        return []
    said = graphs.notes(scenario.topology, (*OF_ROUTERS,), (*OF_FIBRES,))
    named, file = scenario.classical.file, getattr(scenario.topology, "file", None)
    if named is not None and file is not None and named.path == file.path:
        said = [one for one in said if not one.endswith("of the file delays")]
    return said


def _best(scenario: QuantumScenario, raw: State) -> float:
    """Return the best fidelity of a link's pair, purified as often as it gains anything."""
    purification, swap = scenario.purification, scenario.swap
    if purification is None:
        return raw[0]
    scheme = implementation("purification", purification, key="scheme")
    fresh = raw, Stage()
    mu = swap.measurement_fidelity
    noise = swap.gate_fidelity**2, mu * mu + (1 - mu) * (1 - mu)
    found = [state[0] for state in lucky(scheme, purification, fresh, fresh, *noise)]
    return max(raw[0], *found)
