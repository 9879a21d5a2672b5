"""Flows as columns: who sends how many bytes to whom, and from when on.

The position of a flow is its index, which decides ties and draws and is the number in table
`flows`. Traffic patterns and flow files make `Flows`; explicit paths (a spine, or the nodes on
the way) come with them and are turned into links here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.problems import Problem, ProblemsFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netsim.topology.network import Network

#: Most flows of one run: a packet carries its flow's index in 28 bits.
MOST_FLOWS: Final = 2**28 - 1
#: Latest start (ps): half of the clock's 106 days, so that what follows a start has a time as well.
LATEST: Final = 2**62 - 1
_DAY: Final = 86_400 * 10**12
#: Most problems of one traffic block that are reported.
_MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Columns with one entry per flow.

    Parameters
    ----------
    src, dst
        Host numbers.
    size
        Bytes of payload.
    start
        Picoseconds at which the sender may begin.
    spine
        Number of the spine to go through, -1 where none is given; None if no flow names one.
    path
        Names of the nodes on the way, hosts at both ends included, empty where none is given;
        None if no flow names one. ``#k`` behind a name is the parallel link into that node.
    """

    src: NDArray[np.int64]
    dst: NDArray[np.int64]
    size: NDArray[np.int64]
    start: NDArray[np.int64]
    spine: NDArray[np.int64] | None = None
    path: tuple[tuple[str, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.src)

    @property
    def with_path(self) -> NDArray[np.bool_]:
        """For each flow whether it names its spine or its path."""
        named = np.zeros(len(self), np.bool_)
        if self.spine is not None:
            named |= self.spine >= 0
        if self.path is not None:
            named |= np.array([bool(nodes) for nodes in self.path], np.bool_)
        return named


def concatenate(parts: Sequence[Flows]) -> Flows:
    """Return the flows of all `parts`, one after another.

    Raises
    ------
    ProblemsFound
        If there are more than `MOST_FLOWS`.
    """
    total = sum(len(part) for part in parts)
    if total > MOST_FLOWS:
        raise ProblemsFound(too_many(total))
    spine = path = None
    if any(part.spine is not None for part in parts):
        none = [
            np.full(len(part), -1, np.int64) if part.spine is None else part.spine for part in parts
        ]
        spine = np.concatenate(none)
    if any(part.path is not None for part in parts):
        path = tuple(nodes for part in parts for nodes in (part.path or ((),) * len(part)))
    empty = np.zeros(0, np.int64)

    def joined(name: str) -> NDArray[np.int64]:
        return np.concatenate([empty, *(getattr(part, name) for part in parts)])

    return Flows(joined("src"), joined("dst"), joined("size"), joined("start"), spine, path)


def too_many(count: int, at: tuple[str | int, ...] = ()) -> Problem:
    """Return the problem that `count` flows are more than can be numbered."""
    hint = f"at most {MOST_FLOWS:,} flows fit into one run"
    return Problem(f"{count:,} flows are too many", at=at, code="out-of-range", hint=hint)


def too_late(**parts: int) -> list[Problem]:
    """Return the problem that flows start beyond `LATEST`, if some do.

    Parameters
    ----------
    parts
        By field of the traffic block, how much it adds (ps) to the start of the last flow; the
        field that adds most is blamed.
    """
    last = sum(parts.values())
    if last <= LATEST:
        return []
    most = max(parts, key=lambda name: parts[name])
    message = f"the last flow would start after {last / _DAY:.4g} days"
    hint = f"flows start within {LATEST / _DAY:.4g} days; '{most}' makes {parts[most] / _DAY:.4g}"
    return [Problem(message, (most,), "out-of-range", hint)]


def links_on_the_way(flows: Flows, network: Network) -> list[tuple[int, ...]]:
    """Return for every flow the links from host to host that its spine or path names.

    A flow within one leaf that names no path goes through the leaf alone. Where several links join
    two nodes, the first that works is taken unless the path names another.

    Raises
    ------
    ProblemsFound
        If a flow names neither, or names one that is not there.
    """
    known: dict[tuple[object, ...], tuple[int, ...]] = {}
    found = []
    for flow, (src, dst) in enumerate(zip(flows.src.tolist(), flows.dst.tolist(), strict=True)):
        nodes = flows.path[flow] if flows.path is not None else ()
        spine = int(flows.spine[flow]) if flows.spine is not None else -1
        key = (src, dst, nodes or spine)
        if key not in known:
            if not nodes:
                nodes = spine_path(network, src, dst, spine)
            known[key] = follow(network, nodes)
        found.append(known[key])
    return found


def spine_path(network: Network, src: int, dst: int, spine: int) -> tuple[str, ...]:
    """Return the nodes from host `src` to host `dst` through spine number `spine`.

    Raises
    ------
    ProblemsFound
        If the network has no such spine.
    """
    first, last = (int(network.leaf_of_host[host]) for host in (src, dst))
    if first == last and spine < 0:
        pass
    elif network.spines is None or not 0 <= spine < network.spines:
        if spine < 0:
            message, hint = "a flow names neither spine nor path", "add a column 'spine' or 'path'"
        elif network.spines is None:
            message = "a spine is named, but the topology is not a leaf-spine"
            hint = "name the nodes instead, in column 'path'"
        else:
            message, hint = f"no spine {spine}", f"spines are 0 to {network.spines - 1}"
        raise ProblemsFound(Problem(message, code="unknown-name", hint=hint))
    middle = () if first == last else (network.switches[(network.leaves or 0) + spine],)
    edge = [network.switches[int(network.leaf_switches[leaf])] for leaf in (first, last)]
    ends = (edge[0],) if first == last else (edge[0], *middle, edge[1])
    return (network.hosts[src], *ends, network.hosts[dst])


def follow(network: Network, nodes: tuple[str, ...]) -> tuple[int, ...]:
    """Return the links that lead along `nodes`, by the parallel link where one is named.

    Raises
    ------
    ProblemsFound
        If a node or a parallel link is unknown, or two nodes that follow each other are not joined
        by a working link.
    """
    links = []
    for (source, _), (target, index) in pairwise(parallel(name) for name in nodes):
        joined = network.between(network.node(source), network.node(target))
        if index is not None and joined and index >= len(joined):
            hint = f"{source}->{target} has {len(joined)} links, #0 to #{len(joined) - 1}"
            message = f"no link {source}->{target}#{index}"
            raise ProblemsFound(Problem(message, code="unknown-name", hint=hint))
        chosen = joined if index is None else joined[index : index + 1]
        working = [link for link in chosen if network.link_up[link]]
        if not working:
            what = "is down" if chosen else "does not exist"
            name = f"{source}->{target}" + (f"#{index}" if index is not None else "")
            hint = _ways(network, source)
            raise ProblemsFound(Problem(f"link {name} {what}", code="unknown-name", hint=hint))
        links.append(working[0])
    return tuple(links)


def parallel(name: str) -> tuple[str, int | None]:
    """Return the node that `name` stands for, and which of the parallel links into it, or None.

    Raises
    ------
    ProblemsFound
        If what is behind ``#`` is no number.
    """
    if "#" not in name:
        return name, None
    node, _, index = name.rpartition("#")
    node, index = node.strip(), index.strip()
    if not (index.isascii() and index.isdigit() and len(index) < 6):
        hint = "'#1' behind a node is the second of the parallel links into it"
        message = f"'#{index[:20]}' names no parallel link"
        raise ProblemsFound(Problem(message, code="bad-value", hint=hint))
    return node, int(index)


def _ways(network: Network, source: str) -> str:
    out = np.flatnonzero((network.link_source == network.node(source)) & network.link_up)
    names = list(dict.fromkeys(network.nodes[node] for node in network.link_target[out].tolist()))
    return f"working links lead from {source} to {', '.join(names[:6])}" + (
        ", ..." if len(names) > 6 else ""
    )


def without_path(flows: Flows, network: Network) -> list[Problem]:
    """Return the problem that some flows name no path and could take several, if there are any."""
    leaf = network.leaf_of_host
    missing = np.flatnonzero(~flows.with_path & (leaf[flows.src] != leaf[flows.dst]))
    if not len(missing):
        return []
    hint = "add a column 'spine' or 'path' to a flow file, or choose another policy"
    policy = ("routing", "policy")
    if len(missing) == len(flows):
        return [Problem("policy 'single' needs a path for each flow", hint=hint, also=policy)]
    first = int(missing[0])
    message = (
        f"policy 'single' needs a path for each flow; flow {first} of these, "
        f"from {network.hosts[int(flows.src[first])]} to {network.hosts[int(flows.dst[first])]}, "
        "names none"
    )
    if len(missing) > 1:
        message += f", nor do {len(missing) - 1} more"
    return [Problem(message, hint="fill its cell in column 'spine' or 'path'", also=policy)]


def finds_ways(network: Network, *, answers: bool) -> bool:
    """Return whether packets get from any host to any other, and `answers` back."""
    edges = network.link_up[network.host_uplink] & network.link_up[network.host_downlink]
    return bool(edges.all()) and network.joined and not (answers and _one_way(network))


def unreachable(flows: Flows, network: Network) -> list[Problem]:
    """Return a problem for each pair of leaves, at most five, that flows need and no path joins."""
    problems = []
    for flow in _cut_off(flows.src, flows.dst, network):
        message = f"flow {flow} needs a path {_ends(flows, flow, network)}"
        hint = "mend the topology, or leave the flow away"
        problems.append(Problem(f"{message}, and no working links join them", hint=hint))
    return problems


def unanswered(flows: Flows, network: Network, *, named: bool) -> list[Problem]:
    """Return what keeps acknowledgements from their way back, at most five problems.

    They travel over any equal path, or, where the flows' paths are `named`, back along the path:
    on the same cable, or another one of its bundle.
    """
    one_way = _one_way(network)
    if not one_way:
        return []
    hint = "mend the topology, or take a transport that needs no acknowledgements: open_loop"
    problems = []
    if not named:
        for flow in _cut_off(flows.dst, flows.src, network):
            message = f"flow {flow} {_ends(flows, flow, network)} gets no acknowledgements"
            problems.append(Problem(f"{message}: no working links lead back", hint=hint))
        return problems
    for flow, path in enumerate(links_on_the_way(flows, network)):
        for link in sorted(one_way.intersection(path)):
            one_way.discard(link)
            message = f"flow {flow} {_ends(flows, flow, network)} gets no acknowledgements"
            source, target = network.link_source[link], network.link_target[link]
            way = f"{network.nodes[target]}->{network.nodes[source]}"
            problems.append(Problem(f"{message}: no link {way} works", hint=hint))
    return problems[:_MOST_PROBLEMS]


def _one_way(network: Network) -> set[int]:
    """Return the working links between whose ends none works in the other direction."""
    source, target = network.link_source, network.link_target
    count = len(network.nodes)
    # Found by bisection: `np.isin` would load masked arrays, which cost more than all the rest.
    working, back = np.sort((source * count + target)[network.link_up]), target * count + source
    left, right = (np.searchsorted(working, back, side) for side in ("left", "right"))
    return set(np.flatnonzero(network.link_up & (left == right)).tolist())


def _ends(flows: Flows, flow: int, network: Network) -> str:
    """Return the hosts of `flow` in words."""
    return f"from {network.hosts[int(flows.src[flow])]} to {network.hosts[int(flows.dst[flow])]}"


def _cut_off(src: NDArray[np.int64], dst: NDArray[np.int64], network: Network) -> list[int]:
    """Return the first flow, by number, of each pair of leaves that no path joins; at most five."""
    leaf, count = network.leaf_of_host, len(network.leaf_switches)
    # Which NICs flows will take is not known here; of each host the first one stands for all.
    first = network.first_nic
    cut = np.flatnonzero(~joined(first[src], first[dst], network))
    if not cut.size:
        return []
    _, first = np.unique(leaf[src[cut]] * count + leaf[dst[cut]], return_index=True)
    return [int(flow) for flow in cut[np.sort(first)][:_MOST_PROBLEMS]]


def joined(src: NDArray[np.int64], dst: NDArray[np.int64], network: Network) -> NDArray[np.bool_]:
    """Return for each pair of NICs whether working links lead from `src` to `dst`."""
    leaf = network.leaf_of_nic
    up = network.link_up[network.host_uplink[src]] & network.link_up[network.host_downlink[dst]]
    return up & _joined(leaf[src], leaf[dst], network)


def _joined(
    source: NDArray[np.int64], target: NDArray[np.int64], network: Network
) -> NDArray[np.bool_]:
    """Return for each pair of leaves whether working links lead from `source` to `target`."""
    joined = np.ones(len(source), np.bool_)
    if network.joined:
        return joined
    for leaf in np.flatnonzero(np.bincount(target)).tolist():
        flows = np.flatnonzero(target == leaf)
        away = network.hops_to(leaf)[network.leaf_switches[source[flows]]]
        joined[flows] = away <= len(network.switches)
    return joined
