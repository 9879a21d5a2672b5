"""Peers with a clock: rounds by the algebra of maxima, batteries, radios, messages on a network.

Times of rounds are those of the recursion start_i(k + 1) = max over whom i hears, itself included,
of start_j(k) + w_ji; in the long run they grow by the largest mean weight of a cycle.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Final

import numpy as np

from netsim.decentralized.clock.cycle import largest_cycle_mean, round_arcs
from netsim.decentralized.radios.path_loss import PathLoss
from netsim.registry import register
from netsim.rng import Streams
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

SECOND: Final = 1e12
GRAPHS: Final = 50


def _pair(**scenario: Any) -> Any:
    block = {
        "workload": "decentralized",
        "nodes": 2,
        "topology": {"kind": "line"},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
        "local": {"steps": 1, "lr": 0.5},
        "eval": {"every": 1},
    }
    return simulate({**block, **scenario})


def _ends(found: Any) -> np.ndarray[Any, Any]:
    """Return when each node was through with each round, (rounds, nodes), in seconds."""
    table = found.table("peers")
    kept = table["round"].to_numpy() > 0
    nodes = int(table["node"].to_numpy().max()) + 1
    ends: np.ndarray[Any, Any] = table["t"].to_numpy()[kept].reshape(-1, nodes) / SECOND
    return ends


@register("check", "decentralized_rounds_in_time")
class RoundsInTime:
    """Two nodes of different speeds over links of different rates."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "rounds that wait for neighbours begin when the recursion says"
    source: ClassVar[str] = "the recursion by hand, for 1 s and 2 s of training, 1 and 2 Mb/s"

    def run(self) -> list[Measurement]:
        """Compare when rounds of short and of long models begin."""
        arcs = [{"arc": [0, 1], "rate": "1 Mbps"}, {"arc": [1, 0], "rate": "2 Mbps"}]
        measured = []
        for size, known in (
            ("1 Mbit", [[2.6, 2.1], [4.7, 4.7], [7.3, 6.8]]),
            ("4 Mbit", [[4.1, 5.1], [9.2, 9.2]]),
        ):
            found = _pair(
                rounds=len(known),
                timing={"mode": "sync_neighbours", "compute": ["1 s", "2 s"], "message": size},
                links={"delay": "100 ms", "per_arc": arcs},
            )
            for number, row in enumerate(_ends(found), start=1):
                for node, end in enumerate(row):
                    name = f"{size}, round {number}, node {node}"
                    wanted = known[number - 1][node]
                    measured.append(Measurement(name, float(end), wanted, 1e-9, "s", "absolute"))
        return measured


@register("check", "decentralized_cycle_mean")
class CycleMeans:
    """Random graphs with random times."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "a round takes the largest mean weight of a cycle, in the long run"
    source: ClassVar[str] = "Baccelli et al., Synchronization and Linearity, 1992; Karp, 1978"

    def run(self) -> list[Measurement]:
        """Compare the slope of simulated rounds with Karp's cycle mean, graph by graph."""
        return list(self._measure())

    def _measure(self) -> Iterator[Measurement]:
        for seed in range(GRAPHS):
            generator = Streams(seed).generator("verify.graphs")
            nodes = int(generator.integers(3, 7))
            pairs = [(n, n + 1) for n in range(nodes - 1)]
            pairs += [(a, b) for a in range(nodes) for b in range(a + 2, nodes) if (a + b) % 3 == 0]
            both = pairs + [(b, a) for a, b in pairs]
            compute = generator.integers(50, 2000, nodes).tolist()
            delay = generator.integers(1, 900, len(both)).tolist()
            found = simulate(
                {
                    "workload": "decentralized",
                    "topology": {"kind": "edges", "edges": pairs},
                    "model": "quadratic",
                    "rounds": 360,
                    "eval": {"every": 60},
                    "timing": {
                        "mode": "sync_neighbours",
                        "compute": [f"{one} ms" for one in compute],
                    },
                    "links": {
                        "per_arc": [
                            {"arc": arc, "delay": f"{span} ms"}
                            for arc, span in zip(both, delay, strict=True)
                        ]
                    },
                }
            )
            ends = _ends(found).max(axis=1)
            # Sixty rounds are a whole number of turns of any cycle of up to six nodes.
            slope = (ends[-1] - ends[-2]) / 60
            arcs = round_arcs(both, compute, delay)
            wanted = (largest_cycle_mean(nodes, arcs) or 0.0) / 1000
            yield Measurement(f"graph {seed}", float(slope), wanted, 1e-9, "s", "absolute")


