"""Comings and goings as they were recorded: a file says when nodes or links go down and come up.

Columns time (s), node, event (up or down), or time, u, v, event for links. Times count from when
the disruption happens. Everybody is up at first; what goes down twice is down once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import numpy as np

from netsim.datafiles import INDEX, Columns, Kind, Number, Words, read
from netsim.decentralized.disruption import NodesConfig, Scene, Span
from netsim.decentralized.edges import edge_numbers
from netsim.engine.clock import SECOND
from netsim.fields import FilePath, field
from netsim.graphs.graph import Graph
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

_TIME: Final = Number("a number of seconds, 0 or more", least=0, most=53 * 86400.0)
_EVENT: Final = Words(("up", "down"))


@register("disruption", "trace")
class Trace:
    """Nodes or links that come and go as a file says."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "recorded by the user"
    example: ClassVar[dict[str, Any]] = {"at": {"time": "0 s"}, "file": "churn.csv"}

    class Config(NodesConfig):
        """The file."""

        file: FilePath = field(
            description="CSV or Parquet file with columns time (s), node, event (up, down), or "
            "time, u, v, event"
        )

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return what is wrong with the file, or names what is not there."""
        found = []
        if not config.at.clock:
            message = "a trace counts seconds"
            found.append(Problem(message, ("at",), "unsatisfiable", "give at: {time: 0 s}"))
        if config.recover_after is not None:
            message = "a trace says itself when it is over"
            hint = "leave it out"
            found.append(Problem(message, ("recover_after",), "unsatisfiable", hint))
        try:
            columns, of_nodes = _read(config)
            found += _strangers(columns, of_nodes, graph, nodes)
        except ProblemsFound as wrong:
            found += wrong.problems
        return found

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return a span for every time that a node or link is down."""
        columns, of_nodes = _read(config)
        numbers = edge_numbers(scene.graph)
        found = []
        for which, down, up in _outages(columns, of_nodes):
            begin = scene.begin + round(down * SECOND)
            end = None if up is None else scene.begin + round(up * SECOND)
            if of_nodes:
                one = Span(0, "", begin, end, nodes=np.array(which, np.int64))
            else:
                edge = numbers.get(which, numbers.get(which[::-1], -1))
                one = Span(0, "", begin, end, edges=np.array([edge], np.int64))
            if end is None or end > begin:
                found.append(one)
        return found


def _read(config: Trace.Config) -> tuple[Columns, bool]:
    """Return the file's columns, and whether they are of nodes."""
    path = config.file.path
    kinds: dict[str, Kind] = {"time": _TIME, "event": _EVENT}
    columns = read(path, kinds, {"node": INDEX, "u": INDEX, "v": INDEX})
    if "node" in columns:
        return columns, True
    if "u" in columns and "v" in columns:
        return columns, False
    message = f"'{path.name}' has neither a column node, nor u and v"
    raise ProblemsFound(Problem(message, (), "bad-data", "name who goes down", path, 1, 1))


def _ends(columns: Columns, of_nodes: bool) -> list[tuple[int, ...]]:
    names = ("node",) if of_nodes else ("u", "v")
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def _outages(columns: Columns, of_nodes: bool) -> Iterator[tuple[Any, float, float | None]]:
    """Yield who is down, from when, and until when, in the order in which they go down."""
    time, event = columns["time"].tolist(), columns["event"].tolist()
    which = _ends(columns, of_nodes)
    down: dict[tuple[int, ...], float] = {}
    found: list[tuple[float, tuple[int, ...], float | None]] = []
    for row in sorted(range(len(time)), key=lambda row: (time[row], row)):
        one = which[row] if of_nodes else tuple(sorted(which[row]))
        if event[row] == "down":
            down.setdefault(one, time[row])
        elif one in down:
            found.append((down.pop(one), one, time[row]))
    found += [(begin, one, None) for one, begin in down.items()]
    for begin, one, end in sorted(found, key=lambda it: (it[0], it[1])):
        yield one, begin, end


def _strangers(
    columns: Columns, of_nodes: bool, graph: Graph | None, nodes: int
) -> Iterator[Problem]:
    numbers = None if graph is None or of_nodes else edge_numbers(graph)
    for row, ends in enumerate(_ends(columns, of_nodes)):
        if max(ends) >= nodes:
            message = f"there is no node {max(ends):,}"
            yield columns.problem(row, message, f"nodes are numbered 0 to {nodes - 1:,}")
        elif numbers is not None and ends not in numbers and ends[::-1] not in numbers:
            message = f"there is no link {ends[0]}-{ends[1]}"
            yield columns.problem(row, message, "name two nodes that the topology joins")
