"""Quantum networks: slots, arrivals, reservations, paths, ready pairs, links and messages shared.

Slots have an exact law, arrivals and random requests known moments. Instants of reservations and of
pairs from stock are sums of delays. Sharing a link with nobody, and sending messages over an idle
network, must change nothing at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from typing import Any, ClassVar

import numpy as np

from netsim.quantum.keys import chsh_of, teleportation_fidelity
from netsim.quantum.states import werner
from netsim.quantum.wiring import Routers
from netsim.registry import register
from netsim.resources import shipped
from netsim.rng import Streams
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

#: Of 20 km of fibre (s).
D = 1e-4
SLOT = 12_000_000_000


def simulated(routers: int, request: Mapping[str, Any], **blocks: Any) -> Any:
    """Return the results of a chain of 20 km links."""
    base = {
        "workload": "quantum",
        "chain": {"routers": routers, "segment": "20 km"},
        "memory": {"frequency": "2 kHz", "efficiency": 0.75, "raw_fidelity": 0.95},
        "detector": {"efficiency": 0.8},
        "request": dict(request),
    }
    return simulate({**base, **blocks})


def requests(result: Any) -> list[dict[str, Any]]:
    """Return the rows of table `requests`."""
    rows: list[dict[str, Any]] = result.table("requests").to_pylist()
    return rows


def around(name: str, measured: float, mean: float, spread: float, unit: str = "1") -> Measurement:
    """Return a number beside its mean, allowed four standard deviations."""
    return Measurement(name, measured, mean, 4 * spread, unit, "absolute")


@register("check", "quantum_networks")
class QuantumNetworks:
    """Requests, paths and links of networks."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = (
        "slots deliver by their exact law, requests arrive and travel as they should, and sharing "
        "with nobody or sending over an idle network changes nothing"
    )
    source: ClassVar[str] = (
        "X. Wu et al., SeQUeNCe, Quantum Sci. Technol. 6, 045027, 2021; R., P. and M. Horodecki, "
        "Phys. Lett. A 200, 340, 1995"
    )

    def run(self) -> list[Measurement]:
        """Simulate networks of a few routers."""
        return [*_slots(), *_arrivals(), *_random(), *_instants(), *_paths(), *_equal(), *_uses()]


def _slots() -> list[Measurement]:
    found = []
    for routers, p, success in ((3, 0.1, 1.0), (4, 0.2, 0.5), (5, 0.2, 0.8)):
        slots = 1500
        result = simulated(
            routers,
            {"end": f"{slots * 12} ms", "fidelity": 0.25},
            chain={"routers": routers, "segment": "20 cm", "attenuation": "0 dB/km"},
            classical={"delay": "10 us"},
            memory={"frequency": "1 kHz"},
            detector={"efficiency": 1.0},
            link={"kind": "two_click", "bell": p, "control": "ideal"},
            swap={"policy": "nested", "success": success},
            phases={"external": "10 ms", "internal": "2 ms"},
            record={"pairs": "delivered"},
        )
        links = routers - 1
        chance = (1 - (1 - p) ** 10) ** links * success ** (links - 1)
        # The first slot is over before the approval is back, and the run ends with the last.
        whole = slots - 1
        spread = math.sqrt(whole * chance * (1 - chance))
        pairs = float(result.runs[0]["pairs"])
        found.append(around(f"slots of {links} links", pairs, whole * chance, spread))
    return found


def _arrivals() -> list[Measurement]:
    request = {"arrivals": {"rate": "4 /s"}, "deadline": "1 ms", "end": "500 s"}
    result = simulated(2, request, detector={"efficiency": 0.0})
    times = np.array([row["arrival"] for row in requests(result)]) * 1e-12
    gaps = np.diff(times)
    return [
        around("arrivals in 500 s", len(times), 2000, math.sqrt(2000)),
        around("mean gap", float(gaps.mean()), 0.25, 0.25 / math.sqrt(len(gaps)), "s"),
        around(
            "square of gaps", float((gaps**2).mean()), 0.125, 0.28 / math.sqrt(len(gaps)), "s^2"
        ),
    ]


def _random() -> list[Measurement]:
    result = simulate(
        {
            "workload": "quantum",
            "until": "1200 s",
            "topology": {"kind": "complete", "nodes": 4, "length": "20 km"},
            "memory": {"count": 200, "efficiency": 0.0},
            "request": {"application": "random_requests"},
        }
    )
    rows = [row for row in requests(result) if row["accepted"] and row["end"] < 1199e12]
    lengths = np.array([row["end"] - row["start"] for row in rows]) * 1e-12
    leads = np.array([row["start"] - row["arrival"] for row in rows]) * 1e-12
    count = len(rows)
    return [
        Measurement("refusals with room for all", sum(r["refusals"] for r in rows), 0),
        around("mean length", float(lengths.mean()), 15, 10 / math.sqrt(12 * count), "s"),
        around("mean lead", float(leads.mean()), 1.45, 0.29 / math.sqrt(count), "s"),
        around(
            "share that ask r0 of r1",
            sum(r["dst"] == "0" for r in rows if r["src"] == "1")
            / sum(r["src"] == "1" for r in rows),
            1 / 3,
            math.sqrt(2 / 9 / (count / 4)),
        ),
    ]


