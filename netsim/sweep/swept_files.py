"""Data files among the values of a sweep: which they are, and their names in the sweep's directory.

What a field is told by its scenario alone, so a text that names a file that is there is tried at
the first point that has it: if the scenario of that point reads the file, it is one. The record of
a sweep names its files as that of a run does, by content and beside the record, so that a directory
can be moved, and a file that has changed makes another sweep.

A design stays as it is written; what its cells stand for is told beside it, in ``list.files``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netsim import resources
from netsim.fields.sweep import DesignFile, SweepConfig
from netsim.metrics.inputs import Input

if TYPE_CHECKING:
    from netsim.scenario import Scenario
    from netsim.sweep.design_file import Design

#: Longest text that is taken for a path.
_LONGEST: Final = 1000

#: A swept field and a text among its values.
Leaf = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SweptFiles:
    """The data files among the values of a sweep.

    Parameters
    ----------
    names
        By swept field and text, the file that it stands for.
    """

    names: Mapping[Leaf, Input]

    def recorded(self, block: Mapping[str, Any]) -> dict[str, Any]:
        """Return the recorded block `sweep` with files by their names in the sweep's directory."""
        record = dict(block)
        for part in ("grid", "zip"):
            record[part] = self._fields(record[part])
        if record["sample"] is not None:
            record["sample"] = {**record["sample"], "over": self._fields(record["sample"]["over"])}
        if isinstance(record["list"], Mapping):
            record["list"] = self._design(record["list"])
        else:
            record["list"] = [self._fields(entry) for entry in record["list"]]
        return record

    def _fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.value(name, value) for name, value in fields.items()}

    def value(self, name: str, value: Any) -> Any:
        """Return a value of field `name` with files by their names in the sweep's directory."""
        if isinstance(value, Mapping):
            return {key: self.value(name, entry) for key, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(name, entry) for entry in value]
        file = self.names.get((name, str(value))) if isinstance(value, str) else None
        return file.name if file is not None else value

    def _design(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return a design's record, with what its cells stand for."""
        files: dict[str, dict[str, str]] = {
            name: dict(cells) for name, cells in written["files"].items()
        }
        known = {cell for cells in files.values() for cell in cells.values()}
        for (name, text), file in self.names.items():
            if text not in known:
                files.setdefault(name, {})[text] = file.name
        ordered = {name: dict(sorted(files[name].items())) for name in sorted(files)}
        return {**written, "files": ordered}


def find(
    config: SweepConfig,
    entries: Iterable[Mapping[str, Any]],
    folder: Path,
    points: Iterable[Mapping[str, Any]],
    scenario: Callable[[int], Scenario | None],
) -> SweptFiles:
    """Return the files among the values of a sweep.

    Parameters
    ----------
    config
        The block `sweep`.
    entries
        The points of its list.
    folder
        Where paths are from.
    points
        The swept values of each point.
    scenario
        Gives the scenario of a point by its index, None where it is wrong.
    """
    wanted = {
        leaf: path
        for leaf in _leaves(config, entries)
        if (path := _candidate(leaf[1], folder)) is not None
    }
    names: dict[Leaf, Input] = {}
    # Few sweeps have any; only these look through their points.
    for index, values in enumerate(points) if wanted else ():
        here = [
            leaf
            for name, value in values.items()
            for leaf in ((name, text) for text in _texts(value))
            if leaf in wanted
        ]
        if here:
            found = scenario(index)
            read = {} if found is None else {file.path: file for file in found.inputs}
            for leaf in here:
                path = wanted.pop(leaf, None)
                if path in read:
                    names[leaf] = read[path]
        if not wanted:
            break
    return SweptFiles(names)


def _leaves(config: SweepConfig, entries: Iterable[Mapping[str, Any]]) -> Iterator[Leaf]:
    """Yield the texts among the values of each field, a design's cells included."""
    over = config.sample.over if config.sample is not None else {}
    for fields in (config.grid, config.zip, over, *entries):
        for name, value in fields.items():
            for text in _texts(value):
                yield name, text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _texts(entry)


def _candidate(text: str, folder: Path) -> Path | None:
    """Return the file that `text` may name."""
    if not text or "\0" in text or len(text) > _LONGEST:
        return None
    for base in (getattr(text, "folder", folder), folder):
        path = Path(os.path.normpath(base / text))
        if path.is_file():
            return path
    return resources.shipped(text)


def with_files(design: Design, config: DesignFile) -> Design:
    """Return a design with the files that its cells stand for, where that is told."""
    told = config.files
    if not told:
        return design

    def meant(name: str, value: Any) -> Any:
        file = told.get(name, {}).get(value) if isinstance(value, str) else None
        return file.written if file is not None else value

    points = [{name: meant(name, value) for name, value in point.items()} for point in design]
    return replace(design, points=tuple(points))
