"""Hosts, switches and links of a file, checked, and put together to a `Network`.

A node's `kind` and `latency`, a link's `rate` and `delay` are read; whatever else the file says of
them is of other tools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from netsim import units
from netsim.datafiles.graph_file import FileEdge, FileNode, GraphFile
from netsim.findings import Findings
from netsim.topology.network import Network

#: What is read of nodes and of edges.
NODE_FIELDS: Final = ("kind", "latency")
LINK_FIELDS: Final = ("rate", "delay")
_RESERVED: Final = frozenset(">#,")
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Node:
    """A host or a switch."""

    name: str
    kind: str
    latency: int
    line: int


@dataclass(frozen=True, slots=True)
class Cable:
    """A link, in both directions or from `a` to `b`."""

    a: str
    b: str
    rate: int
    delay: int
    both: bool
    line: int


def build(graph: GraphFile) -> Network:
    """Return the network of a file, each direction of a link one after the other.

    Raises
    ------
    ProblemsFound
        If a node or link is none of a network, or a host has not exactly one link, to a switch and
        back.
    """
    findings = Findings(graph.path)
    nodes = _nodes(graph, findings)
    cables = _cables(graph, findings)
    findings.raise_any()
    hosts = [node for node in nodes if node.kind == "host"]
    switches = [node for node in nodes if node.kind == "switch"]
    number = {node.name: index for index, node in enumerate(hosts + switches)}
    ends: list[tuple[int, int, int, int]] = []
    for cable in cables:
        a, b = number[cable.a], number[cable.b]
        ends.append((a, b, cable.rate, cable.delay))
        if cable.both:
            ends.append((b, a, cable.rate, cable.delay))
    _check_hosts(findings, hosts, ends)
    source, target, rate, delay = np.array(ends, np.int64).reshape(-1, 4).T.copy()
    return Network(
        hosts=tuple(node.name for node in hosts),
        switches=tuple(node.name for node in switches),
        link_source=source,
        link_target=target,
        link_rate=rate,
        link_delay=delay,
        link_up=np.ones(len(ends), np.bool_),
        switch_latency=np.array([node.latency for node in switches], np.int64),
        kind="file",
    )


def _nodes(graph: GraphFile, findings: Findings) -> list[Node]:
    rows = list(graph.nodes.values())
    _check_given(rows, "node", "kind", "host or switch", findings)
    return [_node(row, findings) for row in rows if "kind" in row.attributes]


def _node(row: FileNode, findings: Findings) -> Node:
    name, kind = row.name, row.attributes["kind"]
    if len(name) > _LONGEST_NAME or _RESERVED & set(name):
        message = f"'{name[:40]}' cannot name a node"
        hint = f"up to {_LONGEST_NAME} letters, none of > # ,"
        findings.add(message, hint, line=row.line)
    if kind not in ("host", "switch"):
        message = f"'{str(kind)[:40]}' is no kind of node"
        findings.add(message, "host or switch", line=row.line)
    latency = _quantity(row, "latency", "0 ps", "time", findings)
    if kind == "host" and latency:
        findings.add("a host has no latency", "give it to the switch", line=row.line)
    return Node(name, str(kind), latency, row.line)


def _cables(graph: GraphFile, findings: Findings) -> list[Cable]:
    _check_given(graph.edges, "link", "rate", "'100 Gbps'", findings)
    _check_given(graph.edges, "link", "delay", "'1 us'", findings)
    whole = [row for row in graph.edges if all(name in row.attributes for name in LINK_FIELDS)]
    return [_cable(row, findings) for row in whole]


def _cable(row: FileEdge, findings: Findings) -> Cable:
    if row.a == row.b:
        findings.add(f"a link joins '{row.a}' to itself", "name two nodes", line=row.line)
    before = findings.count
    rate = _quantity(row, "rate", "", "rate", findings)
    delay = _quantity(row, "delay", "", "time", findings)
    if rate == 0 and findings.count == before:
        message = "a rate must be positive"
        findings.add(message, "'100 Gbps'", line=row.line, code="out-of-range")
    return Cable(row.a, row.b, rate, delay, row.both, row.line)


def _check_given(
    rows: Sequence[FileNode | FileEdge], what: str, name: str, form: str, findings: Findings
) -> None:
    """Report the rows that lack the attribute `name`: in one line where all of them do."""
    lacking = [row for row in rows if name not in row.attributes]
    code = "missing-field"
    if len(lacking) > 1 and len(lacking) == len(rows):
        message = f"none of the {len(rows)} {what}s has '{name}'"
        hint = f"give each {what} the attribute '{name}': {form}"
        findings.add(message, hint, line=lacking[0].line, code=code)
        return
    for row in lacking:
        message = f"'{name}' of this {what} is missing"
        hint = f"a {what} needs '{name}': {form}"
        findings.add(message, hint, line=row.line, code=code)


def _quantity(
    row: FileNode | FileEdge, name: str, default: str, dimension: str, findings: Findings
) -> int:
    value: Any = row.attributes.get(name, default)
    wanted = units.DIMENSIONS[dimension]
    try:
        number = int(units.parse(str(value), dimension))
    except units.UnitError as bad:
        findings.add(str(bad), bad.hint, line=row.line, code="bad-unit")
        return 0
    if number < 0:
        message = f"{wanted.name} is not negative"
        findings.add(message, wanted.hint, line=row.line, code="out-of-range")
    return number


def _check_hosts(
    findings: Findings, hosts: Sequence[Node], ends: Sequence[tuple[int, int, int, int]]
) -> None:
    if not hosts:
        findings.add("the network has no host", "a node of {kind: host} sends and receives")
    out: list[list[int]] = [[] for _ in hosts]
    into: list[list[int]] = [[] for _ in hosts]
    for a, b, _, _ in ends:
        if a < len(hosts) and b < len(hosts):
            findings.add(
                f"hosts '{hosts[a].name}' and '{hosts[b].name}' are joined directly",
                "put a switch between them",
                line=hosts[a].line,
                code="unsatisfiable",
            )
        if a < len(hosts):
            out[a].append(b)
        if b < len(hosts):
            into[b].append(a)
    for host, leaving, entering in zip(hosts, out, into, strict=True):
        if len(leaving) != 1 or leaving != entering:
            findings.add(
                f"host '{host.name}' has {len(leaving)} links out and {len(entering)} in",
                "a host has exactly one link, both ways, to a switch",
                line=host.line,
                code="unsatisfiable",
            )
    findings.raise_any()
