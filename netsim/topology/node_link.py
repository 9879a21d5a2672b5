"""Nodes and links read from a file, checked, and put together to a `Network`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim import registry, units
from netsim.problems import Problem, ProblemsFound
from netsim.topology.network import Network
from netsim.topology.text_file import LARGEST, read_text
from netsim.topology.yaml_tree import Rows, TreeError, parse_tree

if TYPE_CHECKING:
    from pathlib import Path

_MOST_PROBLEMS: Final = 20
#: A megabyte of YAML takes the parser many seconds; JSON takes it none.
_LARGEST_YAML: Final = 2**19
_FIELDS: Final = {
    "node": ("name", "kind", "latency"),
    "link": ("a", "b", "rate", "delay", "both"),
}
_REQUIRED: Final = {"node": ("name", "kind"), "link": ("a", "b", "rate", "delay")}
_RESERVED: Final = frozenset(">#,")


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


@dataclass(slots=True)
class Parts:
    """What a file holds, and what is wrong with it."""

    path: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    links: list[Cable] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, message: str, hint: str, *, line: int = 0, code: str = "bad-value") -> None:
        """Keep a problem; raise all if there are enough."""
        at = ("file",)
        self.problems.append(Problem(message, at, code, hint, file=self.path, line=line))
        if len(self.problems) >= _MOST_PROBLEMS:
            self.raise_any()

    def raise_any(self) -> None:
        """Raise what was found, if anything was."""
        if self.problems:
            raise ProblemsFound(*self.problems)


def read_node_link(path: Path) -> Parts:
    """Return the nodes and links of a YAML or JSON file.

    Raises
    ------
    ProblemsFound
        If it cannot be parsed, or is not of the format.
    """
    parts = Parts(path)
    json_text = path.suffix.lower() == ".json"
    text = read_text(path, LARGEST if json_text else _LARGEST_YAML)
    tree = _json(text, parts) if json_text else _yaml(text, parts)
    if not isinstance(tree, Mapping) or not {"nodes", "links"} <= set(tree):
        shape = "{nodes: [{name, kind}], links: [{a, b, rate, delay}]}"
        parts.wrong("a topology file holds 'nodes' and 'links'", shape, line=1)
        parts.raise_any()
    for key in tree:
        if key not in ("nodes", "links"):
            hint = registry.did_you_mean(str(key), ("nodes", "links")) or "remove it"
            parts.wrong(f"unknown key '{str(key)[:40]}'", hint, code="unknown-key")
    for what, key in (("node", "nodes"), ("link", "links")):
        rows = tree[key]
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            parts.wrong(f"'{key}' is not a list", f"a list of {', '.join(_FIELDS[what])}")
            continue
        for index, row in enumerate(rows):
            read_fields(parts, what, row, rows.lines[index] if isinstance(rows, Rows) else 0)
    return parts


def _json(text: str, parts: Parts) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        parts.wrong("the file is nested too deeply", "nodes and links are flat lists")
    except ValueError as why:
        line = getattr(why, "lineno", 0)
        parts.wrong(f"this is no JSON: {why}", "check the syntax", line=line, code="bad-file")
    parts.raise_any()
    return None


def _yaml(text: str, parts: Parts) -> Any:
    try:
        return parse_tree(text)
    except TreeError as why:
        parts.wrong(str(why), why.hint, line=why.line, code="bad-file")
    parts.raise_any()
    return None


def read_fields(parts: Parts, what: str, row: Any, line: int) -> None:
    """Add one node or link to `parts`, or what is wrong with it."""
    before = len(parts.problems)
    if not isinstance(row, Mapping):
        hint = f"{{{', '.join(_REQUIRED[what])}}}"
        parts.wrong(f"a {what} is a mapping", hint, line=line)
        return
    for key in row:
        if key not in _FIELDS[what]:
            near = registry.did_you_mean(str(key), _FIELDS[what])
            hint = near or f"a {what} has {', '.join(_FIELDS[what])}"
            parts.wrong(f"unknown key '{str(key)[:40]}'", hint, line=line, code="unknown-key")
    for key in _REQUIRED[what]:
        if key not in row:
            hint = f"a {what} needs {', '.join(_REQUIRED[what])}"
            parts.wrong(f"'{key}' of this {what} is missing", hint, line=line, code="missing-field")
    if len(parts.problems) == before:
        (_node if what == "node" else _link)(parts, row, line)


def _node(parts: Parts, row: Mapping[str, Any], line: int) -> None:
    name, kind = str(row["name"]), row["kind"]
    if not name or len(name) > 80 or name.strip() != name or _RESERVED & set(name):
        parts.wrong(
            f"'{name[:40]}' cannot name a node", "up to 80 letters, none of > # ,", line=line
        )
    elif name in parts.nodes:
        hint = "give every node its own name"
        parts.wrong(f"two nodes are called '{name}'", hint, line=line, code="duplicate")
    elif kind not in ("host", "switch"):
        parts.wrong(f"'{str(kind)[:40]}' is no kind of node", "host or switch", line=line)
    else:
        latency = _quantity(parts, row.get("latency", "0 ps"), "time", line)
        if kind == "host" and latency:
            parts.wrong("a host has no latency", "give it to the switch", line=line)
        parts.nodes[name] = Node(name, kind, latency, line)


def _link(parts: Parts, row: Mapping[str, Any], line: int) -> None:
    for end in ("a", "b"):
        if str(row[end]) not in parts.nodes:
            known = list(parts.nodes) if len(parts.nodes) <= 4096 else []
            hint = registry.did_you_mean(str(row[end]), known) or "list it under 'nodes'"
            message = f"no node named '{str(row[end])[:40]}'"
            parts.wrong(message, hint, line=line, code="unknown-name")
            return
    both = row.get("both", True)
    if not isinstance(both, bool):
        parts.wrong("'both' is true or false", "false: only from a to b", line=line)
        return
    if row["a"] == row["b"]:
        parts.wrong(f"a link joins '{row['a']}' to itself", "name two nodes", line=line)
        return
    rate = _quantity(parts, row["rate"], "rate", line)
    delay = _quantity(parts, row["delay"], "time", line)
    if rate == 0:
        parts.wrong("a rate must be positive", "'100 Gbps'", line=line, code="out-of-range")
    parts.links.append(Cable(str(row["a"]), str(row["b"]), rate, delay, both, line))


def _quantity(parts: Parts, value: Any, dimension: str, line: int) -> int:
    wanted = units.DIMENSIONS[dimension]
    try:
        number = int(units.parse(str(value), dimension))
    except units.UnitError as bad:
        parts.wrong(str(bad), bad.hint, line=line, code="bad-unit")
        return 1
    if number < 0:
        parts.wrong(f"{wanted.name} is not negative", wanted.hint, line=line, code="out-of-range")
    return number


def assemble(parts: Parts) -> Network:
    """Return the network of nodes and links, each direction of a link one after the other.

    Raises
    ------
    ProblemsFound
        If something was wrong before, or a host has not exactly one link, to a switch and back.
    """
    parts.raise_any()
    hosts = [node for node in parts.nodes.values() if node.kind == "host"]
    switches = [node for node in parts.nodes.values() if node.kind == "switch"]
    number = {node.name: index for index, node in enumerate(hosts + switches)}
    ends: list[tuple[int, int, int, int]] = []
    for link in parts.links:
        a, b = number[link.a], number[link.b]
        ends.append((a, b, link.rate, link.delay))
        if link.both:
            ends.append((b, a, link.rate, link.delay))
    _check_hosts(parts, hosts, ends)
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


def _check_hosts(parts: Parts, hosts: list[Node], ends: list[tuple[int, int, int, int]]) -> None:
    if not hosts:
        parts.wrong("the network has no host", "a node of {kind: host} sends and receives")
    out: list[list[int]] = [[] for _ in hosts]
    into: list[list[int]] = [[] for _ in hosts]
    for a, b, _, _ in ends:
        if a < len(hosts) and b < len(hosts):
            parts.wrong(
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
            parts.wrong(
                f"host '{host.name}' has {len(leaving)} links out and {len(entering)} in",
                "a host has exactly one link, both ways, to a switch",
                line=host.line,
                code="unsatisfiable",
            )
    parts.raise_any()
