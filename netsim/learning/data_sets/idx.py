"""A user's own images in the IDX format of MNIST and Fashion-MNIST, plain or packed by gzip.

A file starts with the bytes 0, 0, type (8: unsigned bytes) and number of axes, then each axis's
length as a big-endian 32-bit integer, then the bytes. No more is unpacked than the head says.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.fields import FilePath, field
from netsim.learning.array_file import MOST_BYTES
from netsim.learning.data_set import DataConfig, DataSet
from netsim.learning.labelled import checked
from netsim.problems import Problem, ProblemsFound
from netsim.reading import open_regular
from netsim.registry import register

_BYTES: Final = 8
_PACKED: Final = b"\x1f\x8b"


@register("data_set", "idx")
class Idx:
    """Images and classes from two IDX files; pixels are scaled by 1/255."""

    source: ClassVar[str] = "LeCun, Cortes, Burges, The MNIST database, 1998"
    example: ClassVar[dict[str, Any]] = {"file": "images.idx", "labels": "labels.idx"}

    class Config(DataConfig):
        """The two files."""

        file: FilePath = field(description="images, one axis for them and one or more for pixels")
        labels: FilePath = field(description="their classes, one axis")

    @staticmethod
    def problems(config: Config) -> list[Problem]:
        """Return what is wrong with the files."""
        try:
            Idx.load(config, np.random.Generator(np.random.Philox(0)))
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        found = Idx.load(config, np.random.Generator(np.random.Philox(0)))
        return len(found), found.features.shape[1], found.classes

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return the images; draws nothing."""
        images = read_idx(config.file.path, "file")
        label = read_idx(config.labels.path, "labels")
        return checked(config.file.path, images, label, 1 / 255)


def read_idx(path: Path, at: str) -> NDArray[np.uint8]:
    """Return the array of an IDX file.

    Raises
    ------
    ProblemsFound
        If it is none, is too large, or is cut short.
    """
    try:
        with open_regular(path) as raw:
            packed = raw.peek(2)[:2] == _PACKED
            source: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            head = source.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _BYTES or not 1 <= head[3] <= 4:
                raise _wrong(path, at, f"'{path.name}' is no IDX file of bytes")
            shape = [int.from_bytes(source.read(4), "big") for _ in range(head[3])]
            size = math.prod(shape)
            if size > MOST_BYTES:
                raise _wrong(path, at, f"'{path.name}' says that it holds {size:,} B")
            body = source.read(size)
            if len(body) != size or source.read(1):
                raise _wrong(path, at, f"'{path.name}' does not hold the {size:,} B that it says")
    except (OSError, EOFError, zlib.error) as why:
        raise _wrong(path, at, f"'{path.name}' cannot be read: {str(why)[:200]}") from None
    return np.frombuffer(body, np.uint8).reshape(shape)


def _wrong(path: Path, at: str, message: str) -> ProblemsFound:
    hint = "images start with the bytes 0 0 8 3, classes with 0 0 8 1"
    return ProblemsFound(Problem(message, (at,), "bad-data", hint, path, 1, 1))
