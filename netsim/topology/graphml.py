"""Read GraphML into nodes and links, through networkx."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from netsim.topology.node_link import Parts, read_fields
from netsim.topology.text_file import read_text

if TYPE_CHECKING:
    from pathlib import Path


def read_graphml(path: Path) -> Parts:
    """Return the nodes and links of the GraphML file `path`.

    Raises
    ------
    ProblemsFound
        If it is no GraphML, or its attributes are not those of a network.
    """
    parts = Parts(path)
    text = read_text(path)
    # A GraphML file needs no document type; without one, an XML text cannot expand entities.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        parts.wrong("the file declares a document type or entities", "remove <!DOCTYPE ...>")
        parts.raise_any()
    graph = _parsed(text, parts)
    for name, attributes in graph.nodes(data=True):
        read_fields(parts, "node", {"name": str(name), **attributes}, 0)
    directed = graph.is_directed()
    for a, b, attributes in graph.edges(data=True):
        row = {"a": str(a), "b": str(b), **attributes}
        row.pop("id", None)
        read_fields(parts, "link", {**row, "both": not directed}, 0)
    return parts


def _parsed(text: str, parts: Parts) -> Any:
    import networkx as nx

    try:
        return nx.read_graphml(io.BytesIO(text.encode()), force_multigraph=True)
    except Exception as why:  # networkx lets errors of many kinds out
        reason = str(why).splitlines()[0][:120] if str(why) else type(why).__name__
        line = getattr(why, "position", (0, 0))[0]
        parts.wrong(f"this is no GraphML: {reason}", "check the XML", line=line, code="bad-file")
        parts.raise_any()
        raise
