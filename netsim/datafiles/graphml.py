"""Read GraphML (Brandes et al., GraphML Progress Report, 2001) as other tools write it.

Nodes and edges with their data, line by line of an XML parser that knows where it stands. Ports,
hyperedges, graphs within nodes and drawings of editors are left aside: none of them is a node or an
edge with a value. networkx reads GraphML too, and is a test's oracle; here it would give no lines,
warnings of its own, and values under other names where an attribute is called as one of its own.

A file that declares a document type or entities is refused: GraphML needs none, and without them
no XML text can expand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from netsim.datafiles.graph_file import FileEdge, GraphFile, add_edges, add_node
from netsim.datafiles.text_file import read_text
from netsim.findings import Findings

if TYPE_CHECKING:
    from pathlib import Path

_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}
_TYPES: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": lambda text: _TRUTH[text.strip().lower()],
    "int": int,
    "long": int,
    "float": float,
    "double": float,
}
_LONGEST_NUMBER: Final = 40


def read_graphml(path: Path) -> GraphFile:
    """Return the nodes and edges of the GraphML file `path`.

    Raises
    ------
    ProblemsFound
        If it is no GraphML, or an edge has no ends.
    """
    findings = Findings(path)
    reader = _Reader(path, findings)
    reader.read(read_text(path))
    if not reader.graphs and not findings.problems:
        hint = "GraphML has a <graph> within its <graphml>"
        findings.add("the file holds no graph", hint, line=1, code="bad-file")
    add_edges(reader.graph, reader.edges, findings)
    findings.raise_any()
    return reader.graph


@dataclass(slots=True)
class _Key:
    """A declared attribute: its name, how its texts are read, and what stands for a missing one."""

    name: str
    kind: str
    of: str
    default: str | None = None

    def value(self, text: str) -> Any:
        """Return what `text` means; a text that is not of the declared type stays one."""
        read = _TYPES.get(self.kind)
        if read is None or len(text) > _LONGEST_NUMBER:
            return text
        try:
            return read(text)
        except (ValueError, KeyError):
            return text


@dataclass(slots=True)
class _Element:
    """The node or edge that is being read."""

    tag: str
    given: Mapping[str, str]
    line: int
    texts: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Takes the parser's events; what it has found stands in `graph`, `edges` and `findings`."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self.graph = GraphFile(path)
        self.edges: list[FileEdge] = []
        self.graphs = 0
        self._findings = findings
        self._keys: dict[str, _Key] = {}
        self._directed = False
        self._element: _Element | None = None
        self._open: list[str] = []
        #: Which text is being gathered: a key's default, or an element's data of that key.
        self._key = ""
        self._text: list[str] | None = None

    def read(self, text: str) -> None:
        """Read the whole `text`."""
        from xml.parsers import expat

        self._parser = parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError as bad:
            what = expat.errors.messages.get(bad.code, "it cannot be parsed")
            message = f"this is no GraphML: {what}"
            self._findings.add(
                message, "check the XML", line=bad.lineno, column=bad.offset + 1, code="bad-file"
            )
            self._findings.raise_any()

    def _refuse(self, *_: Any) -> None:
        hint, line = "remove <!DOCTYPE ...>", self._parser.CurrentLineNumber
        self._findings.add("the file declares a document type or entities", hint, line=line)
        self._findings.raise_any()

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        parent = self._open[-1] if self._open else ""
        self._open.append(tag)
        line = self._parser.CurrentLineNumber
        if len(self._open) == 1 and tag != "graphml":
            message = f"this is no GraphML: its outermost element is <{tag[:40]}>"
            self._findings.add(message, "it is <graphml>", line=line, code="bad-file")
            self._findings.raise_any()
        elif tag == "key" and parent == "graphml":
            self._declare(given)
        elif tag == "graph" and parent == "graphml":
            self._begin_graph(given, line)
        elif tag in ("node", "edge") and self._open == ["graphml", "graph", tag]:
            self._element = _Element(tag, given, line)
        elif tag in ("data", "default") and parent in ("node", "edge", "key"):
            self._gather(tag, given)

    def _end(self, name: str) -> None:
        tag = self._open.pop()
        if self._text is not None and tag in ("data", "default"):
            self._keep("".join(self._text))
            self._text = None
        elif self._element is not None and self._open == ["graphml", "graph"]:
            self._finish(self._element)
            self._element = None

    def _characters(self, text: str) -> None:
        if self._text is not None and self._open[-1] in ("data", "default"):
            self._text.append(text)

    def _declare(self, given: Mapping[str, str]) -> None:
        key = given.get("id", "")
        name = given.get("attr.name", key)
        self._keys[key] = _Key(name, given.get("attr.type", "string"), given.get("for", "all"))
        self._key = key

    def _begin_graph(self, given: Mapping[str, str], line: int) -> None:
        self.graphs += 1
        if self.graphs > 1:
            self._findings.add("a second graph starts here", "keep one graph a file", line=line)
        self._directed = given.get("edgedefault") == "directed"

    def _gather(self, tag: str, given: Mapping[str, str]) -> None:
        """Begin to gather a text, if it belongs to a key or to the element that is being read."""
        depth = len(self._open)
        if tag == "default" and depth == 3:
            self._text = []
        elif tag == "data" and depth == 4 and self._element is not None:
            self._key, self._text = given.get("key", ""), []

    def _keep(self, text: str) -> None:
        if self._element is not None:
            self._element.texts[self._key] = text
        elif self._key in self._keys:
            self._keys[self._key].default = text

    def _finish(self, element: _Element) -> None:
        attributes = self._attributes(element)
        needed = ("id",) if element.tag == "node" else ("source", "target")
        missing = [name for name in needed if name not in element.given]
        if missing:
            message = f"this <{element.tag}> has no '{missing[0]}'"
            hint = '<node id="a">, <edge source="a" target="b">'
            self._findings.add(message, hint, line=element.line, code="missing-field")
        elif element.tag == "node":
            name = element.given["id"]
            add_node(self.graph, name, attributes, element.line, self._findings)
        else:
            directed = element.given.get("directed", str(self._directed)).lower() in ("true", "1")
            a, b = element.given["source"], element.given["target"]
            self.edges.append(FileEdge(a, b, not directed, attributes, element.line))

    def _attributes(self, element: _Element) -> dict[str, Any]:
        """Return the element's data by the names of its keys, defaults filled in."""
        found: dict[str, Any] = {}
        for identifier, key in self._keys.items():
            text = element.texts.pop(identifier, None)
            if text is None and key.of in (element.tag, "all"):
                text = key.default
            if text is not None:
                found[key.name] = key.value(text)
        return found | element.texts
