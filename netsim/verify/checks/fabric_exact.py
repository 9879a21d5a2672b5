"""Exact open-loop cases: spraying by stripe against single paths, to the picosecond.

Senders without acknowledgements or window hand their packets to a leaf-spine of 100 Gbps links
with 1 us of propagation, packets of 4096 B payload and 64 B header, and queues without a limit.
Then every arrival follows from store and forward with FIFO ports alone: a packet of ``s`` bytes
holds a port for ``8 s / R`` and reaches the next node ``d`` later. The expected numbers come
from three programs written independently of each other (one of them vectorised, port after
port, without an event queue), which agree on every flow.

`stripe` takes spine (packet + flow) mod S for each packet; `square` and `modulo` send flow k
over spine k*k mod S and k mod S. In all cases flow k is the k-th in the list of flows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import csv, simulate

if TYPE_CHECKING:
    from netsim.simulate import RunResult

#: (source host, destination host, bytes, start in ps)
Flow = tuple[int, int, int, int]
#: Longest wait of a packet for leaf -> spine, spine -> leaf, leaf -> host, in ps.
Waits = tuple[int, int, int]

SPINE_OF: Final[dict[str, Callable[[int, int], int]]] = {
    "square": lambda flow, spines: flow * flow % spines,
    "modulo": lambda flow, spines: flow % spines,
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What one rule gives.

    Times are in ps; packets out of order are a sum over flows, the reordering distance is a
    maximum.
    """

    makespan: int
    sum_fct: int
    max_fct: int
    waits: Waits | None = None
    out_of_order: int = 0
    max_reorder: int = 0


@dataclass(frozen=True)
class ExactCase:
    """One network with one list of flows, under one or more rules."""

    name: str
    what: str
    shape: tuple[int, int, int]
    flows: tuple[Flow, ...]
    rules: dict[str, Expected]
    overrides: tuple[dict[str, str], ...] = ()

    family: ClassVar[str] = "fabric"
    source: ClassVar[str] = (
        "store and forward with FIFO ports, computed port after port by independent programs"
    )

    @property
    def claim(self) -> str:
        """What is simulated, in one line."""
        leaves, hosts, spines = self.shape
        return f"open loop, {leaves} leaves x {hosts} hosts x {spines} spines: {self.what}"

    def run(self) -> list[Measurement]:
        """Simulate the case under each of its rules."""
        return [m for rule, expected in self.rules.items() for m in self._judge(rule, expected)]

    def _judge(self, rule: str, expected: Expected) -> Iterator[Measurement]:
        result = simulate(self._scenario(rule), {"flows.csv": self._flow_file(rule)})
        flows = result.table("flows")
        start, end = flows["start"].to_pylist(), flows["end_rx"].to_pylist()
        fct = [last - first for first, last in zip(start, end, strict=True)]
        yield _time(f"{rule}: makespan", max(end), expected.makespan)
        yield _time(f"{rule}: sum of flow completion times", sum(fct), expected.sum_fct)
        yield _time(f"{rule}: longest flow completion time", max(fct), expected.max_fct)
        if expected.waits is not None:
            tiers = ("leaf to spine", "spine to leaf", "leaf to host")
            for tier, wait, most in zip(tiers, _waits(result), expected.waits, strict=True):
                yield _time(f"{rule}: longest wait {tier}", wait, most)
        late, distance = flows["out_of_order"].to_pylist(), flows["max_reorder"].to_pylist()
        yield Measurement(f"{rule}: packets out of order", sum(late), expected.out_of_order)
        yield Measurement(
            f"{rule}: largest reordering distance", max(distance), expected.max_reorder
        )

    def _scenario(self, rule: str) -> dict[str, Any]:
        leaves, hosts, spines = self.shape
        return {
            "workload": "fabric",
            "topology": {
                "kind": "leaf_spine",
                "leaves": leaves,
                "hosts_per_leaf": hosts,
                "spines": spines,
                "host_link": {"rate": "100 Gbps", "delay": "1 us"},
                "overrides": list(self.overrides),
            },
            "packet": {"payload": "4096 B", "header": "64 B"},
            "routing": {"policy": "stripe" if rule == "stripe" else "single"},
            "transport": {"kind": "open_loop"},
            "traffic": [{"file": "flows.csv"}],
        }

    def _flow_file(self, rule: str) -> str:
        if rule == "stripe":
            return csv(("src", "dst", "size", "start"), self.flows)
        rows = [(*flow, SPINE_OF[rule](k, self.shape[2])) for k, flow in enumerate(self.flows)]
        return csv(("src", "dst", "size", "start", "spine"), rows)


