"""Peer-to-peer learning in plain Python: one dictionary of numbers per node, one loop per sum.

The slow twin of `netsim.decentralized`, for quadratics: it knows which nodes and edges are there
and which messages are lost, and nothing of arrays. Written from the definitions alone.
"""

from __future__ import annotations


def neighbours(edges, alive, cut):
    """Return who hears whom: node -> ascending list of others."""
    near = {node: [] for node in alive}
    for number, (a, b) in enumerate(edges):
        if number in cut or a not in alive or b not in alive:
            continue
        near[a].append(b)
        near[b].append(a)
    return {node: sorted(others) for node, others in near.items()}


def weights(rule, near, sizes):
    """Return node -> {other or itself: weight}."""
    found = {}
    for node, others in near.items():
        row = {}
        if rule == "decavg":
            total = sizes[node] + sum(sizes[other] for other in others)
            for other in [node, *others]:
                row[other] = sizes[other] / total if total else 1 / (1 + len(others))
        elif rule == "uniform":
            row = {other: 1 / (1 + len(others)) for other in [node, *others]}
        elif rule == "metropolis":
            row = {o: 1 / (1 + max(len(others), len(near[o]))) for o in others}
            row[node] = 1 - sum(row.values())
        elif rule == "push_sum":
            row = {o: 1 / (1 + len(near[o])) for o in [node, *others]}
        found[node] = row
    return found


def lossy(matrix, lost, rule):
    """Return the weights after messages `lost`, pairs (from, to), did not arrive."""
    found = {node: dict(row) for node, row in matrix.items()}
    for source, target in lost:
        if target not in found or source not in found[target] or source == target:
            continue
        gone = found[target].pop(source)
        if rule == "self":
            found[target][target] += gone
        elif rule == "recover":
            found[source][source] += gone
    if rule == "renormalise":
        for node, row in found.items():
            scale = sum(matrix[node].values()) / sum(row.values())
            found[node] = {other: weight * scale for other, weight in row.items()}
    return found


def mixed(matrix, values):
    """Return the weighted sums of lists of numbers; nodes without a row keep theirs."""
    result = {}
    for node, value in values.items():
        if node not in matrix:
            result[node] = list(value)
            continue
        row = matrix[node]
        result[node] = [
            sum(row[other] * values[other][k] for other in sorted(row)) for k in range(len(value))
        ]
    return result


def gradient(problem, node, x):
    h, c = problem["h"][node], problem["c"][node]
    return [h[k] * (x[k] - c[k]) for k in range(len(x))]


