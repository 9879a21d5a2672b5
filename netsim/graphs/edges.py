"""A graph that is written out: its edges, one by one."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

import numpy as np
from pydantic import field_validator, model_validator

from netsim.fields import Length, field, problem
from netsim.graphs.graph import Graph, graph_of
from netsim.graphs.kind import MOST_NODES, GraphConfig, MaybeLength, Stream, length_field
from netsim.problems import Problem
from netsim.registry import register

#: Most edges that are written out.
MOST_LISTED: Final = 5_000


@register("graph", "edges")
class Edges:
    """Edges or arcs between numbered nodes, as listed."""

    source: ClassVar[str] = "format of netsim: a list of pairs of node numbers"
    example: ClassVar[dict[str, Any]] = {"edges": ((0, 1), (1, 2))}

    class Config(GraphConfig):
        """The edges, their lengths, and whether they are arcs."""

        edges: tuple[tuple[int, int], ...] = field(
            description="pairs of node numbers, from 0 on", max_length=MOST_LISTED
        )
        directed: bool = field(
            False, description="true: arcs, each from its first node to its second"
        )
        length: MaybeLength = length_field(" that 'lengths' does not name")
        lengths: tuple[Length, ...] | None = field(
            None, description="length of each edge, in the order of 'edges'; default: 'length'"
        )

        @field_validator("edges", mode="before")
        @classmethod
        def _check_length(cls, value: Any) -> Any:
            if isinstance(value, list | tuple) and len(value) > MOST_LISTED:
                message = f"{len(value):,} edges are more than {MOST_LISTED:,}, the most of a list"
                hint = "keep them in a file: {kind: file, file: graph.graphml}"
                raise problem("too-large", message, hint=hint)
            return value

        @model_validator(mode="after")
        def _check_edges(self) -> Self:
            seen: dict[tuple[int, int], int] = {}
            for index, (a, b) in enumerate(self.edges):
                at = ("edges", index)
                if min(a, b) < 0 or max(a, b) >= MOST_NODES:
                    hint = f"nodes are numbered from 0, below {MOST_NODES:,}"
                    raise problem("out-of-range", f"[{a}, {b}] names no node", at=at, hint=hint)
                if a == b:
                    hint = "name two nodes"
                    raise problem(
                        "bad-value", f"[{a}, {b}] joins a node to itself", at=at, hint=hint
                    )
                pair = (a, b) if self.directed else (min(a, b), max(a, b))
                if pair in seen:
                    message = f"[{a}, {b}] stands twice, at places {seen[pair]} and {index}"
                    raise problem("duplicate", message, at=at, hint="keep one of the two")
                seen[pair] = index
            if self.lengths is not None and len(self.lengths) != len(self.edges):
                message = f"{len(self.lengths)} lengths for {len(self.edges)} edges"
                raise problem("unsatisfiable", message, at=("lengths",), hint="one length per edge")
            return self

    @staticmethod
    def least(config: Config) -> int:
        """Return one more than the highest node that has an edge."""
        return max((max(pair) for pair in config.edges), default=0) + 1

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong if an edge names a node that is not there."""
        for index, pair in enumerate(config.edges):
            if max(pair) >= nodes:
                message = f"{list(pair)} names no node: there are {nodes:,}, numbered from 0"
                return [Problem(message, ("edges", index), "out-of-range", "add nodes")]
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the number of edges."""
        return len(config.edges)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return the graph of these edges; draws nothing."""
        source, target = np.array(config.edges, np.int64).reshape(-1, 2).T
        length = None if config.lengths is None else np.array(config.lengths, np.float64)
        return graph_of(nodes, source, target, directed=config.directed, length=length)
