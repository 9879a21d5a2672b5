"""Samples of a user's file, checked: as many classes as samples, none missing in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.learning.data_set import DataSet
from netsim.problems import Problem, ProblemsFound


def checked(
    path: Path,
    features: NDArray[Any],
    label: NDArray[Any],
    scale: float = 1.0,
    group: NDArray[Any] | None = None,
) -> DataSet:
    """Return the data set of these arrays, samples flattened to rows.

    Raises
    ------
    ProblemsFound
        If they do not fit together.
    """
    found = _fault(features, label) or _fault_of_holders(label, group)
    if found:
        message, hint = found
        raise ProblemsFound(Problem(message, ("file",), "bad-data", hint, path, 1, 1))
    rows = features.reshape(len(features), -1).astype(np.float32)
    if scale != 1.0:
        rows *= np.float32(scale)
    classes = label.astype(np.int64)
    held = None if group is None else group.astype(np.int64)
    return DataSet(rows, classes, int(classes.max()) + 1, held)


def _fault(features: NDArray[Any], label: NDArray[Any]) -> tuple[str, str] | None:
    """Return what is wrong with the arrays, and how to mend it."""
    if features.ndim < 2 or label.ndim != 1:
        shapes = f"{features.ndim} and {label.ndim} axes"
        return f"samples and classes have {shapes}", "two or more, and one"
    if len(features) != len(label):
        return f"{len(features):,} samples have {len(label):,} classes", "give one each"
    if len(label) < 2:
        return f"{len(label)} samples are too few", "at least 2"
    if label.dtype.kind not in "bui":
        return "classes are no whole numbers", "number them from 0"
    there = np.unique(label)
    if there[0] != 0 or there[-1] != len(there) - 1:
        return "classes are not numbered 0, 1, 2, ... without gaps", "number them anew"
    return None


def _fault_of_holders(label: NDArray[Any], group: NDArray[Any] | None) -> tuple[str, str] | None:
    """Return what is wrong with who holds what."""
    if group is None:
        return None
    if group.ndim != 1 or len(group) != len(label) or group.dtype.kind not in "bui":
        return f"holders are no whole numbers, one for each of {len(label):,} samples", "from 0"
    if int(group.min()) < 0:
        return "a holder has a negative number", "number them from 0"
    return None