def _instants() -> list[Measurement]:
    start = requests(simulated(4, {"end": "5 ms"}))[0]["start"] * 1e-12
    ready = simulated(
        2,
        {"arrivals": {"rate": "1 /s"}, "pairs": 1, "memories": 1, "start": "1 s", "end": "40 s"},
        memory={"frequency": "2 kHz", "efficiency": 0.75, "count": 3},
        generation={"policy": "continuous", "memories": 2},
    )
    times = [row["time_to_serve"] for row in requests(ready)]
    close: dict[str, Any] = {"tolerance": 1e-9, "kind": "relative", "unit": "s"}
    return [
        Measurement("approval over three hops", start, 6 * D, **close),
        Measurement("ready pairs are served in", float(np.median(times)), 3 * D, **close),
    ]


def _paths() -> list[Measurement]:
    """Compare rules for paths with a look at all ways between all pairs of nine routers."""
    from netsim.scenario import load

    found = []
    file = shipped("topologies/metropolitan_nine.yaml")
    for rule in ("length", "hops", "link_time", "widest"):
        scenario: Any = load(
            {
                "netsim": 1,
                "workload": "quantum",
                "topology": {"kind": "file", "file": str(file)},
                "path": rule,
                "memory": {"count": 50, "frequency": "2 kHz"},
                "request": {"from": "NU", "to": "Argonne_2", "memories": 1, "end": "1 s"},
            }
        )
        routers = Routers(scenario.model, Streams(0))
        ways = routers.ways
        cost = {"length": ways.length, "hops": lambda a, b: 1.0}.get(rule, ways.seconds)

        def worth(way: list[int], rule: str = rule, cost: Any = cost) -> float:
            parts = [cost(a, b) for a, b in pairwise(way)]
            return max(parts) if rule == "widest" else math.fsum(parts)

        taken = best = 0.0
        for source, target in combinations(range(9), 2):
            taken += worth(routers.path(source, target) or [])
            best += min(map(worth, _all_ways(ways.beside, [source], target)))
        unit = {"length": "m", "hops": "1"}.get(rule, "s")
        found.append(Measurement(f"36 paths by {rule}", taken, best, 1e-12, unit, "relative"))
    return found


def _all_ways(beside: list[list[int]], way: list[int], target: int) -> Iterator[list[int]]:
    if way[-1] == target:
        yield way
        return
    for other in beside[way[-1]]:
        if other not in way:
            yield from _all_ways(beside, [*way, other], target)


def _equal() -> list[Measurement]:
    given = {"end": "1 s", "start": "5 ms"}
    leaf = {"leaves": 1, "spines": 1, "hosts_per_leaf": 2}
    link = {"rate": "100 Gbps", "delay": "50 us"}
    # Two links of 50 us, and twice 256 B and the header of a packet at 100 Gbps.
    network = {"topology": {"kind": "leaf_spine", **leaf, "host_link": link}}
    plain = simulated(2, given)
    shared = simulated(2, given, sharing="statistical")
    idle = simulated(2, given, network=network, record={"tables": ["flows"]})
    first = idle.table("flows").to_pylist()[0]
    delay = f"{first['end_rx'] - first['start']} ps"
    over = simulated(2, given, classical={"delay": delay}, network=network)
    constant = simulated(2, given, classical={"delay": delay})
    found = []
    for name, one, other in (
        ("links of one request", plain, shared),
        ("idle network", constant, over),
    ):
        a, b = (np.array(r.table("entanglements").column("ended")) for r in (one, other))
        differ = abs(len(a) - len(b)) + int((a[: len(b)] != b[: len(a)]).sum())
        found.append(Measurement(f"{name}: rows that differ", differ, 0))
    return found


def _uses() -> list[Measurement]:
    close: dict[str, Any] = {"tolerance": 1e-12, "kind": "absolute"}
    dephased = (0.9, 0.1, 0.0, 0.0)
    (row,) = requests(simulated(2, {"end": "0.2 s"}))
    return [
        Measurement("CHSH of W(0.9)", chsh_of(werner(0.9)), 2 * math.sqrt(2) * 2.6 / 3, **close),
        Measurement("CHSH of a dephased pair", chsh_of(dephased), 2 * math.sqrt(1.64), **close),
        Measurement("teleportation over W(0.95)", row["teleportation"], 2.9 / 3, **close),
        Measurement("F = 1/2 teleports with", teleportation_fidelity(0.5), 2 / 3, **close),
    ]
