"""A user's own samples in an .npz file: arrays of features and of classes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.fields import FilePath, field
from netsim.learning.array_file import read_arrays
from netsim.learning.data_set import DataConfig, DataSet
from netsim.learning.labelled import checked
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register


@register("data_set", "npz")
class Npz:
    """Samples from a file of arrays, as numpy's `savez` writes it."""

    source: ClassVar[str] = "numpy's .npz format"
    example: ClassVar[dict[str, Any]] = {"file": "samples.npz"}

    class Config(DataConfig):
        """The file and its arrays."""

        file: FilePath = field(description="the .npz file")
        features: str = field("x", description="array of samples: the first axis counts them")
        label: str = field("y", description="array of classes: whole numbers from 0")
        holder: str | None = field(
            None, description="array of who holds a sample, from 0, for partition given"
        )
        scale: float = field(1.0, description="factor of all features, such as 1/255", gt=0)

    @staticmethod
    def problems(config: Config) -> list[Problem]:
        """Return what is wrong with the file."""
        try:
            Npz.load(config, np.random.Generator(np.random.Philox(0)))
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @staticmethod
    def groups(config: Config) -> int | None:
        """Return how many holders the file names; None without such an array."""
        group = Npz.load(config, np.random.Generator(np.random.Philox(0))).group
        return None if group is None else int(group.max()) + 1

    @staticmethod
    def extent(config: Config) -> tuple[int, int, int]:
        """Return samples, features, classes."""
        found = Npz.load(config, np.random.Generator(np.random.Philox(0)))
        return len(found), found.features.shape[1], found.classes

    @staticmethod
    def load(config: Config, generator: np.random.Generator) -> DataSet:
        """Return the samples; draws nothing."""
        holder = () if config.holder is None else (config.holder,)
        arrays = read_arrays(config.file.path, (config.features, config.label, *holder))
        features, label = arrays[config.features], arrays[config.label]
        group = None if config.holder is None else arrays[config.holder]
        return checked(config.file.path, features, label, config.scale, group)
