"""What peers do on average: mixing by chance, graphs that grow and fall apart, nodes that come.

Every mean is compared with its expectation within five of its standard errors, on fixed seeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from netsim.registry import register
from netsim.rng import Streams
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

Array = NDArray[np.float64]

_ERRORS: Final = 5
_FAMILY: Final = "decentralized"


def mean_of(name: str, values: Sequence[float] | Array, expected: float) -> Measurement:
    """Return the mean of independent `values` beside its expectation, within five errors."""
    found = np.asarray(values, np.float64)
    error = float(found.std(ddof=1)) / math.sqrt(len(found))
    return Measurement(name, float(found.mean()), expected, _ERRORS * error, "1", "absolute")


def matrices(rounds: int, graph: Any, weights: str, **changes: Any) -> Iterator[Array]:
    """Yield the weights of each round of a scenario without training."""
    from netsim.decentralized.disruption import spans_of
    from netsim.decentralized.schedule import Schedule
    from netsim.decentralized.weights.rule import named
    from netsim.fields import implementation
    from netsim.graphs.kind import build
    from netsim.scenario import load

    block = {"netsim": 1, "workload": _FAMILY, "model": "quadratic", "rounds": rounds}
    model: Any = load(block | {"topology": graph, "weights": weights, **changes}).model
    streams = Streams(1)
    built = build(model.topology, streams, "decentralized.graph", model.nodes)
    chosen = implementation("algorithm", model.algorithm)
    regroup = None
    if hasattr(chosen, "regroup"):
        regroup = chosen.regroup(model.algorithm, streams)
    elif model.partners is not None:
        rule = implementation("partners", model.partners)
        regroup = rule.regroup(model.partners, built, streams)
    spans = spans_of(model.disruption, built, np.ones(built.node_count), rounds, streams)
    missing = model.algorithm.loss_rule
    sizes = np.ones(built.node_count)
    schedule = Schedule(built, spans, named(weights), sizes, missing, streams, regroup)
    for turn in schedule.turns(rounds):
        yield turn.mixture.dense()


@register("check", "decentralized_random_edges")
class RandomEdges:
    """One random edge at a time."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "a random edge leaves x^T (I - L / 2m) x of a squared distance"
    source: ClassVar[str] = "Boyd, Ghosh, Prabhakar, Shah, Randomized Gossip Algorithms, 2006"

    def run(self) -> list[Measurement]:
        """Apply 1,500 random edges to one vector each time."""
        measured = []
        for nodes, kind in ((8, "ring"), (7, "star"), (9, "line")):
            x = Streams(nodes).generator("check").standard_normal(nodes)
            x -= x.mean()
            pairs = {
                "ring": [(i, (i + 1) % nodes) for i in range(nodes)],
                "star": [(0, i) for i in range(1, nodes)],
                "line": [(i, i + 1) for i in range(nodes - 1)],
            }[kind]
            left = sum((x[a] - x[b]) ** 2 for a, b in pairs) / (2 * len(pairs))
            played = matrices(4000, {"kind": kind}, "uniform", nodes=nodes, partners="random_edge")
            found = [float(((w @ x) ** 2).sum()) for w in played]
            measured.append(mean_of(f"{kind} of {nodes}", found, float(x @ x - left)))
        return measured


@register("check", "decentralized_random_partners")
class RandomPartners:
    """Partners drawn every round."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "random partners leave a known share of a squared distance"
    source: ClassVar[str] = "De Vos et al., Epidemic Learning, NeurIPS 2023"

    def run(self) -> list[Measurement]:
        """Compare both ways of drawing with their formulas."""
        measured = []
        generator = Streams(2).generator("check")
        for nodes, s, rounds in ((10, 3, 1500), (50, 5, 300), (100, 7, 80)):
            oracle = (1 - s / (nodes - 1)) / (s + 1)
            local = (1 - (1 - s / (nodes - 1)) ** nodes) / s - 1 / (nodes - 1)
            for kind, expected in (("el_oracle", oracle), ("el_local", local)):
                played = matrices(
                    rounds,
                    {"kind": "complete"},
                    "uniform",
                    nodes=nodes,
                    algorithm={"kind": kind, "s": s},
                )
                found = []
                for w in played:
                    x = generator.standard_normal(nodes)
                    x -= x.mean()
                    found.append(float(((w @ x) ** 2).sum() / (x @ x)))
                measured.append(mean_of(f"{kind}, {nodes} nodes, s = {s}", found, expected))
        return measured


@register("check", "decentralized_lossy_mixing")
class LossyMixing:
    """Messages that are lost by chance, their weight kept by who misses them."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "with missing: self the mean weights are I - (1 - p)(I - W)"
    source: ClassVar[str] = "each entry is its weight with probability 1 - p"

    def run(self) -> list[Measurement]:
        """Average the weights of 1,500 rounds, entry by entry."""
        loss = {"kind": "link_loss", "at": {"round": 0}, "p": 0.3}
        played = np.array(
            list(
                matrices(
                    1500,
                    {"kind": "ring"},
                    "metropolis",
                    nodes=6,
                    algorithm={"kind": "decavg", "missing": "self"},
                    disruption=[loss],
                )
            )
        )
        ring = (np.eye(6) + np.roll(np.eye(6), 1, axis=0) + np.roll(np.eye(6), -1, axis=0)) / 3
        expected = np.eye(6) - 0.7 * (np.eye(6) - ring)
        measured = [
            mean_of(f"weight of {j} at {i}", played[:, i, j], float(expected[i, j]))
            for i, j in ((0, 0), (0, 1), (0, 5), (3, 3), (3, 2), (3, 4))
        ]
        sums = np.abs(played.sum(axis=2) - 1).max()
        return [
            *measured,
            Measurement("row sums, largest error", float(sums), 0, 1e-12, "1", "absolute"),
        ]


