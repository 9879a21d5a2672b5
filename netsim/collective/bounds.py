"""What no result may beat: bytes that a port must carry, whatever the algorithm, and latencies.

A result below is an error of the model, not a fast algorithm (results of other tools have been seen
hundreds of times below it, where pieces of one message shared a port at no cost). The second bound
is that of the schedule itself: the bytes that it puts through each port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from netsim.collective.task import Costs, Task

#: Of `size`, what the busiest port must carry: so often (N-1)/N of it, and so often the whole.
_SHARES: Final = {
    "all_reduce": (2, 0),
    "reduce_scatter": (1, 0),
    "all_gather": (1, 0),
    "all_to_all": (1, 0),
    "gather": (1, 0),
    "scatter": (1, 0),
    "broadcast": (0, 1),
    "reduce": (0, 1),
    "sendrecv": (0, 1),
    "barrier": (0, 0),
}


def port_share(op: str, ranks: int) -> float:
    """Return the bytes that the busiest port must carry, as a share of the operation's size."""
    parts, wholes = _SHARES[op]
    return parts * (ranks - 1) / ranks + wholes if ranks > 1 else 0.0


def lower_bound(task: Task, costs: Costs, *, switched: bool = False) -> float:
    """Return the least time in seconds, bytes and one latency, on ports as `costs` says.

    Two classes of ports: the larger of what all ports of a rank can carry together, and of what the
    groups have to exchange, each as one rank with all its ports (both of the same formula). With
    `switched`, where switches reduce, each byte of an all-reduce crosses a port once.
    """
    if task.ranks == 1:
        return 0.0
    share = 1.0 if switched and task.op == "all_reduce" else port_share(task.op, task.ranks)
    if task.matrix is not None:
        share = _of_matrix(task)
    if costs.outer_byte_time is None or not task.groups:
        return costs.latency * (share > 0 or task.op == "barrier") + share * task.size * (
            costs.byte_time
        )
    latency = min(costs.latency, costs.across[0])
    together = 1.0 / (1.0 / costs.byte_time + 1.0 / costs.outer_byte_time)
    bound = share * task.size * together
    inside = task.group
    if inside is not None and task.ranks > inside and task.matrix is None:
        groups = task.ranks // inside
        size = task.size * (inside if task.op == "all_to_all" else 1)
        if task.op in ("all_reduce", "reduce_scatter", "all_gather", "all_to_all"):
            bound = max(bound, port_share(task.op, groups) * size * costs.outer_byte_time / inside)
    return latency + bound


def _of_matrix(task: Task) -> float:
    """Return the bytes of the busiest port, as a share of `size`."""
    matrix = task.matrix
    if matrix is None:
        return 0.0
    off = matrix.copy()
    off[range(len(off)), range(len(off))] = 0.0
    return float(max(off.sum(axis=0).max(), off.sum(axis=1).max()))


def bus_factor(op: str, ranks: int) -> float:
    """Return bus bandwidth over algorithm bandwidth (nccl-tests, doc/PERFORMANCE.md).

    A run that is bound by bandwidth alone has the bandwidth of a port as its bus bandwidth.
    """
    if op in ("broadcast", "reduce", "sendrecv"):
        return 1.0
    return port_share(op, ranks)
