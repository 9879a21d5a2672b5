"""Completion times of collectives against closed forms, and their bytes against the bound.

On ports alone an algorithm takes a sum of latencies and of bytes over the busiest ports, known in
closed form. The forms of each are those that its module derives; here they are written again, as
numbers of steps, so that one mistake is not made twice. Times are whole picoseconds, so that each
message on the longest way may be off by one.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

LATENCY: Final = 1e-6
BYTE: Final = 1 / 50e9
RANKS: Final = 12
SIZE: Final = 12 * 8 * 10_000

#: Operation, algorithm, latencies, and bytes over `SIZE`.
FORMS: Final = (
    ("all_reduce", "ring", 22, 22 / 12),
    ("all_reduce", "direct", 2, 22 / 12),
    ("all_reduce", "star", 2, 22.0),
    ("all_reduce", "halving_doubling", 8, 2 + 2 * 7 / 8),
    ("reduce_scatter", "ring", 11, 11 / 12),
    ("reduce_scatter", "pat", 4, 11 / 12),
    ("all_gather", "ring", 11, 11 / 12),
    ("all_gather", "bruck", 4, 11 / 12),
    ("all_gather", "pat", 4, 11 / 12),
    ("all_to_all", "linear", 1, 11 / 12),
    ("all_to_all", "pairwise", 11, 11 / 12),
    ("all_to_all", "bruck", 4, (6 + 6 + 4 + 4) / 12),
    ("broadcast", "binomial", 3, 4.0),
    ("broadcast", "chain", 11, (11 + 7) / 8),
    ("gather", "linear", 1, 11 / 12),
    ("scatter", "linear", 1, 11 / 12),
    ("barrier", "dissemination", 4, 0.0),
)


@register("check", "collective_closed_forms")
class CollectiveForms:
    """Every algorithm with an exact form, on twelve ranks: no power of two."""

    family: ClassVar[str] = "collective"
    claim: ClassVar[str] = (
        "on ports alone a collective takes its number of latencies and its bytes over a port"
    )
    source: ClassVar[str] = (
        "Thakur, Rabenseifner, Gropp, IJHPCA 19, 2005; Bruck et al., IEEE TPDS 8, 1997; Patarasuk, "
        "Yuan, JPDC 69, 2009; Jeaugey, arXiv 2506.20252"
    )

    def run(self) -> list[Measurement]:
        """Perform each of them once."""
        return [_measured(*form) for form in FORMS]


def _measured(op: str, algorithm: str, latencies: int, share: float) -> Measurement:
    asked: dict[str, Any] = {"op": op, "algorithm": algorithm, "chunks": 8}
    size = 0 if op == "barrier" else SIZE
    if size:
        asked["size"] = f"{size} B"
    result = simulate(
        {
            "workload": "collective",
            "topology": {"kind": "ideal", "ranks": RANKS, "latency": "1 us", "rate": "50 GB/s"},
            "collective": asked,
        }
    )
    (row,) = result.table("collectives").to_pylist()
    return Measurement(
        name=f"{op} by {algorithm}",
        measured=row["completion_time"] * 1e6,
        expected=(latencies * LATENCY + share * size * BYTE) * 1e6,
        tolerance=1e-6 * (latencies + 24),
        unit="us",
        kind="absolute",
    )


@register("check", "collective_packets")
class CollectivePackets:
    """A ring in rank order on a leaf-spine, packet by packet and on ports alone."""

    family: ClassVar[str] = "collective"
    claim: ClassVar[str] = (
        "a ring that never shares a link takes its chunks, and on each hop the storing and "
        "forwarding of a packet on all but one link, exactly"
    )
    source: ClassVar[str] = "store and forward: docs/collectives.md"

    def run(self) -> list[Measurement]:
        """Sum the hops of two rounds about the ring."""
        packet, delay = 83_200, 500_000
        near, far = (256 * packet + (links - 1) * packet + links * delay for links in (2, 4))
        expected = (22 * near + 8 * far) / 1e6
        return [
            Measurement(
                name=f"ring on 16 hosts, {fidelity}",
                measured=_ring(fidelity),
                expected=expected,
                tolerance=1e-6,
                unit="us",
                kind="absolute",
            )
            for fidelity in ("packet", "ideal")
        ]


def _ring(fidelity: str) -> float:
    result = simulate(
        {
            "workload": "collective",
            "topology": {
                "kind": "leaf_spine",
                "leaves": 4,
                "spines": 4,
                "hosts_per_leaf": 4,
                "host_link": {"rate": "400 Gbps", "delay": "500 ns"},
            },
            "packet": {"payload": "4096 B", "header": "64 B"},
            "routing": {"policy": "stripe"},
            "transport": {"kind": "open_loop"},
            "fidelity": fidelity,
            "collective": {"op": "all_reduce", "algorithm": "ring", "size": "16 MiB"},
        }
    )
    (row,) = result.table("collectives").to_pylist()
    return float(row["completion_time"]) * 1e6