@register("check", "decentralized_falling_apart")
class FallingApart:
    """Random graphs that lose random nodes or hubs."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "a giant component of S = 1 - exp(-k (1 - f) S), and none beyond 1 - 1/k"
    source: ClassVar[str] = "Cohen, Erez, ben-Avraham, Havlin, Resilience of the Internet, PRL 2000"

    def run(self) -> list[Measurement]:
        """Drop random nodes of graphs of mean degree 4, and hubs of preferential ones."""
        nodes, degree = 2000, 4.0
        chance = {"kind": "erdos_renyi", "p": degree / (nodes - 1)}
        measured = []
        for fraction in (0.0, 0.25, 0.5):
            share = 1.0
            for _ in range(400):
                share = 1 - math.exp(-degree * (1 - fraction) * share)
            kept = round((1 - fraction) * nodes)
            found = [size / kept for size in _largest(chance, nodes, fraction, "random")]
            measured.append(mean_of(f"{fraction:.0%} gone, giant share", found, share))
        beyond = [size / (0.1 * nodes) for size in _largest(chance, nodes, 0.9, "random")]
        measured.append(Measurement("90 % gone, largest share", max(beyond), (0.0, 0.15)))
        growing = {"kind": "barabasi_albert", "m": 2}
        for select, bounds in (("random", (0.85, 1.0)), ("degree", (0.0, 0.25))):
            found = [size / (0.7 * nodes) for size in _largest(growing, nodes, 0.3, select)]
            name = f"preferential, 30 % by {select}"
            measured.append(Measurement(name, float(np.mean(found)), bounds))
        return measured


def _largest(topology: Any, nodes: int, fraction: float, select: str) -> list[float]:
    """Return the largest component of each of 8 graphs after its loss."""
    from netsim.decentralized.pattern import pattern_of
    from netsim.decentralized.selection import choose
    from netsim.graphs.kind import build, read

    found = []
    for seed in range(8):
        graph = build(read(topology), Streams(seed), "check", nodes)
        alive = np.ones(nodes, np.bool_)
        rule: Any = select
        gone = choose(
            rule,
            graph,
            alive,
            round(fraction * nodes),
            adaptive=False,
            generator=Streams(seed).generator("check"),
            sizes=None,
        )
        alive[gone] = False
        label = pattern_of(graph, alive, np.ones(graph.edge_count, np.bool_)).components
        found.append(float(np.bincount(label[alive]).max()))
    return found


@register("check", "decentralized_places")
class Places:
    """Nodes in a square, and a region of it that is struck."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "edges within r: pi r^2 - 8 r^3/3 + r^4/2; a region takes its share"
    source: ClassVar[str] = "the distance of two uniform points of a unit square"

    def run(self) -> list[Measurement]:
        """Count the edges of 25 graphs, and who is struck."""
        r, nodes, wide = 0.2, 60, 1000
        edges, lost, alone = [], [], []
        for seed in range(25):
            result = simulate(
                {
                    "workload": _FAMILY,
                    "seed": seed,
                    "nodes": nodes,
                    "topology": {"kind": "random_geometric", "radius": f"{r * wide} m"},
                    "model": "quadratic",
                    "rounds": 2,
                    "disruption": [
                        {
                            "kind": "region",
                            "at": {"round": 1},
                            "x": "500 m",
                            "y": "500 m",
                            "radius": "300 m",
                        }
                    ],
                }
            )
            graph = result.table("graph").to_pylist()[0]
            edges.append(float(graph["degree_mean"]) / (nodes - 1))
            lost.append(1 - float(result.runs[0]["alive"] or 0) / nodes)
            alone.append(float(graph["isolated"]) / nodes)
        joined = math.pi * r**2 - 8 * r**3 / 3 + r**4 / 2
        return [
            mean_of("share of pairs that are joined", edges, joined),
            mean_of("share of nodes that are struck", lost, math.pi * 0.3**2),
            # By the same law with N - 1 independent others, each place by itself.
            Measurement("share of nodes alone", float(np.mean(alone)), (0.0, 0.02)),
        ]