@register("check", "decentralized_energy")
class Energy:
    """Batteries and radios."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "batteries last as long as their load says, radios reach as far"
    source: ClassVar[str] = "E0 over the mean power; Rappaport 2002, section 4.9"

    def run(self) -> list[Measurement]:
        """Measure two deaths and a reach."""
        clock = {"mode": "sync_neighbours", "compute": "1 s", "message": "1 MB"}
        loads = [
            ({"idle": "3 W"}, 10 / 3, "idle"),
            # Nine joules in each round of 2 s, five of them while it trains; 70 J end with the
            # message of the eighth round, at 15 s.
            (
                {"idle": "1 W", "compute": "4 W", "send": "2e-6 J/B", "receive": "1e-6 J/B"},
                15.0,
                "trains, sends and receives",
            ),
        ]
        measured = []
        for load, lasts, name in loads:
            full = "10 J" if name == "idle" else "70 J"
            found = _pair(
                rounds=20,
                timing=clock,
                links={"rate": "8 Mbps"},
                energy={"capacity": [full, "1000 kJ"], **load},
                disruption=[{"kind": "battery"}],
            )
            start = found.table("disruptions")["start"].to_pylist()[0] / SECOND
            measured.append(
                Measurement(f"a battery that {name}", start, lasts, 1e-9, "s", "absolute")
            )
        config = PathLoss.Config()
        low, high = 1.0, 1e4
        for _ in range(60):
            middle = (low + high) / 2
            reached = PathLoss.reaches(config, np.array([middle]), np.zeros(1))[0]
            low, high = (middle, high) if reached else (low, middle)
        measured.append(Measurement("reach of 72 dB at n = 3", low, 10**2.4, 1e-9, "m", "absolute"))
        rate = PathLoss.rate(config, 100.0, 0.0) or 0.0
        measured.append(
            Measurement("rate at 15 dB", rate, 1e6 * math.log2(1 + 10**1.5), 1e-9, "bit/s")
        )
        return measured


@register("check", "decentralized_network")
class OverNetwork:
    """Messages that are transfers of a packet network."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "every byte that peers send is a byte of a flow, and takes its time"
    source: ClassVar[str] = "conservation; the ideal completion time of a flow alone"

    def run(self) -> list[Measurement]:
        """Count bytes, and time one message on an idle network."""
        tree = {"kind": "leaf_spine", "leaves": 2, "spines": 1, "hosts_per_leaf": 2}
        network = {"topology": {**tree, "host_link": {"rate": "100 Mbps", "delay": "10 us"}}}
        clock = {"mode": "sync_neighbours", "compute": "10 ms", "message": "200 kB"}
        found = _pair(
            nodes=4,
            topology={"kind": "ring"},
            model="quadratic",
            rounds=3,
            timing=clock,
            network=network,
            record={"tables": ["flows"]},
        )
        sent = sum(found.table("peers")["bytes_sent"].to_pylist())
        carried = sum(found.table("flows")["size"].to_pylist())
        alone = _pair(
            topology={"kind": "edges", "directed": True, "edges": [[0, 1]]},
            nodes=None,
            algorithm="sgp",
            rounds=1,
            timing=clock,
            network=network,
            record={"tables": ["flows"]},
        )
        ideal = alone.table("flows")["ideal_fct"].to_pylist()[0]
        end = float(_ends(alone).max())
        return [
            Measurement("bytes of flows", float(carried), float(sent), 0.0, "B"),
            Measurement("bytes of four nodes in three rounds", float(sent), 4.8e6, 0.0, "B"),
            Measurement(
                "arrival after 10 ms of training", end, 0.01 + ideal, 1e-9, "s", "absolute"
            ),
        ]


@register("check", "decentralized_without_rounds")
class WithoutRounds:
    """Algorithms that wait for nobody, where they are known methods."""

    family: ClassVar[str] = "decentralized"
    claim: ClassVar[str] = "without lag and conflicts they are averaging, descent and DADAO"
    source: ClassVar[str] = "Nguyen et al. 2022; Xie et al. 2019; Lian et al. 2018; Nabli, Oyallon"

    def run(self) -> list[Measurement]:
        """Compare models at the end."""
        free = {"mode": "async", "compute": "1 s"}
        star = {"nodes": 4, "topology": {"kind": "star"}, "data": {"sizes": [0, 1, 1, 1]}}
        model = {"kind": "quadratic", "h": [1, 1, 2, 3], "c": [0, 1, 3, -2], "x0": 0}
        cases: list[tuple[str, dict[str, Any], list[float]]] = []
        x = 0.0
        for _ in range(6):
            x = sum(c + (x - c) * (1 - 0.1 * h) ** 3 for h, c in ((1, 1), (2, 3), (3, -2))) / 3
        buffered = {"algorithm": {"kind": "fedbuff", "k": 3}, "local": {"steps": 3, "lr": 0.1}}
        cases.append(("a full buffer", {**star, **buffered, "model": model, "rounds": 6}, [x]))
        lone = {"topology": {"kind": "star"}, "data": {"sizes": [0, 1]}, "rounds": 5}
        taken = {"algorithm": {"kind": "fedasync", "alpha": 1}}
        cases.append(("one client", {**lone, **taken}, [7.75, 7.75]))
        gradients = {"model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": [4, -4]}}
        cases.append(("two averages", {**gradients, "algorithm": "adpsgd", "rounds": 1}, [-1, 5]))
        pair = {"kind": "quadratic", "h": [1, 2], "c": [0, 3], "x0": [1, -1]}
        events = [[0.3, "grad", 0], [0.5, "comm", 0, 1], [0.9, "grad", 1], [1.4, "comm", 0, 1]]
        given = {"kind": "dadao", "events": events, "read_at": 2, "chi1": 0.5, "chi2": 0.5}
        played = [0.8219881264, 0.0989073267]
        cases.append(("four events", {"model": pair, "algorithm": given}, played))
        measured = []
        for name, scenario, known in cases:
            last = 1
            found = _pair(timing=free, eval={}, record={"vectors": [last]}, **scenario)
            values = found.table("vectors")["value"].to_pylist()
            measured += [
                Measurement(f"{name} [{place}]", values[place], one, 1e-9, "1", "absolute")
                for place, one in enumerate(known)
            ]
        return measured
