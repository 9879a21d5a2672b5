"""Sums over long runs and shares of the time: closed forms that narrow counters would miss.

Two senders of n packets of service time x meet at a port of their own rate. Pair i arrives at (i +
1) x + d, and packet k of the 2 n starts at x + d + k x, so it waits (k - floor(k / 2)) x:

    sum = n^2 x      mean = n x / 2      longest = n x

With x of seconds the sum is beyond 2^63 ps after some thousand packets.

A port that has sent B bytes has been busy for 8 B / R; over a run that ends at T while packets are
under way its share is 8 B / (R T), and over one whose last packet came in at F it is 8 B / (R F),
however long nothing happens thereafter.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import csv, simulate

PACKETS: Final = 2000
WIRE: Final = 4160
SLOW: Final = 10_000
FAST: Final = 100 * 10**9
SECOND: Final = 10**12


@register("check", "fabric_long_sums")
class LongSums:
    """Waits of seconds at a slow port, and the shares of time that links were busy."""

    family: ClassVar[str] = "fabric"
    claim: ClassVar[str] = (
        "two senders at one port wait n x / 2 on average; links are busy 8 B/(RT)"
    )
    source: ClassVar[str] = "D_i = max(A_i, D_(i-1)) + x_i, Lindley 1952; worked out in the module"

    def run(self) -> list[Measurement]:
        """Let two hosts send for hours, one flow give up, and one run go on when all is done."""
        service = WIRE * 8 / SLOW
        size = PACKETS * (WIRE - 64)
        links = _links(_one_leaf(f"{SLOW} bps", "1 us"), [(1, 0, size), (2, 0, size)], "open_loop")
        port = links["leaf0->host0"]
        # Both packets of 1,064 B are still on their way, over links of 1 s, when the run ends.
        given_up = _links(
            _one_leaf("100 Gbps", "1 s"),
            [(0, 1, 1000)],
            {"kind": "fixed_window", "rto": "1 ps", "retries": 1},
            until="1 s",
        )
        alone = _links(_one_leaf("100 Gbps", "1 us"), [(0, 1, 4096)], "open_loop", until="1 s")
        sending = WIRE * 8 * SECOND // FAST
        return [
            Measurement(
                "mean wait", port["wait_mean"], PACKETS * service / 2, 1e-12, "s", "relative"
            ),
            Measurement(
                "longest wait", port["wait_max"], PACKETS * service, 1e-12, "s", "relative"
            ),
            _share("of a flow that gave up", given_up, 2 * 1064 * 8 / FAST),
            _share("of a run that waits", alone, sending / (2 * (sending + 10**6))),
        ]


def _share(name: str, links: dict[str, Any], expected: float) -> Measurement:
    busy = links["host0->leaf0"]["utilization_mean"]
    return Measurement(f"utilization {name}", busy, expected, 1e-12, "1", "relative")


def _one_leaf(rate: str, delay: str) -> dict[str, Any]:
    link = {"rate": rate, "delay": delay}
    shape = {"leaves": 1, "spines": 1, "hosts_per_leaf": 3}
    return {"kind": "leaf_spine", **shape, "host_link": link}


def _links(
    topology: dict[str, Any], flows: list[tuple[int, int, int]], transport: Any, **more: Any
) -> dict[str, Any]:
    scenario = {
        "workload": "fabric",
        "topology": topology,
        "transport": {"kind": transport} if isinstance(transport, str) else transport,
        "traffic": [{"file": "flows.csv"}],
        **more,
    }
    rows = csv(("src", "dst", "size", "start"), [(*flow, 0) for flow in flows])
    table = simulate(scenario, {"flows.csv": rows}).table("link_totals")
    return {row["link"]: row for row in table.to_pylist()}