@register("check", "decentralized_growth")
class Growth:
    """Graphs that grow by preferential attachment."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "m (N - m) edges, and degrees by 2m(m+1) / (k(k+1)(k+2))"
    source: ClassVar[str] = "Dorogovtsev, Mendes, Samukhin, PRL 85, 2000"

    def run(self) -> list[Measurement]:
        """Count edges and degrees of 20 graphs of 3,000 nodes."""
        from netsim.graphs.kind import build, read

        measured = []
        for m in (1, 2, 3):
            nodes = 3000
            graphs = [
                build(read({"kind": "barabasi_albert", "m": m}), Streams(seed), "check", nodes)
                for seed in range(20)
            ]
            edges = float(graphs[0].edge_count)
            measured.append(Measurement(f"edges, m = {m}", edges, float(m * (nodes - m))))
            for k in (m, m + 1):
                found = [float((graph.degree == k).mean()) for graph in graphs]
                limit = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
                one = mean_of(f"share of degree {k}, m = {m}", found, limit)
                # A finite graph is off its limit by about 2 m / N of it.
                tolerance = one.tolerance + 2 * m / nodes
                measured.append(
                    Measurement(one.name, one.measured, limit, tolerance, "1", "absolute")
                )
        return measured


@register("check", "decentralized_coming_and_going")
class ComingAndGoing:
    """Nodes that are on and off by turns."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "on for up / (up + down) of the time, in binomial numbers"
    source: ClassVar[str] = "alternating renewal processes without memory"

    def run(self) -> list[Measurement]:
        """Look at 200 nodes well after the start, in 60 runs of their spans."""
        from netsim.decentralized.disruption import spans_of
        from netsim.graphs.graph import graph_of
        from netsim.scenario import load

        nodes, rounds, counts = 200, 61, []
        block = {
            "netsim": 1,
            "workload": _FAMILY,
            "nodes": nodes,
            "topology": {"kind": "ring"},
            "model": "quadratic",
            "rounds": rounds,
            "disruption": [{"kind": "churn", "at": {"round": 0}, "up": 6, "down": 3}],
        }
        model: Any = load(block).model
        graph = graph_of(nodes, [], [])
        for seed in range(60):
            streams, alive = Streams(seed), np.ones(nodes, np.bool_)
            for one in spans_of(model.disruption, graph, None, rounds, streams):
                if one.begin < rounds and (one.end is None or one.end >= rounds):
                    alive[one.nodes] = False
            counts.append(float(alive.sum()))
        found = np.array(counts)
        spread = (found - found.mean()) ** 2 * len(found) / (len(found) - 1)
        return [
            mean_of("share of nodes that are on", found / nodes, 6 / 9),
            mean_of("variance of their number", spread, nodes * (6 / 9) * (3 / 9)),
        ]


@register("check", "decentralized_variance_of_means")
class VarianceOfMeans:
    """What averaging does to first models that are drawn independently."""

    family: ClassVar[str] = _FAMILY
    claim: ClassVar[str] = "after mixing numbers have the variance v |pi|^2"
    source: ClassVar[str] = "pi is the stationary vector of the weights: (d + 1) / sum (d + 1)"

    def run(self) -> list[Measurement]:
        """Mix 200 independent numbers a node until all are equal."""
        measured = []
        for nodes, block in (
            (20, {"kind": "star"}),
            (20, {"kind": "ring"}),
            (12, {"kind": "line"}),
        ):
            start = Streams(nodes).generator("check").standard_normal((nodes, 200))
            result = simulate(
                {
                    "workload": _FAMILY,
                    "nodes": nodes,
                    "topology": block,
                    "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": start.tolist()},
                    "weights": "uniform",
                    "rounds": 1500,
                    "eval": {"every": 1500},
                    "record": {"vectors": [1500]},
                }
            )
            graph = result.table("graph").to_pylist()[0]
            models = result.table("vectors")["value"].to_numpy().reshape(nodes, -1)
            degree = np.array(
                [row["degree"] for row in result.table("peers").to_pylist()[:nodes]], np.float64
            )
            pi = (degree + 1) / (degree + 1).sum()
            squares = models[0] ** 2
            name = f"{block['kind']} of {nodes}, SLEM {graph['slem']:.3f}"
            measured.append(mean_of(name, squares, float(pi @ pi)))
            exact = pi @ start
            name = f"{block['kind']}, distance to sum pi x"
            away = float(np.abs(models - exact).max())
            measured.append(Measurement(name, away, 0.0, 1e-9, "1", "absolute"))
        return measured
