"""Long-format data files, CSV or Parquet, read into columns with every fault located.

``read(path, {"round": INDEX, "state": Words(("up", "down"))})`` is how any family reads a table
that a user brings: measured times, traces of who is where, of who is there, of how fast. Files
with a form of their own (flows, topologies) have their own readers.
"""

from __future__ import annotations

from netsim.datafiles.columns import MOST_PROBLEMS, Columns, read
from netsim.datafiles.kinds import INDEX, NUMBER, RATIO, Kind, Number, Words

__all__ = [
    "INDEX",
    "MOST_PROBLEMS",
    "NUMBER",
    "RATIO",
    "Columns",
    "Kind",
    "Number",
    "Words",
    "read",
]
