"""Arrays from an .npz file of a user's: looked at before anything is unpacked.

An archive says how large its parts are before they are read, so a small file that would fill the
memory is refused, as is anything that is no plain array of numbers.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netsim.problems import Problem, ProblemsFound
from netsim.reading import open_regular

#: Bytes that a file may unpack to.
MOST_BYTES: Final = 2 * 1024**3


def read_arrays(
    path: Path, needed: Sequence[str] = (), optional: Sequence[str] = ()
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz file by name: all that are `needed`, and of `optional` some.

    Raises
    ------
    ProblemsFound
        If it is no such file, is too large, lacks an array, or one holds no finite numbers.
    """
    try:
        with open_regular(path) as file:
            with zipfile.ZipFile(file) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
            if size > MOST_BYTES:
                raise _wrong(path, f"'{path.name}' unpacks to {size:,} B", "at most 2 GiB")
            file.seek(0)
            with np.load(file, allow_pickle=False) as stored:
                missing = [name for name in needed if name not in stored]
                if missing:
                    there = ", ".join(stored.files) or "nothing"
                    message = f"'{path.name}' has no array '{missing[0]}'"
                    raise _wrong(path, message, f"it has: {there[:200]}")
                names = [name for name in (*needed, *optional) if name in stored]
                found = {name: stored[name] for name in names}
    except (
        OSError,
        ValueError,
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        RuntimeError,
    ) as why:
        raise _wrong(path, f"'{path.name}' is no .npz file of arrays", str(why)[:200]) from None
    for name, array in found.items():
        if array.dtype.kind not in "buif":
            raise _wrong(path, f"array '{name}' of '{path.name}' holds no numbers")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise _wrong(path, f"array '{name}' of '{path.name}' holds a value that is not finite")
    return found


def _wrong(path: Path, message: str, hint: str = "") -> ProblemsFound:
    return ProblemsFound(Problem(message, ("file",), "bad-data", hint, path, 1, 1))
