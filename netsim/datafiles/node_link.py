"""Read JSON or YAML of nodes and links, netsim's own form and that of other tools.

Two spellings are read, in one file as in two: a node's ``id`` (else its ``name``), a link's
``source`` and ``target`` (else ``a`` and ``b``), lists called ``links`` or ``edges``. A link works
in both directions unless it says ``both: false``, or the file says ``directed: true``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from netsim.datafiles.graph_file import FileEdge, GraphFile, add_edges, add_node
from netsim.datafiles.text_file import LARGEST, read_text
from netsim.datafiles.yaml_tree import Rows, TreeError, parse_tree
from netsim.findings import Findings
from netsim.strict_json import JsonError, parse

if TYPE_CHECKING:
    from pathlib import Path

#: A megabyte of YAML takes the parser many seconds; JSON takes it none.
_LARGEST_YAML: Final = 2**19
_SHAPE: Final = "{nodes: [{name, ...}], links: [{a, b, ...}]}"
#: Each value's names in the order in which they count.
_NAME: Final = ("id", "name")
_ENDS: Final = (("source", "a"), ("target", "b"))
_LINKS: Final = ("links", "edges")


def read_node_link(path: Path) -> GraphFile:
    """Return the nodes and links of the YAML or JSON file `path`.

    Raises
    ------
    ProblemsFound
        If it cannot be parsed, or is not of the form.
    """
    findings = Findings(path)
    tree = _tree(path, findings)
    lists = [key for key in _LINKS if isinstance(tree, Mapping) and key in tree]
    if not isinstance(tree, Mapping) or "nodes" not in tree or not lists:
        findings.add("a topology file holds 'nodes' and 'links'", _SHAPE, line=1)
        raise findings.found()
    graph = GraphFile(path)
    for row, line in _rows(tree, "nodes", "a node", findings):
        _add_node(graph, row, line, findings)
    edges = [
        edge
        for row, line in _rows(tree, lists[0], "a link", findings)
        if (edge := _edge(row, line, tree.get("directed") is True, findings)) is not None
    ]
    add_edges(graph, edges, findings)
    findings.raise_any()
    graph.others = tuple(str(key) for key in tree if key not in ("nodes", lists[0], "directed"))
    return graph


def _tree(path: Path, findings: Findings) -> Any:
    json = path.suffix.lower() == ".json"
    text = read_text(path, LARGEST if json else _LARGEST_YAML)
    try:
        return parse(text) if json else parse_tree(text)
    except JsonError as bad:
        message, hint, line = f"this is no JSON: {bad}", "check the syntax", bad.line
    except TreeError as bad:
        message, hint, line = str(bad), bad.hint, bad.line
    findings.add(message, hint, line=line, code="bad-file")
    raise findings.found()


def _rows(
    tree: Mapping[str, Any], key: str, what: str, findings: Findings
) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield the mappings in the list `key` with their lines."""
    rows = tree[key]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        findings.add(f"'{key}' is not a list", _SHAPE)
        return
    for index, row in enumerate(rows):
        line = rows.lines[index] if isinstance(rows, Rows) else 0
        if isinstance(row, Mapping):
            yield row, line
        else:
            findings.add(f"{what} is a mapping", _SHAPE, line=line)


def _add_node(graph: GraphFile, row: Mapping[str, Any], line: int, findings: Findings) -> None:
    key = next((key for key in _NAME if key in row), None)
    if key is None:
        hint = "a node has an 'id' or a 'name'"
        findings.add("'name' of this node is missing", hint, line=line, code="missing-field")
        return
    name = _name(row[key])
    if name is None:
        findings.add(f"'{key}' of a node is a text or a whole number", "n1", line=line)
        return
    add_node(graph, name, _without(row, key), line, findings)


def _edge(row: Mapping[str, Any], line: int, directed: bool, findings: Findings) -> FileEdge | None:
    used: list[str] = []
    ends: list[str] = []
    for keys in _ENDS:
        key = next((key for key in keys if key in row), None)
        name = None if key is None else _name(row[key])
        if key is None or name is None:
            what = f"'{keys[1]}' of this link is " + ("missing" if key is None else "no name")
            hint = "a link names both its nodes: {a, b}"
            findings.add(what, hint, line=line, code="missing-field")
            return None
        used.append(key)
        ends.append(name)
    both = row.get("both", not directed)
    if not isinstance(both, bool):
        findings.add("'both' is true or false", "false: only from a to b", line=line)
        return None
    return FileEdge(ends[0], ends[1], both, _without(row, *used, "both"), line)


def _name(value: Any) -> str | None:
    """Return an id as a text, None if it is none."""
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if is_id else None


def _without(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {str(key): value for key, value in row.items() if key not in keys}
