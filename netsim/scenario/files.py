"""Read the file of a scenario, with what it includes.

``include: base.yaml`` lays the file over another: mappings merge key by key, lists and scalars
replace. Paths, this one and those of data files, are relative to the file that holds them and may
not leave the folder of the scenario that is being read.

A file whose name ends in ``.json`` is read as JSON, any other as YAML.
"""

from __future__ import annotations

import copy
import os.path
from dataclasses import replace
from pathlib import Path

from netsim import registry, resources
from netsim.fields import shown
from netsim.fields.file import similar
from netsim.reading import IrregularFileError, open_regular
from netsim.scenario import json_text
from netsim.scenario.building import Unreadable
from netsim.scenario.diagnostics import Diagnostic
from netsim.scenario.limits import BYTES, JSON_BYTES, Budget, LimitError
from netsim.scenario.source import Source, Span
from netsim.scenario.tree import Entry, Node, merge
from netsim.scenario.yaml import read

INCLUDE = "include"


class Reader:
    """Reads the files of one scenario and collects their problems.

    Parameters
    ----------
    path
        The scenario's file as the user names it.
    """

    def __init__(self, path: Path) -> None:
        found = None if os.path.exists(path) else resources.shipped(path.as_posix())
        self.path = found or path
        self.folder = Path(os.path.abspath(self.path)).parent
        self.budget = Budget()
        self.problems: list[Diagnostic] = []
        self.text = ""
        self.rank = 0
        self._complete = True

    def tree(self) -> Node | None:
        """Return the scenario with its includes merged, or None if a file cannot be read."""
        root = self._file(self.path, str(self.path), None)
        if root is None:
            return None
        root = self._included(root, (_absolute(self.path),))
        return root if self._complete else None

    def parse(self, source: Source, text: str, *, json: bool = False) -> Node | None:
        """Return the tree of `text`, or None if it is empty or cannot be read."""
        try:
            if json:
                node, problems = json_text.read(source, text)
            else:
                node, problems = read(source, text, self.budget)
        except Unreadable as unreadable:
            self.problems.append(unreadable.diagnostic)
            return None
        self.problems += problems
        return node

    def again(self) -> Reader:
        """Return a reader that goes on from here, with problems and limits of its own."""
        other = copy.copy(self)
        other.problems, other.budget = list(self.problems), replace(self.budget)
        return other

    def next_rank(self) -> int:
        """Return the rank of the next source."""
        self.rank += 1
        return self.rank

    def _file(self, path: Path, name: str, named_at: Span | None) -> Node | None:
        json = path.suffix == ".json"
        try:
            text = _text(path, name, JSON_BYTES if json else BYTES)
        except Unreadable as unreadable:
            bad = unreadable.diagnostic
            if named_at is not None and bad.span is None:
                bad = Diagnostic(bad.code, bad.message, named_at, bad.hint)
            self.problems.append(bad)
            return None
        folder = _absolute(path).parent
        elsewhere = None if folder == self.folder else folder
        source = Source.of(name, text, self.next_rank(), folder=elsewhere)
        if named_at is None:
            self.text = text
        before = len(self.problems)
        root = self.parse(source, text, json=json)
        if root is not None and not isinstance(root.content, dict):
            message = "a scenario is a mapping of fields"
            self.problems.append(Diagnostic("bad-type", message, root.span, _EXAMPLE))
            return None
        if root is None and len(self.problems) == before:
            self.problems.append(Diagnostic("bad-yaml", "the file is empty", None, _INIT, name))
        return root

    def _included(self, root: Node, chain: tuple[Path, ...]) -> Node:
        """Return `root` laid over what it includes; `chain` holds the files being read."""
        if not isinstance(root.content, dict) or INCLUDE not in root.content:
            return root
        entries = {key: entry for key, entry in root.content.items() if key != INCLUDE}
        over = Node(root.span, entries, root.size)
        under = self._include(root.content[INCLUDE], chain)
        if under is None:
            self._complete = False
            return over
        return merge(under, over)

    def _include(self, entry: Entry, chain: tuple[Path, ...]) -> Node | None:
        span, written = entry.value.span, entry.value.content
        if not isinstance(written, str) or not written or "\0" in written:
            self._report("bad-type", "'include' names one file", span, "include: base.yaml")
            return None
        path = _absolute(chain[-1].parent / written)
        if Path(written).is_absolute() or not path.is_relative_to(self.folder):
            message = f"{shown(written)} leaves the scenario's folder"
            self._report("bad-path", message, span, "copy the file beside the scenario")
            return None
        if path in chain:
            self._report("include-cycle", f"{shown(written)} includes itself", span)
            return None
        try:
            self.budget.spend_include()
        except LimitError as limit:
            self._report("too-large", str(limit), span)
            return None
        name = str(self.path.parent / path.relative_to(self.folder))
        root = self._file(path, name, span)
        return None if root is None else self._included(root, (*chain, path))

    def _report(self, code: str, message: str, span: Span, hint: str = "") -> None:
        self.problems.append(Diagnostic(code, message, span, hint))


_EXAMPLE = "a scenario starts like this: netsim: 1"
_INIT = "write an example with: netsim init"


def _absolute(path: Path) -> Path:
    """Return `path` absolute and without ``..``, symbolic links as they are."""
    return Path(os.path.abspath(path))


def _text(path: Path, name: str, most: int) -> str:
    """Return the text of the file `path` of at most so many bytes, which errors call `name`."""
    try:
        with open_regular(path) as stream:
            content = stream.read(most + 1)
    except FileNotFoundError:
        hint = similar(path) or _similar_shipped(path) or ""
        raise _unreadable("bad-path", f"there is no file {shown(name)}", name, hint) from None
    except IsADirectoryError:
        hint = "no run is in it: the directory of one holds resolved.json and manifest.json"
        raise _unreadable(
            "bad-path", f"{shown(name)} is a folder, not a file", name, hint
        ) from None
    except IrregularFileError:
        raise _unreadable("bad-path", f"{shown(name)} is not a regular file", name) from None
    except (OSError, ValueError) as refused:
        reason = getattr(refused, "strerror", None) or "the path is malformed"
        raise _unreadable("bad-path", f"{shown(name)} cannot be read: {reason}", name) from None
    if len(content) > most:
        message = f"the file is larger than {most // 1024} KiB, the most a scenario may have"
        raise _unreadable("too-large", message, name, "put long lists into data files")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = content.count(b"\n", 0, bad.start) + 1
        message = f"line {line} is not UTF-8 text (byte 0x{content[bad.start]:02X})"
        raise _unreadable("bad-yaml", message, name, "save the file as UTF-8") from None


def _similar_shipped(path: Path) -> str | None:
    """Return ``did you mean 'x'?`` for the shipped scenario nearest to the missing `path`."""
    if path.is_absolute():
        return None
    given = path.with_suffix("") if path.suffix in (".yaml", ".yml") else path
    names = resources.scenario_names()
    near = registry.nearest(given.as_posix().removeprefix("scenarios/"), names)
    return f"did you mean '{near}'? (see: netsim list scenarios)" if near else None


def _unreadable(code: str, message: str, name: str, hint: str = "") -> Unreadable:
    return Unreadable(Diagnostic(code, message, None, hint, name))
