"""Ways as they were recorded: a file says where nodes were, and they go straight in between.

Columns time (s), node, x, y (m). Before a node's first row it is where that row says, after its
last row it stays; a node without rows stays where it starts.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np

from netsim.datafiles import INDEX, Columns, Number, read
from netsim.decentralized.mobility import Area, Floats, MobilityConfig, Mover
from netsim.fields import FilePath, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.rng import Streams

_TIME: Final = Number("a number of seconds, 0 or more", least=0, most=53 * 86400.0)
_PLACE: Final = Number("a number of metres", least=-1e9, most=1e9)


@register("mobility", "trace")
class MovementTrace:
    """Nodes that go where a file says."""

    source: ClassVar[str] = "recorded by the user"
    example: ClassVar[dict[str, Any]] = {"file": "ways.csv"}

    class Config(MobilityConfig):
        """The file."""

        file: FilePath = field(
            description="CSV or Parquet file with columns time (s), node, x, y (m)"
        )

    @staticmethod
    def problems(config: Config) -> list[Problem]:
        """Return what is wrong with the file."""
        try:
            _read(config)
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @staticmethod
    def mover(config: Config, places: Floats, area: Area, streams: Streams) -> Mover:
        """Return who knows where they are."""
        return _Ways(_read(config), places)


def _read(config: MovementTrace.Config) -> Columns:
    kinds = {"time": _TIME, "node": INDEX, "x": _PLACE, "y": _PLACE}
    return read(config.file.path, kinds)


class _Ways:
    """Ways from row to row."""

    def __init__(self, columns: Columns, places: Floats) -> None:
        self._start = places
        order = np.lexsort((columns["time"], columns["node"]))
        node = columns["node"][order]
        self._rows = {
            int(one): tuple(columns[name][order][node == one] for name in ("time", "x", "y"))
            for one in np.unique(node)
            if one < len(places)
        }

    def places(self, time: float) -> Floats:
        """Return where everybody is, as `Mover.places`."""
        found = self._start.copy()
        for node, (when, x, y) in self._rows.items():
            found[node] = np.interp(time, when, x), np.interp(time, when, y)
        return found