class Twin:
    """All nodes of one algorithm.

    `problem` holds h, c, x0 (node -> list), lr, steps; `round` is told who is there, which edges
    are cut and what is lost.
    """

    def __init__(self, algorithm, rule, problem, sizes, edges, missing="renormalise", **more):
        self.algorithm, self.rule, self.problem = algorithm, rule, problem
        self.sizes, self.edges, self.missing, self.more = sizes, edges, missing, more
        self.x = {node: list(start) for node, start in problem["x0"].items()}
        self.y, self.g, self.w, self.copies = {}, {}, {}, {}
        self.active, self.before, self.number = [], [], 0
        self.lost, self.ever, self.last = set(), set(), {}
        for node, start in self.x.items():
            self.w[node] = [1.0]
            self.copies[node] = [0.0] * len(start)
            self.y[node] = [0.0] * len(start)

    def round(self, alive, cut=frozenset(), lost=(), near=None):
        """Let all do a round; `near`: who hears whom, where that is drawn anew each round."""
        near = neighbours(self.edges, alive, cut) if near is None else near
        self.lost = set(lost) if self.missing == "stale" else set()
        # Where something came before, an old message stands in for a lost one.
        old = {arc for arc in lost if arc in self.ever}
        gone = [arc for arc in lost if arc not in old]
        rule = "renormalise" if self.missing == "stale" else self.missing
        matrix = lossy(weights(self.rule, near, self.sizes), gone, rule)
        if self.missing == "stale":
            self.ever |= {(o, n) for n in near for o in near[n] if (o, n) not in self.lost}
        getattr(self, self.algorithm)(alive, matrix)

    def mixed(self, matrix, values, name):
        """Return weighted sums of `values`, called `name`: old ones where new ones were lost."""
        result = mixed(matrix, values)
        if self.missing == "stale":
            for node, row in matrix.items():
                heard = {
                    other: self.last[name, other, node]
                    if (other, node) in self.lost
                    else list(values[other])
                    for other in row
                }
                result[node] = [
                    sum(row[other] * heard[other][k] for other in sorted(row))
                    for k in range(len(values[node]))
                ]
                for other in row:
                    self.last[name, other, node] = heard[other]
        return result

    def slope(self, node):
        if not self.sizes[node]:
            return [0.0] * len(self.x[node])
        return gradient(self.problem, node, self.x[node])

    def decavg(self, alive, matrix):
        lr, steps = self.problem["lr"], self.problem["steps"]
        for node in alive:
            for _ in range(steps):
                self.x[node] = [
                    v - lr * g for v, g in zip(self.x[node], self.slope(node), strict=True)
                ]
        self.x = self.mixed(matrix, self.x, "x")

    el_local = el_oracle = decavg

    def decdiff(self, alive, matrix):
        self.decavg(alive, {})
        trained = {node: list(x) for node, x in self.x.items()}
        for node in alive:
            row = {other: weight for other, weight in matrix[node].items() if other != node}
            total = sum(row.values())
            if total <= 1e-9:
                continue
            x = trained[node]
            middle = [sum(row[o] * trained[o][k] for o in row) / total for k in range(len(x))]
            away = [m - v for m, v in zip(middle, x, strict=True)]
            length = sum(v * v for v in away) ** 0.5
            self.x[node] = [v + a / (length + 1.0) for v, a in zip(x, away, strict=True)]

    def teleportation(self, alive, matrix):
        """Play the round of the nodes `self.active`, in this order; the others stand still."""
        active = self.active
        left = [node for node in self.before if node in alive]
        models = [list(self.x[node]) for node in left]
        if left:
            for place, node in enumerate(active):
                self.x[node] = list(models[place % len(left)])
        for node in active:
            slope, lr = self.slope(node), self.problem["lr"]
            self.x[node] = [v - lr * g for v, g in zip(self.x[node], slope, strict=True)]
        levels = max(1, (len(active) - 1).bit_length())
        distance = 2 ** (self.number % levels)
        stepped = [list(self.x[node]) for node in active]
        for place, node in enumerate(active):
            if len(active) > 1:
                other = stepped[(place + distance) % len(active)]
                self.x[node] = [(a + b) / 2 for a, b in zip(stepped[place], other, strict=True)]
        self.before, self.number = list(active), self.number + 1

    def dpsgd(self, alive, matrix):
        lr = self.problem["lr"]
        slope = {node: self.slope(node) for node in alive}
        if self.more.get("order") == "adapt_then_combine":
            for node in alive:
                self.x[node] = [v - lr * g for v, g in zip(self.x[node], slope[node], strict=True)]
            self.x = self.mixed(matrix, self.x, "x")
        else:
            self.x = self.mixed(matrix, self.x, "x")
            for node in alive:
                self.x[node] = [v - lr * g for v, g in zip(self.x[node], slope[node], strict=True)]

    def gradient_tracking(self, alive, matrix):
        lr = self.problem["lr"]
        for node in alive:
            if node not in self.g:
                self.g[node] = self.slope(node)
                self.y[node] = list(self.g[node])
        step = {node: [lr * v for v in self.y[node]] for node in alive}
        self.x, tracked = self.mixed(matrix, self.x, "x"), self.mixed(matrix, self.y, "y")
        for node in alive:
            self.x[node] = [v - s for v, s in zip(self.x[node], step[node], strict=True)]
            new = self.slope(node)
            self.y[node] = [
                t + a - b for t, a, b in zip(tracked[node], new, self.g[node], strict=True)
            ]
            self.g[node] = new

    def sgp(self, alive, matrix):
        lr, mass = self.problem["lr"], {}
        for node in self.x:
            slope = self.slope(node) if node in alive else [0.0] * len(self.x[node])
            mass[node] = [
                v * self.w[node][0] - lr * g for v, g in zip(self.x[node], slope, strict=True)
            ]
        mass, self.w = mixed(matrix, mass), mixed(matrix, self.w)
        self.x = {node: [v / self.w[node][0] for v in mass[node]] for node in mass}

    def choco(self, alive, matrix):
        lr, gamma = self.problem["lr"], self.more["gamma"]
        for node in alive:
            self.x[node] = [v - lr * g for v, g in zip(self.x[node], self.slope(node), strict=True)]
            away = [v - c for v, c in zip(self.x[node], self.copies[node], strict=True)]
            best = max(range(len(away)), key=lambda k: (abs(away[k]), -k))
            self.copies[node][best] += away[best]
        near = mixed(matrix, self.copies)
        for node in alive:
            self.x[node] = [
                v + gamma * (n - c)
                for v, n, c in zip(self.x[node], near[node], self.copies[node], strict=True)
            ]
