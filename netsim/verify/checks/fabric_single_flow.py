"""One flow alone on a path of k equal links: the closed form of store and forward.

With rate R, propagation d, payload M and header H per packet, x = 8 (M + H) / R and P =
ceil(size / M) packets::

    fct_rx = 8 (size + P H) / R + (k - 1) x + k d       for P >= 2
    fct_rx = k (8 (size + H) / R + d)                   for P = 1
    fct_tx = fct_rx + k (8 A / R + d)                   with acknowledgements of A = 64 B

For P >= 2 the short last packet waits behind its full predecessor at every port, so the factor
of k - 1 is x.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, Final

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import csv, simulate

RATE: Final = 100 * 10**9
DELAY: Final = 10**6
PAYLOAD: Final = 4096
HEADER: Final = 64
ACK: Final = 64
SIZES: Final = (1, 4096, 4097, 8192, 2_000_000)


def service_time(size: int) -> Fraction:
    """Return the picoseconds that a port needs for `size` bytes."""
    return Fraction(8 * 10**12 * size, RATE)


def receiver_time(size: int, links: int) -> Fraction:
    """Return the completion time of a flow at its receiver, in ps."""
    packets = -(-size // PAYLOAD)
    if packets == 1:
        return links * (service_time(size + HEADER) + DELAY)
    full = service_time(PAYLOAD + HEADER)
    return service_time(size + packets * HEADER) + (links - 1) * full + links * DELAY


@register("check", "fabric_single_flow")
class SingleFlow:
    """One flow at a time, on 2 links (one leaf) and 4 (across a spine), at both fidelities."""

    family: ClassVar[str] = "fabric"
    claim: ClassVar[str] = "one flow alone takes size/R + (k-1) packet times + k propagation delays"
    source: ClassVar[str] = "store and forward: Kurose & Ross, Computer Networking, section 1.4"

    def run(self) -> list[Measurement]:
        """Simulate each size without acknowledgements, then one with a window that never closes."""
        found = []
        for links, target in ((2, 1), (4, 8)):
            for size in SIZES:
                expected = receiver_time(size, links)
                for fidelity in ("packet", "ideal"):
                    name = f"{size} B over {links} links, {fidelity}"
                    found.append(_judge(name, size, target, expected, fidelity=fidelity))
        acknowledged = receiver_time(2_000_000, 4) + 4 * (service_time(ACK) + DELAY)
        found.append(
            _judge("2000000 B over 4 links, at the sender", 2_000_000, 8, acknowledged, True)
        )
        return found


def _judge(
    name: str,
    size: int,
    target: int,
    expected: Fraction,
    acknowledged: bool = False,
    fidelity: str = "packet",
) -> Measurement:
    flow_file = csv(("src", "dst", "size", "start", "spine"), [(0, target, size, 0, 0)])
    scenario = _scenario(acknowledged) | {"fidelity": fidelity}
    result = simulate(scenario, {"flows.csv": flow_file})
    end = result.table("flows")["end_tx" if acknowledged else "end_rx"][0].as_py()
    return Measurement(name, end, float(expected), 1, "ps", "absolute")


def _scenario(acknowledged: bool) -> dict[str, Any]:
    transport = {"kind": "fixed_window", "window": 512} if acknowledged else {"kind": "open_loop"}
    return {
        "workload": "fabric",
        "topology": {
            "kind": "leaf_spine",
            "leaves": 2,
            "hosts_per_leaf": 8,
            # One way across, on which the last packet, if it is short, overtakes nobody.
            "spines": 1,
            "host_link": {"rate": f"{RATE // 10**9} Gbps", "delay": f"{DELAY} ps"},
        },
        "packet": {"payload": f"{PAYLOAD} B", "header": f"{HEADER} B"},
        "routing": {"policy": "single"},
        "transport": transport,
        "traffic": [{"file": "flows.csv"}],
    }
