"""Within groups, across them, and within them again: slow links carry a share of the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.linear import block_bytes
from netsim.collective.algorithms.rounds import ring_all_gather, ring_reduce_scatter
from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task

    Ints = NDArray[np.int64]


@register("collective_algorithm", "hier")
class Hierarchical:
    """Rings inside groups and between those who stand at the same place in each."""

    source: ClassVar[str] = (
        "M. Cho et al., BlueConnect: decomposing all-reduce for deep learning on heterogeneous "
        "network hierarchy, MLSys 2019"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce", "all_to_all")
    grouped: ClassVar[bool] = True

    @staticmethod
    def problem(task: Task) -> str | None:
        """Return what is wrong with the groups."""
        if not task.groups:
            return "hier needs groups: topology.groups, or leaves with several hosts each"
        if task.op == "all_to_all" and task.group is None:
            return "hier's all_to_all needs groups of equal size"
        return None

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the phases one after the other."""
        if task.op == "all_to_all":
            return _all_to_all(task)
        return _all_reduce(task)

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return the sum of the phases, each as long as if it were alone."""
        if task.group is None:
            return Formula(None, exact=False, note="unequal groups: simulate")
        inside, groups = task.group, task.ranks // task.group
        near, far = costs.latency, costs.across[0]
        size, b0, b1 = task.size, costs.byte_time, costs.across[1]
        if task.op == "all_to_all":
            time = near + (inside - 1) / inside * size * b0 if inside > 1 else 0.0
            time += far + (groups - 1) / groups * size * b1 if groups > 1 else 0.0
            return Formula(time)
        time = 2 * (inside - 1) * (near + size / inside * b0)
        time += 2 * (groups - 1) * (far + size / task.ranks * b1)
        share = (inside - 1) / inside + (groups - 1) / task.ranks
        whole = size % task.ranks == 0
        note = "" if whole else "blocks differ by a byte"
        return Formula(time + share * size * costs.reduce_time, whole, note)


def _all_reduce(task: Task) -> Schedule:
    """Return reduce-scatter inside, all-reduce across, all-gather inside.

    The vector is cut at the shards of every group's size, and each piece once more for the ring
    across; who holds a piece in each group makes that ring.
    """
    groups = len(task.groups)
    bounds, holder = _pieces(task)
    sizes = np.concatenate([even(int(size), groups) for size in np.diff(bounds)])
    draft = Draft(task.ranks, sizes)
    sizes_of = np.array(task.groups, np.int64)
    starts = np.cumsum(sizes_of) - sizes_of
    inside = [_inside(task, group, holder[group]) for group in range(groups)]
    across = max(
        ring_reduce_scatter(draft, starts[group] + members, shards, 0)
        for group, (members, shards) in enumerate(inside)
    )
    holders = (starts[:, None] + holder).T.copy()
    blocks = np.arange(len(sizes)).reshape(-1, groups, 1)
    between = ring_reduce_scatter(draft, holders, blocks, across, link_class=1)
    back = ring_all_gather(draft, holders, blocks, between, link_class=1)
    for group, (members, shards) in enumerate(inside):
        ring_all_gather(draft, starts[group] + members, shards, back)
    return draft.done()


def _pieces(task: Task) -> tuple[Ints, Ints]:
    """Return where the vector is cut, and by group and piece which member holds it.

    Shards of a group are whole bytes, as even as possible.
    """
    shards = {size: np.concatenate([[0], np.cumsum(even(task.size, size))]) for size in task.groups}
    bounds = np.unique(np.concatenate(list(shards.values()))).astype(np.int64)
    if len(bounds) < 2:
        bounds = np.array([0, 0])
    holder = [np.searchsorted(shards[size], bounds[:-1], "right") - 1 for size in task.groups]
    limits = np.array(task.groups)[:, None] - 1
    return bounds, np.minimum(np.array(holder, np.int64), limits)


def _inside(task: Task, group: int, holder: Ints) -> tuple[Ints, Ints]:
    """Return the ring inside a group with the chunks of each member's shard, filled up by -1."""
    size, groups = task.groups[group], len(task.groups)
    pieces = [np.flatnonzero(holder == member) for member in range(size)]
    chunks = np.full((size, max(map(len, pieces)) * groups), -1)
    for member, piece in enumerate(pieces):
        chunks[member, : len(piece) * groups] = (
            piece[:, None] * groups + np.arange(groups)
        ).reshape(-1)
    return np.arange(size)[None], chunks[None]


def _all_to_all(task: Task) -> Schedule:
    """Return the two phases: to the member at the receiver's place, then to its group."""
    inside = task.groups[0]
    groups = task.ranks // inside
    rank = np.arange(task.ranks)
    group, place = rank // inside, rank % inside
    draft = Draft(task.ranks, block_bytes(task), moves=True)
    others = np.arange(groups)
    handed = []
    for step in range(1, inside):
        towards = (place + step) % inside
        blocks = rank[:, None] * task.ranks + others * inside + towards[:, None]
        handed.append((towards, draft.send(rank, group * inside + towards, blocks, 0)))
    gathered = draft.join(rank, np.zeros((task.ranks, 0), np.int64), 1)
    for towards, sent in handed:
        draft.wait(gathered[group * inside + towards], sent)
    origin = group[:, None] * inside + np.arange(inside)
    for step in range(1, groups):
        target = (group + step) % groups * inside + place
        blocks = origin * task.ranks + target[:, None]
        draft.wait(draft.send(rank, target, blocks, 2, link_class=1), gathered)
    return draft.done()
