"""Read a flow file: its format by its suffix, its rows as `Flows`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.flow_file import cells
from netsim.fabric.flow_file.csv_rows import csv_blocks
from netsim.fabric.flow_file.parquet_rows import parquet_blocks
from netsim.fabric.flow_file.rows import Block, clean
from netsim.fabric.flows import (
    LATEST,
    MOST_FLOWS,
    Flows,
    concatenate,
    follow,
    parallel,
    spine_path,
    too_many,
)
from netsim.findings import Findings
from netsim.problems import Problem, ProblemsFound

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from netsim.topology.network import Network

_FORMATS = {".csv": csv_blocks, ".parquet": parquet_blocks}
_LARGEST = 2**62 - 1  # bytes


def read_flows(path: Path, network: Network) -> Flows:
    """Return the flows of the file `path`, in the order of its rows.

    Raises
    ------
    ProblemsFound
        With the wrong cells of the file, each by line and column.
    """
    blocks = _FORMATS.get(path.suffix.lower())
    if blocks is None:
        hint = f"known formats: {', '.join(_FORMATS)}"
        message = f"'{path.name}' is no flow file by its suffix"
        raise ProblemsFound(Problem(message, ("file",), "bad-file", hint, file=path))
    findings = Findings(path)
    hosts = cells.host(network)
    parts: list[Flows] = []
    count = 0
    for block in blocks(path, findings):
        parts.append(_flows(block, network, hosts, findings))
        findings.lines.clear()
        count += len(parts[-1])
        if count > MOST_FLOWS:
            raise ProblemsFound(too_many(count, ("file",)))
    if not parts and not findings.problems:
        findings.add("the file holds no flow", "add a line below the header", code="missing-field")
    findings.raise_any()
    return concatenate(parts)


def _flows(block: Block, network: Network, host: cells.Reader, findings: Findings) -> Flows:
    last = network.host_count - 1
    src, dst = (
        cells.numbers(block, name, host, 0, last, f"hosts are 0 to {last}", findings)
        for name in ("src", "dst")
    )
    joined = clean(findings, block)
    for row in np.flatnonzero((src == dst) & joined).tolist():
        line, column = block.place(row, "dst")
        message = f"{network.hosts[int(src[row])]} sends to itself"
        findings.add(message, "a flow needs two hosts", line=line, column=column)
    joined &= src != dst
    spine = path = None
    if "spine" in block.columns:
        spine = _spines(block, src, dst, joined, network, findings)
    if "path" in block.columns:
        path = _paths(block, src, dst, joined, network, findings)
    data, time = cells.quantity("data", "4 MB"), cells.quantity("time", "10 us")
    size = cells.numbers(block, "size", data, 1, _LARGEST, "at least 1 byte", findings)
    start = cells.numbers(block, "start", time, 0, LATEST, "0 ps or later", findings)
    return Flows(src, dst, size, start, spine, path)


def _spines(
    block: Block,
    src: NDArray[np.int64],
    dst: NDArray[np.int64],
    joined: NDArray[np.bool_],
    network: Network,
    findings: Findings,
) -> NDArray[np.int64]:
    """Return the column of spines, all there and joined to both leaves; -1 where it is empty.

    Of rows that are not `joined` the ends are not known, so their spines need not lead anywhere.
    """
    count = network.spines
    if count is None:
        hint = "name the nodes on the way instead, in a column 'path'"
        findings.add("column 'spine' needs a leaf-spine topology", hint, line=1)
        findings.raise_any()
        return src
    hint = f"spines are 0 to {count - 1}"
    spine = cells.numbers(block, "spine", cells.index("spine", count), 0, count - 1, hint, findings)
    spine = np.where(spine == cells.EMPTY, -1, spine)
    if network.link_up.all():
        return spine
    leaf = network.leaf_of_host
    rows = np.flatnonzero(joined & clean(findings, block) & (spine >= 0))
    keys = np.stack([leaf[src], leaf[dst], spine])[:, rows]
    _, first = np.unique(keys, axis=1, return_index=True)
    for row in rows[np.sort(first)].tolist():
        try:
            follow(network, spine_path(network, int(src[row]), int(dst[row]), int(spine[row])))
        except ProblemsFound as found:
            _report(found, block, row, "spine", findings)
    return spine


def _paths(
    block: Block,
    src: NDArray[np.int64],
    dst: NDArray[np.int64],
    joined: NDArray[np.bool_],
    network: Network,
    findings: Findings,
) -> tuple[tuple[str, ...], ...]:
    """Return the column of paths, every one from its sender to its receiver over working links.

    Of rows that are not `joined` the ends are not known, so their paths are not looked at.
    """
    known: dict[tuple[int, int, str], tuple[str, ...]] = {}
    paths: list[tuple[str, ...]] = []
    ends = zip(src.tolist(), dst.tolist(), map(str, block.columns["path"]), strict=True)
    for row, key in enumerate(ends):
        if not joined[row]:
            paths.append(())
            continue
        if key not in known:
            try:
                known[key] = _path(*key, network)
            except ProblemsFound as found:
                known[key] = ()
                _report(found, block, row, "path", findings)
        paths.append(known[key])
    return tuple(paths)


def _path(src: int, dst: int, text: str, network: Network) -> tuple[str, ...]:
    if not text.strip():
        return ()
    written = tuple(name.strip() for name in text.replace("->", ">").split(">"))
    names = tuple(parallel(name)[0] for name in written)
    first, last = network.hosts[src], network.hosts[dst]
    nodes = (
        *(() if names[0] == first else (first,)),
        *written,
        *(() if names[-1] == last else (last,)),
    )
    passed = tuple(parallel(name)[0] for name in nodes)
    for name in passed[1:-1]:
        if network.node(name) < network.host_count:
            hint = f"a path leads from {first} over switches to {last}"
            message = _misplaced(name, names, first, last)
            raise ProblemsFound(Problem(message, code="bad-value", hint=hint))
    if len(set(passed)) != len(passed):
        hint = "name each node once"
        raise ProblemsFound(Problem("a path meets a node twice", code="bad-value", hint=hint))
    follow(network, nodes)
    return nodes


def _misplaced(host: str, written: tuple[str, ...], first: str, last: str) -> str:
    """Return what is wrong with a host that is no end of a flow from `first` to `last`."""
    if host == written[-1]:
        return f"the path ends at host '{host}', but the flow goes to {last}"
    if host == written[0]:
        return f"the path begins at host '{host}', but the flow comes from {first}"
    return f"host '{host}' stands in the middle of a path"


def _report(found: ProblemsFound, block: Block, row: int, name: str, findings: Findings) -> None:
    line, column = block.place(row, name)
    for problem in found.problems:
        findings.add(problem.message, problem.hint, line=line, column=column, code=problem.code)
