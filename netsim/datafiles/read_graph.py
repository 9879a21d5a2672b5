"""Read a graph from a file whose suffix tells its format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from netsim.datafiles.graph_file import GraphFile
from netsim.datafiles.graphml import read_graphml
from netsim.datafiles.node_link import read_node_link
from netsim.findings import Findings

READERS: Final[dict[str, Callable[[Path], GraphFile]]] = {
    ".yaml": read_node_link,
    ".yml": read_node_link,
    ".json": read_node_link,
    ".graphml": read_graphml,
}


def read_graph(path: Path) -> GraphFile:
    """Return the nodes and edges of the file `path`, its format by its suffix.

    Raises
    ------
    ProblemsFound
        With what is wrong in the file.
    """
    read = READERS.get(path.suffix.lower())
    if read is None:
        findings = Findings(path)
        hint = f"known formats: {', '.join(READERS)}"
        findings.add(f"'{path.name}' is no graph file by its suffix", hint, code="bad-file")
        raise findings.found()
    return read(path)
