"""A flow alone on its path takes what its path allows, whatever else is on the network.

A window of 1.5 bandwidth-delay products of the flow's own path never closes, so the flow takes the
time of store and forward, as if it were sent without a window::

    fct = 8 (size + P H) / R + (k - 1) x + k d

An idle host at a four-hundredth of the rate, or far away, changes nothing. Sprayed over sixteen
uplinks of half the host's rate, a flow is limited by its own link alone.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import csv, simulate

SIZE: Final = 15_625 * 4096
FULL: Final = 4160


@register("check", "fabric_mixed_rates")
class MixedRates:
    """One flow between fast hosts, with an idle host that is slow or far, and over slow uplinks."""

    family: ClassVar[str] = "fabric"
    claim: ClassVar[str] = "idle hosts and slow single links leave a flow the time of its own path"
    source: ClassVar[str] = "store and forward: Kurose & Ross, Computer Networking, section 1.4"

    def run(self) -> list[Measurement]:
        """Simulate 64 MB beside each idle host, and 2 MB over slow uplinks."""
        # 20 ps a byte on both links, and 500 ns on each.
        alone = 15_625 * FULL * 20 + FULL * 20 + 10**6
        found = []
        for name, rate, delay in (
            ("no idle host", None, None),
            ("an idle host at 1 Gbps", "1 Gbps", "500 ns"),
            ("an idle host 270 ms away", "400 Gbps", "270 ms"),
        ):
            for transport, most in (("fixed_window", 0.0), ("dctcp", 0.01)):
                end = _beside(rate, delay, transport)
                kind = f"{transport}, {name}"
                found.append(Measurement(kind, end, alone, most, "ps", "relative"))
        # P = 489 packets at 80 ps a byte; two links of the host's rate, two of half of it. Packets
        # on different uplinks arrive together at most one service time of an uplink late.
        flow = (2_000_000 + 489 * 64) * 80 + FULL * 80 + 2 * FULL * 160 + 4 * 10**6
        end = _over_slow_uplinks()
        found.append(Measurement("sprayed over slow uplinks", end, flow, 0.01, "ps", "relative"))
        return found


def _end(topology: Any, transport: str, files: dict[str, str], **more: Any) -> int:
    scenario = {
        "workload": "fabric",
        "topology": topology,
        "transport": {"kind": transport},
        "traffic": [{"file": "flows.csv"}],
        **more,
    }
    return int(simulate(scenario, files).table("flows")["end_rx"][0].as_py())


def _beside(rate: str | None, delay: str | None, transport: str) -> int:
    fast = {"b": "switch", "rate": "400 Gbps", "delay": "500 ns"}
    links = [{"a": name, **fast} for name in ("one", "other")]
    if rate is not None:
        links.append({"a": "idle", "b": "switch", "rate": rate, "delay": delay or "0 s"})
    nodes = [{"name": str(link["a"]), "kind": "host"} for link in links]
    nodes.append({"name": "switch", "kind": "switch"})
    flow = csv(("src", "dst", "size", "start"), [("one", "other", SIZE, 0)])
    files = {"net.json": json.dumps({"nodes": nodes, "links": links}), "flows.csv": flow}
    return _end({"file": "net.json"}, transport, files)


def _over_slow_uplinks() -> int:
    topology = {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 16,
        "hosts_per_leaf": 1,
        "host_link": {"rate": "100 Gbps", "delay": "1 us"},
        "fabric_link": {"rate": "50 Gbps", "delay": "1 us"},
    }
    flow = csv(("src", "dst", "size", "start"), [(0, 1, 2_000_000, 0)])
    return _end(topology, "fixed_window", {"flows.csv": flow}, routing={"policy": "stripe"})
