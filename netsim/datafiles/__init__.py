"""Files of data that scenarios name, read once and the same way for whoever needs them.

Long-format tables, CSV or Parquet, are read into columns with every fault located:
``read(path, {"round": INDEX, "state": Words(("up", "down"))})`` is how any family reads a table
that a user brings: measured times, traces of who is where, of who is there, of how fast. Files
with a form of their own have their own readers: graphs of other tools
`netsim.datafiles.read_graph.read_graph`, flows those of the fabric.
"""

from __future__ import annotations

from netsim.datafiles.columns import Columns, read
from netsim.datafiles.kinds import INDEX, NUMBER, RATIO, Kind, Number, Words

__all__ = [
    "INDEX",
    "NUMBER",
    "RATIO",
    "Columns",
    "Kind",
    "Number",
    "Words",
    "read",
]
