"""Samples from a table, one row each: columns of numbers, and a column of classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from netsim.datafiles import columns
from netsim.datafiles.kinds import Number
from netsim.fields import FilePath, field
from netsim.learning.data_set import MOST_NUMBERS, DataConfig, DataSet
from netsim.learning.labelled import checked
from netsim.problems import Problem, ProblemsFound

_VALUE: Final = Number("a finite number")
_INDEX: Final = Number("a whole number from 0", least=0, whole=True)


class TableConfig(DataConfig):
    """The file and its columns."""

    file: FilePath = field(description="the file, a row per sample")
    label: str = field("label", description="column of classes: whole numbers from 0")
    features: tuple[str, ...] | None = field(
        None, description="columns of features; default: all others", max_length=5000
    )
    holder: str | None = field(
        None, description="column of who holds a sample, from 0, for partition given"
    )
    scale: float = field(1.0, description="factor of all features, such as 1/255", gt=0)


class Table:
    """Samples from a table of one format; what a registered data set of it inherits."""

    suffixes: tuple[str, ...] = ()

    @classmethod
    def problems(cls, config: Any) -> list[Problem]:
        """Return what is wrong with the file."""
        try:
            cls._loaded(config)
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @classmethod
    def extent(cls, config: Any) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        found = cls._loaded(config)
        return len(found), found.features.shape[1], found.classes

    @classmethod
    def groups(cls, config: Any) -> int | None:
        """Return how many holders the file names; None without such a column."""
        group = cls._loaded(config).group
        return None if group is None else int(group.max()) + 1

    @classmethod
    def load(cls, config: Any, generator: np.random.Generator) -> DataSet:
        """Return the samples; draws nothing."""
        return cls._loaded(config)

    @classmethod
    def _loaded(cls, config: Any) -> DataSet:
        path: Path = config.file.path
        if path.suffix.lower() not in cls.suffixes:
            message = f"'{path.name}' is no {cls.suffixes[0]} file by its name"
            hint = "take the kind of its format, or name it by its format"
            raise ProblemsFound(Problem(message, ("file",), "bad-data", hint, path, 1, 1))
        special = [config.label] + ([] if config.holder is None else [config.holder])
        names = config.features
        if names is None:
            names = tuple(name for name in columns.header(path) if name not in special)
        if not names:
            message = f"'{path.name}' has no columns of features"
            hint = f"it needs some beside {', '.join(special)}"
            raise ProblemsFound(Problem(message, ("file",), "bad-data", hint, path, 1, 1))
        wanted = {**dict.fromkeys(names, _VALUE), **dict.fromkeys(special, _INDEX)}
        found = columns.read(path, wanted)
        if len(found) * len(names) > MOST_NUMBERS:
            message = f"{len(found):,} samples of {len(names):,} features are too many"
            raise ProblemsFound(Problem(message, ("file",), "too-large", "", path, 1, 1))
        features = np.stack([found[name] for name in names], axis=1)
        group = None if config.holder is None else found[config.holder]
        return checked(path, features, found[config.label], config.scale, group)