def _time(name: str, measured: int, expected: int) -> Measurement:
    return Measurement(name, measured, expected, tolerance=1, unit="ps", kind="absolute")


def _waits(result: RunResult) -> Waits:
    """Return the longest waits at the three tiers of switch ports."""
    links = result.table("link_totals").select(["src", "dst", "wait_max"]).to_pylist()
    tiers = (("leaf", "spine"), ("spine", "leaf"), ("leaf", "host"))
    up, down, host = (
        max(
            round(link["wait_max"] * 1e12)
            for link in links
            if link["src"].startswith(source) and link["dst"].startswith(target)
        )
        for source, target in tiers
    )
    return up, down, host


def _shifted(hosts: int, by: int, size: int) -> tuple[Flow, ...]:
    """Return a permutation: host i sends to host i + `by`, from i ns on."""
    return tuple((i, (i + by) % hosts, size, 1000 * i) for i in range(hosts))


def _all_to_all(hosts: int, size: int) -> tuple[Flow, ...]:
    """Return `hosts` - 1 shifts by r = 1, 2, ..., host i starting at i ns + r ps."""
    return tuple(
        (i, (i + r) % hosts, size, 1000 * i + r) for r in range(1, hosts) for i in range(hosts)
    )


_PERMUTATION = _shifted(64, by=8, size=2_000_000)

CASES: Final = (
    ExactCase(
        "A",
        "one flow of 2 MB; its short last packet overtakes on another spine",
        (8, 8, 8),
        ((0, 63, 2_000_000, 0),),
        {"stripe": Expected(167502080, 167502080, 167502080, (0, 0, 97280), 2, 2)},
    ),
    ExactCase(
        "B",
        "permutation to the next leaf, 2 MB each",
        (8, 8, 8),
        _PERMUTATION,
        {
            "stripe": Expected(167565080, 10720357120, 167509080, (242520, 235520, 235520)),
            "square": Expected(654834600, 31501356800, 654771600, (487740560, 235520, 138240)),
            "modulo": Expected(167565080, 10720133120, 167502080, (235520, 235520, 235520)),
        },
    ),
    ExactCase(
        "C",
        "permutation as B, with leaf0 -> spine0 at 25 Gbps",
        (8, 8, 8),
        _PERMUTATION,
        {
            "stripe": Expected(
                654624000, 14589239360, 654623000, (487454720, 235520, 568320), 488, 366
            ),
            "square": Expected(1304556800, 33450499840, 1304552800, (1137465440, 235520, 138240)),
            "modulo": Expected(654721280, 11207352320, 654721280, (487454720, 235520, 235520)),
        },
        overrides=({"link": "leaf0->spine0", "rate": "25 Gbps"},),
    ),
    ExactCase(
        "D",
        "permutation to the next leaf, oversubscribed 4:1, 1 MB each",
        (4, 16, 4),
        _shifted(64, by=16, size=1_000_000),
        {
            "stripe": Expected(329913400, 21099750400, 329853400, (244032800, 281600, 131000)),
            "modulo": Expected(329913400, 21099750400, 329850400),
            "square": Expected(654801000, 41892211200, 654738000, (569048400, 281600, 0)),
        },
    ),
    ExactCase(
        "E",
        "incast of 8 flows of 256 KiB, one from each leaf",
        (8, 8, 8),
        tuple((8 + 7 * i, 3, 262_144, 1000 * i) for i in range(8)),
        {
            "stripe": Expected(175392000, 1393789600, 175385000, (1000, 6000, 149087400)),
            "square": Expected(175392000, 1227389600, 175385000, (0, 63891600, 85195800)),
        },
    ),
    ExactCase(
        "F",
        "all-to-all, 256 KiB per pair",
        (4, 4, 4),
        _all_to_all(16, 262_144),
        {
            "stripe": Expected(324501401, 42062126320, 324500386, (3000, 12000, 2679600)),
            "square": Expected(537493401, 64985961520, 537489386, (212994000, 12000, 31949800)),
        },
    ),
)

for _case in CASES:
    register("check", f"fabric_exact_{_case.name.lower()}")(_case)
