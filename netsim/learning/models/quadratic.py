"""Quadratic losses, node by node: f_i(x) = 1/2 sum_k h_ik (x_k - c_ik)^2.

Every algorithm on them is a linear recursion, so fixed points and rates are known in closed form,
and a whole analytic case fits into a scenario file. Always in double precision.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netsim.fields import FilePath, field
from netsim.learning.array_file import read_arrays
from netsim.learning.peer_model import PeerModelConfig
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

Array = NDArray[np.float64]
#: One number for all, one per node, or one per node and dimension.
Numbers: TypeAlias = float | tuple[float, ...] | tuple[tuple[float, ...], ...]


class Quadratic:
    """The losses of all nodes.

    Parameters
    ----------
    h, c, start
        Curvatures, minima and starting points, (nodes, dimensions) each.
    """

    def __init__(self, h: Array, c: Array, start: Array) -> None:
        self.h, self.c, self.start = h, c, start
        #: Number of parameters.
        self.size = h.shape[1]

    def gradient(self, theta: Array, rows: NDArray[np.int64], out: Array) -> None:
        """Write the gradients of nodes `rows` at their `theta` to `out`."""
        np.multiply(self.h[rows], theta - self.c[rows], out=out)

    def own_loss(self, theta: Array, rows: NDArray[np.int64]) -> Array:
        """Return f_i at the model of each of `rows`."""
        loss: Array = 0.5 * (self.h[rows] * (theta - self.c[rows]) ** 2).sum(axis=1)
        return loss

    def common_loss(self, theta: Array) -> Array:
        """Return the mean of all nodes' losses at each row of `theta`.

        Expanded around the common minimum m = sum h c / sum h: the mean of h/2 (x - c)^2 over the
        nodes is H/2 (x - m)^2 and a constant, H the mean of h.
        """
        weight = self.h.mean(axis=0)
        safe = np.where(weight > 0, weight, 1.0)
        best = np.where(weight > 0, (self.h * self.c).mean(axis=0) / safe, 0.0)
        least = 0.5 * (self.h * (best - self.c) ** 2).mean(axis=0).sum()
        loss: Array = 0.5 * (weight * (theta - best) ** 2).sum(axis=1) + least
        return loss


@register("peer_model", "quadratic")
class QuadraticModel:
    """A quadratic loss of its own for every node, whose optimum is known."""

    source: ClassVar[str] = "f_i(x) = 1/2 sum_k h_ik (x_k - c_ik)^2"
    example: ClassVar[dict[str, Any]] = {"h": (1.0, 2.0), "c": (0.0, 3.0)}

    class Config(PeerModelConfig):
        """Curvatures, minima, starting points."""

        h: Numbers = field(1.0, description="curvatures: one number, one a node, or nodes x dims")
        c: Numbers = field(0.0, description="minima: one number, one a node, or nodes x dims")
        x0: Numbers = field(0.0, description="start: one number, one a node, or nodes x dims")
        file: FilePath | None = field(
            None, description="an .npz file whose arrays h, c, x0 take the place of these fields"
        )

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what keeps the numbers from being those of so many nodes."""
        try:
            _arrays(config, nodes)
        except ProblemsFound as found:
            return list(found.problems)
        return []

    @staticmethod
    def build(config: Config, nodes: int, features: int, classes: int) -> Quadratic:
        """Return the losses of `nodes` nodes."""
        return Quadratic(*_arrays(config, nodes))


def _arrays(config: QuadraticModel.Config, nodes: int) -> list[Array]:
    """Return h, c and x0, all (nodes, dimensions)."""
    given: dict[str, Any] = {"h": config.h, "c": config.c, "x0": config.x0}
    if config.file is not None:
        given |= read_arrays(config.file.path, optional=("h", "c", "x0"))
    arrays, wide, found = {}, 1, []
    for name, value in given.items():
        rows = {len(row) for row in value if isinstance(row, tuple)} if _is_list(value) else set()
        if len(rows) > 1:
            found.append(Problem(f"the rows of {name} differ in length", (name,), "bad-value"))
            continue
        array = np.asarray(value, np.float64)
        array = array.reshape(-1, 1) if array.ndim < 2 else array
        if array.ndim > 2 or len(array) not in (1, nodes) or not np.isfinite(array).all():
            message = f"{name} is {'x'.join(map(str, array.shape))}, for {nodes:,} nodes"
            hint = "one number, a number per node, or a row per node; all finite"
            found.append(Problem(message, (name,), "unsatisfiable", hint))
            continue
        arrays[name] = array
        wide = max(wide, array.shape[1])
    for name, array in arrays.items():
        if array.shape[1] not in (1, wide):
            message = f"{name} has {array.shape[1]} dimensions, others {wide}"
            found.append(Problem(message, (name,), "unsatisfiable", "give all the same"))
    if not found and (arrays["h"] < 0).any():
        found.append(Problem("a curvature is negative", ("h",), "out-of-range", "h >= 0"))
    if found:
        raise ProblemsFound(*found)
    return [np.array(np.broadcast_to(arrays[name], (nodes, wide))) for name in ("h", "c", "x0")]


def _is_list(value: Any) -> bool:
    return isinstance(value, tuple)
