"""What a scenario of the family `collective` holds, and what makes one impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np

from netsim.collective.network import groups_of
from netsim.collective.task import Task
from netsim.delays.process import Delay
from netsim.fabric.schema import NetworkConfig
from netsim.family import ScenarioModel
from netsim.fields import Config, Data, EitherDash, NameOf, Rate, field
from netsim.problems import Problem
from netsim.registry import lookup, names

if TYPE_CHECKING:
    from netsim.topology.network import Network

_NCCL = "nccl-tests, doc/PERFORMANCE.md"
#: Most ranks whose schedules are proved before they run.
PROVED: Final = 256


class CollectiveConfig(Config):
    """One collective operation, and how it is performed."""

    op: Annotated[
        Literal[
            "all_reduce",
            "reduce_scatter",
            "all_gather",
            "all_to_all",
            "broadcast",
            "reduce",
            "gather",
            "scatter",
            "barrier",
            "sendrecv",
        ],
        EitherDash(),
    ] = field(description="the operation")
    algorithm: Annotated[str, NameOf("collective_algorithm", also=("auto",))] = field(
        "auto", description="how it is performed; auto: what closed forms say is fastest"
    )
    size: Data = field(
        "0 B",
        description="bytes as nccl-tests counts them: of the vector (all_reduce, broadcast, "
        "reduce), of all ranks together (reduce_scatter, all_gather), of each rank (all_to_all, "
        "gather, scatter), of the message (sendrecv)",
        source=_NCCL,
    )
    chunks: int = field(
        1, description="pieces that trees and chains are pipelined in", ge=1, le=65_536
    )
    ranks: Literal["all"] | int = field(
        "all", description="ranks that take part, on hosts 0, 1, ...; all: one on each host"
    )
    root: int = field(0, description="the rank that has, or gets, everything", ge=0)
    reduce_rate: Rate | None = field(
        None, description="bytes that a rank reduces per second; default: reducing takes no time"
    )
    channels: int = field(
        1, description="rings that share the data, each with an order of its own", ge=1, le=64
    )
    protocol: Literal["simple", "ll", "ll128"] = field(
        "simple",
        description="what is sent for the bytes: themselves, twice as much (ll), 128/120 (ll128)",
        source="NCCL, LL and LL128 protocols",
    )
    matrix: tuple[tuple[float, ...], ...] | None = field(
        None,
        description="all_to_all: share of `size` that rank i (row) sends to rank j (column); "
        "default: 1/N to everybody",
        max_length=512,
    )


class CollectiveScenario(ScenarioModel, NetworkConfig):
    """A collective operation among ranks on the hosts of a network."""

    collective: CollectiveConfig = field(description="the operation")
    iterations: int = field(
        1, description="how often it is performed, one after the other", ge=1, le=100_000
    )
    delays: Delay | None = field(
        None,
        description="how late each rank begins an iteration, in place of a worker and a round of "
        "the delay process; default: all begin at once",
    )
    fidelity: Annotated[str, NameOf("fidelity", also=("analytic",))] = field(
        "packet",
        description="level of detail: every packet, the ports of hosts alone, or closed forms "
        "without any simulation",
    )


#: What is sent per byte of data.
WIRE: Final = {"simple": 1.0, "ll": 2.0, "ll128": 128 / 120}


def task_of(scenario: CollectiveScenario, network: Network) -> Task:
    """Return what the scenario asks for; bytes are those on the wire."""
    asked = scenario.collective
    ranks = network.host_count if asked.ranks == "all" else asked.ranks
    return Task(
        op=asked.op,
        ranks=ranks,
        size=round(asked.size * WIRE[asked.protocol]),
        chunks=asked.chunks,
        root=asked.root,
        channels=asked.channels,
        groups=groups_of(network, ranks),
        matrix=None if asked.matrix is None else np.array(asked.matrix, np.float64),
    )


def reduce_time(scenario: CollectiveScenario) -> float:
    """Return the seconds that a byte takes to be reduced."""
    rate = scenario.collective.reduce_rate
    return 0.0 if rate is None else 8.0 / rate


def problems(scenario: CollectiveScenario, network: Network) -> list[Problem]:
    """Return what of the operation the network or the algorithm cannot do."""
    asked = scenario.collective
    if asked.op == "barrier" and asked.size:
        message = "a barrier has no bytes"
        return [Problem(message, ("collective", "size"), "bad-value", "leave it out")]
    if asked.op != "barrier" and not asked.size:
        hint = "write how many bytes, such as size: 64 MB"
        return [Problem(f"{asked.op} of nothing", ("collective", "size"), "missing-field", hint)]
    ranks = network.host_count if asked.ranks == "all" else asked.ranks
    found = _of_ranks(asked, ranks, network)
    if found:
        return found
    return _of_matrix(asked, ranks) + _of_algorithm(scenario, network)


def _of_ranks(asked: CollectiveConfig, ranks: int, network: Network) -> list[Problem]:
    if not 1 <= ranks <= network.host_count:
        message = f"{ranks} ranks on {network.host_count} hosts"
        hint = f"1 to {network.host_count}: rank i is on host i"
        return [Problem(message, ("collective", "ranks"), "out-of-range", hint)]
    if asked.root >= ranks:
        message = f"there is no rank {asked.root}"
        hint = f"ranks are 0 to {ranks - 1}"
        return [Problem(message, ("collective", "root"), "out-of-range", hint)]
    return []


def _of_matrix(asked: CollectiveConfig, ranks: int) -> list[Problem]:
    if asked.matrix is None:
        return []
    at: tuple[Any, ...] = ("collective", "matrix")
    if asked.op != "all_to_all":
        return [Problem(f"{asked.op} has no matrix", at, "bad-value", "it belongs to all_to_all")]
    for row, shares in enumerate(asked.matrix):
        if len(shares) != ranks:
            message = f"row {row} has {len(shares)} shares for {ranks} ranks"
            return [Problem(message, (*at, row), "bad-value", f"write {ranks} of them")]
        for column, share in enumerate(shares):
            if not 0 <= share <= 1:
                message = f"{share:g} is not a share of what rank {row} sends to rank {column}"
                hint = "between 0 and 1"
                return [Problem(message, (*at, row, column), "out-of-range", hint)]
        if sum(shares) > 1 + 1e-9:
            message = f"rank {row} sends {sum(shares):g} of its bytes"
            return [Problem(message, (*at, row), "out-of-range", "a row adds up to 1 at most")]
    if len(asked.matrix) != ranks:
        message = f"the matrix has {len(asked.matrix)} rows for {ranks} ranks"
        return [Problem(message, at, "bad-value", f"write {ranks} of them")]
    return []


def _of_algorithm(scenario: CollectiveScenario, network: Network) -> list[Problem]:
    asked = scenario.collective
    at = ("collective", "algorithm")
    known = algorithms_for(asked.op)
    if asked.algorithm == "auto":
        return []
    if asked.algorithm not in known:
        chosen = lookup("collective_algorithm", asked.algorithm)
        message = f"{asked.algorithm} is no algorithm for {asked.op}"
        hint = f"{asked.op}: {', '.join(known)}; {asked.algorithm}: {', '.join(chosen.ops)}"
        return [Problem(message, at, "bad-value", hint, also=("collective", "op"))]
    chosen = lookup("collective_algorithm", asked.algorithm)
    judge = getattr(chosen, "problem", None)
    task = task_of(scenario, network)
    said = judge(task) if judge is not None else None
    found = [Problem(said, at, "bad-value", also=("topology",))] if said else []
    if task.matrix is not None and not getattr(chosen, "takes_matrix", False):
        message = f"{asked.algorithm} sends equal blocks and takes no matrix"
        found.append(
            Problem(message, ("collective", "matrix"), "bad-value", "algorithm: linear does")
        )
    return found


def algorithms_for(op: str) -> list[str]:
    """Return the names of the algorithms that perform `op`."""
    kind = "collective_algorithm"
    return [name for name in names(kind) if op in lookup(kind, name).ops]
