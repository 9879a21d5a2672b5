"""Fields that name a file which a scenario reads, and the rules for such paths.

A path is relative to the file that holds it, the scenario or what it includes, and may not leave
the scenario's folder through ``..``. An absolute path is taken as it is, and one that is typed as
an override (``--set``) is from the working directory, wherever it leads. ``topologies/NAME`` and
``scenarios/NAME`` are also looked for among the files that come with netsim. The rules keep a
scenario from a stranger from reading files beside its folder unseen; they are no sandbox (symbolic
links are followed).
"""

from __future__ import annotations

import os.path
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from netsim import registry, resources
from netsim.fields.block import problem, shown

_SIBLINGS_LOOKED_AT = 1000


class PlacedText(str):
    """A text of a scenario with the folder of the file that it stands in.

    Should it turn out to be a path, it is meant from there; to all else it is a text. A `free` one
    was typed by the user, whose own files it may name wherever they are.
    """

    __slots__ = ("folder", "free")
    folder: Path
    free: bool

    def __new__(cls, text: str, folder: Path, free: bool = False) -> PlacedText:
        """Return `text` as standing in a file of `folder`."""
        placed = super().__new__(cls, text)
        placed.folder, placed.free = folder, free
        return placed

    def __getnewargs__(self) -> tuple[str, Path, bool]:  # type: ignore[override]
        return str(self), self.folder, self.free


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that a scenario names.

    Parameters
    ----------
    written
        The path as the scenario writes it, from the scenario's folder.
    path
        The absolute path of the file, which existed when the scenario was read.
    """

    written: str
    path: Path

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _write, info_arg=True, when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "format": "uri-reference", "x-unit": ""}


#: The type of a field that names a file.
FilePath: TypeAlias = InputFile


def locate(written: str, folder: Path, top: Path) -> Path:
    """Return the absolute path of the file that `written` names from `folder`.

    Raises
    ------
    PydanticCustomError
        With code ``bad-path``, if the path leaves `top` or no such file is there.
    """
    if not written or "\0" in written or len(written) > 1000:
        raise problem("bad-path", f"{shown(written)} is not a path")
    path = Path(os.path.normpath(folder / written))
    if not Path(written).is_absolute() and not path.is_relative_to(os.path.normpath(top)):
        raise problem(
            "bad-path",
            f"{shown(written)} leaves the scenario's folder",
            hint="copy the file beside the scenario, or write an absolute path",
        )
    try:
        if path.is_file():
            return path
        found = None if path.exists() else resources.shipped(written)
        if found is not None:
            return found
        raise _missing(written, path)
    except OSError as refused:
        message = f"{shown(written)} cannot be read: {refused.strerror}"
        raise problem("bad-path", message) from None


def _missing(written: str, path: Path) -> Exception:
    if path.is_dir():
        return problem("bad-path", f"{shown(written)} is a folder, not a file")
    if path.exists():
        return problem("bad-path", f"{shown(written)} is not a regular file")
    return problem("bad-path", f"there is no file {shown(written)}", hint=similar(path) or "")


def similar(path: Path) -> str | None:
    """Return ``did you mean 'x'?`` for the file beside the missing `path` whose name is nearest."""
    try:
        siblings = sorted(path.parent.iterdir())[:_SIBLINGS_LOOKED_AT]
    except OSError:
        return None
    names = [sibling.name for sibling in siblings if sibling.is_file()]
    near = registry.nearest(path.name, names)
    if near is None:
        return None
    # Two short names with one suffix are alike by the suffix alone.
    alike = registry.nearest(path.stem, [Path(near).stem]) or path.suffix != Path(near).suffix
    return registry.did_you_mean(path.name, [near]) if alike else None


def _read(value: Any, info: core_schema.ValidationInfo) -> InputFile:
    if isinstance(value, InputFile):
        return value
    if not isinstance(value, str):
        raise problem("bad-type", f"{shown(value)} is not a path")
    top: Path = (info.context or {}).get("folder") or Path.cwd()
    folder = value.folder if isinstance(value, PlacedText) else top
    free = isinstance(value, PlacedText) and value.free
    path = locate(value, folder, Path(folder.anchor) if free else top)
    if free and not path.is_relative_to(top):
        return InputFile(str(path), path)
    inside = not Path(value).is_absolute() and path.is_relative_to(top)
    return InputFile(path.relative_to(top).as_posix() if inside else str(value), path)


def _write(value: InputFile, info: core_schema.SerializationInfo) -> str:
    """Return the path as written, or what the serializing context wants in its place."""
    replace: Callable[[InputFile], str] | None = (info.context or {}).get("file")
    return replace(value) if replace else value.written
