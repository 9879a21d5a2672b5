"""What stands where: the memories of each router, and fibre, detectors and kind of each link.

A scenario says what all have, a graph's columns what some have, and `overrides` what one has, in
that order, later ones winning. A graph may bring `memories`, `memory_frequency` (Hz),
`memory_efficiency` and `coherence` (s) of its nodes, and `attenuation` (dB/km), `raw_fidelity` and
the detectors' `detector_efficiency`, `dark_count` and `count_rate` (1/s) of its edges; a negative
number or none says nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from netsim.quantum.decay import Decay, pauli, relaxation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.graphs.graph import Graph
    from netsim.quantum.links.kind import LinkConfig
    from netsim.quantum.schema import DetectorConfig, MemoryConfig, QuantumScenario

#: Columns of nodes and of edges, and the fields that they stand for.
OF_ROUTERS: Final = {
    "memories": "count",
    "memory_frequency": "frequency",
    "memory_efficiency": "efficiency",
    "coherence": "coherence",
}
OF_DETECTORS: Final = {
    "detector_efficiency": "efficiency",
    "dark_count": "dark_count",
    "count_rate": "count_rate",
}
OF_FIBRES: Final = ("attenuation", "raw_fidelity", *OF_DETECTORS)


@dataclass(frozen=True)
class Fibre:
    """What a link is made of, whoever uses it."""

    attenuation: float
    raw_fidelity: float
    detector: DetectorConfig
    link: LinkConfig


class Equipment:
    """The equipment of a scenario.

    Parameters
    ----------
    scenario
        A validated scenario.
    names
        Of its routers.
    graph
        Of its routers, None for a chain.
    """

    def __init__(
        self, scenario: QuantumScenario, names: tuple[str, ...], graph: Graph | None
    ) -> None:
        self._scenario, self._names, self._graph = scenario, names, graph
        self._of_router: dict[str, list[Any]] = {}
        self._of_fibre: dict[tuple[str, str], list[Any]] = {}
        for change in scenario.overrides:
            if change.router is not None:
                self._of_router.setdefault(change.router, []).append(change)
            elif (ends := change.ends(names)) is not None:
                low, high = sorted(ends)
                self._of_fibre.setdefault((low, high), []).append(change)
        self._memories: dict[int, MemoryConfig] = {}

    def memory(self, router: int) -> MemoryConfig:
        """Return the memories of a router."""
        if router not in self._memories:
            found = self._scenario.memory
            if self._graph is not None:
                found = _changed(found, OF_ROUTERS, self._graph.node_columns, router)
            for change in self._of_router.get(self._names[router], ()):
                found = found.model_copy(update=change.memory.given)
            self._memories[router] = found
        return self._memories[router]

    def decay(self, router: int) -> Decay:
        """Return how a half stored at a router decays."""
        memory = self.memory(router)
        if self._scenario.swap.degradation is not None:
            return Decay()
        if memory.coherence is not None:
            return pauli(memory.coherence, memory.errors)
        if memory.t2 is not None:
            return relaxation(memory.t1 if memory.t1 is not None else math.inf, memory.t2)
        return Decay()

    def fibre(self, one: int, other: int, edge: int | None) -> Fibre:
        """Return what the link between two neighbours is made of.

        Parameters
        ----------
        one, other
            The routers.
        edge
            Row of the fibre in the graph, None in a chain.
        """
        scenario = self._scenario
        attenuation = (scenario.chain or scenario.fibre).attenuation
        raw, detector, link = scenario.memory.raw_fidelity, scenario.detector, scenario.link
        if self._graph is not None and edge is not None:
            columns = self._graph.edge_columns
            attenuation = _said(columns, "attenuation", edge, attenuation)
            raw = _said(columns, "raw_fidelity", edge, raw)
            detector = _changed(detector, OF_DETECTORS, columns, edge)
        low, high = sorted((self._names[one], self._names[other]))
        for change in self._of_fibre.get((low, high), ()):
            attenuation = attenuation if change.attenuation is None else change.attenuation
            raw = raw if change.raw_fidelity is None else change.raw_fidelity
            if change.detector is not None:
                detector = detector.model_copy(update=change.detector.given)
            link = change.link or link
        return Fibre(attenuation, raw, detector, link)


def _said(columns: Mapping[str, Any], name: str, row: int, otherwise: float) -> float:
    value: Any = columns[name][row] if name in columns else -1.0
    return otherwise if isinstance(value, str) or float(value) < 0 else float(value)


def _changed(block: Any, fields: Mapping[str, str], columns: Mapping[str, Any], row: int) -> Any:
    """Return a block with what a row of columns says."""
    update: dict[str, Any] = {}
    for column, field in fields.items():
        value = _said(columns, column, row, -1.0)
        if value >= 0:
            update[field] = round(value) if field == "count" else value
    return block.model_copy(update=update) if update else block
