"""The data files of a scenario, kept with its results, so that a run directory stands alone.

Results name a file as ``inputs/<12 digits of its SHA-256>-<name>``, whatever the scenario wrote and
wherever the file lay: equal content under equal names gives equal bytes, and a run of what was
recorded names its files as the first one did. A run directory holds a copy of each, or a link in
place of one that is too large to be copied for every run.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netsim.errors import ScenarioError
from netsim.metrics import layout
from netsim.metrics.atomic import NewFile, sha256, temporary, writing
from netsim.metrics.own_places import make_folder
from netsim.reading import open_regular, size_of

#: Larger files are linked, not copied.
LARGEST_COPY: Final = 64 * 1024 * 1024
_BLOCK: Final = 1 << 20
_LONGEST_NAME: Final = 100
_DIGITS: Final = 12
_KEPT: Final = re.compile(rf"{layout.INPUTS}/[0-9a-f]{{{_DIGITS}}}-(.+)")


@dataclass(frozen=True, slots=True)
class Input:
    """A data file that a scenario reads.

    Parameters
    ----------
    path
        Where it lies.
    sha256
        Digest of its content.
    """

    path: Path
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Input:
        """Return the file at `path` with its digest."""
        return cls(path, sha256(path))

    @property
    def name(self) -> str:
        """Return its path within a run directory; that of a copy is its own."""
        digits = f"{self.sha256[:_DIGITS]}-"
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", self.path.name).removeprefix(digits)
        return f"{layout.INPUTS}/{digits}{plain[-_LONGEST_NAME:]}"

    def record(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {"name": self.name, "path": str(self.path), "sha256": self.sha256}


def written(value: Any) -> Any:
    """Return a value with the name that a data file had before it was kept, ``flows.csv``."""
    kept = _KEPT.fullmatch(value) if isinstance(value, str) else None
    return kept[1] if kept is not None else value


def keep(inputs: Iterable[Input], directory: Path) -> None:
    """Copy `inputs` to their names in the run directory `directory`, or link what is large.

    Raises
    ------
    ScenarioError
        If a file is not any more what it was when the scenario was read.
    """
    for file in inputs:
        kept = directory / file.name
        with writing(kept):
            make_folder(kept.parent)
            if not kept.is_file() or sha256(kept) != file.sha256:
                _bring(file, kept)


def _bring(file: Input, kept: Path) -> None:
    """Make `kept` a copy of `file`, or a link to it, at once or not at all."""
    if size_of(file.path) > LARGEST_COPY:
        link = temporary(kept)
        link.unlink(missing_ok=True)
        link.symlink_to(file.path.resolve())
        os.replace(link, kept)
        return
    digest = hashlib.sha256()
    with open_regular(file.path) as source, NewFile(kept) as copy:
        while block := source.read(_BLOCK):
            digest.update(block)
            copy.write(block)
        if digest.hexdigest() != file.sha256:
            raise ScenarioError(f"{file.path} changed while the run began; start it again")
        copy.publish()
