"""A server and its clients in plain Python: lists of numbers, one loop per sum.

The slow twin of the server algorithms of `netsim.decentralized`, for quadratics. It is told, round
by round, whom the server's model reached and whose answers came in, and knows nothing of arrays.
"""

from __future__ import annotations


def largest(vector):
    """Return the vector with all but its largest number set to 0; the earlier among equals."""
    best = max(range(len(vector)), key=lambda k: (abs(vector[k]), -k))
    return [value if k == best else 0.0 for k, value in enumerate(vector)]


def same(vector):
    """Return the vector as it is."""
    return list(vector)


def mean(vectors):
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]


class ServerTwin:
    """All clients of one algorithm; node 0 is the server.

    `problem` holds h, c, x0 (node -> list), lr, steps; `more` the algorithm's own numbers.
    """

    def __init__(self, algorithm, problem, sizes, compress=same, **more):
        self.algorithm, self.problem, self.sizes = algorithm, problem, sizes
        self.compress, self.more = compress, more
        self.x = {node: list(start) for node, start in problem["x0"].items()}
        self.zero = [0.0] * len(self.x[0])
        self.c = {node: list(self.zero) for node in self.x}
        self.h, self.e = {}, {}
        self.clients = [node for node in self.x if node and sizes[node]]

    def slope(self, node, x):
        h, c = self.problem["h"][node], self.problem["c"][node]
        return [h[k] * (x[k] - c[k]) for k in range(len(x))]

    def round(self, reached, heard):
        getattr(self, self.algorithm)(list(reached), list(heard))

    def fedavg(self, reached, heard):
        for node in reached:
            x = list(self.x[0])
            for _ in range(self.problem["steps"]):
                g = self.slope(node, x)
                x = [x[k] - self.problem["lr"] * g[k] for k in range(len(x))]
            self.x[node] = x
        if heard:
            total = sum(self.sizes[node] for node in heard)
            self.x[0] = [
                sum(self.sizes[node] / total * self.x[node][k] for node in heard)
                for k in range(len(self.x[0]))
            ]

    def scaffold(self, reached, heard, alpha=None):
        """Scaffold; with `alpha` Scallion, from what it says of changes d = c_i' - c_i."""
        x, common, steps, lr = self.x[0], self.c[0], self.problem["steps"], self.problem["lr"]
        wide = range(len(x))
        change, moved = {}, {}
        for node in reached:
            y, slopes = list(x), []
            for _ in range(steps):
                g = self.slope(node, y)
                slopes.append(g)
                y = [y[k] - lr * (g[k] - self.c[node][k] + common[k]) for k in wide]
            self.x[node] = y
            change[node] = [m - c for m, c in zip(mean(slopes), self.c[node], strict=True)]
            moved[node] = [y[k] - x[k] for k in wide]
            if alpha is not None:
                change[node] = self.compress([alpha * d for d in change[node]])
                moved[node] = [-lr * steps * (common[k] + change[node][k]) for k in wide]
        if not heard:
            return
        step = mean([moved[node] for node in heard])
        total = [sum(change[node][k] for node in heard) for k in wide]
        self.x[0] = [x[k] + self.more.get("global_lr", 1.0) * step[k] for k in wide]
        self.c[0] = [common[k] + total[k] / len(self.clients) for k in wide]
        for node in heard:
            self.c[node] = [a + b for a, b in zip(self.c[node], change[node], strict=True)]

    def scallion(self, reached, heard):
        self.scaffold(reached, heard, alpha=self.more.get("alpha", 1.0))

    def ef21(self, reached, heard):
        """Error feedback; with `smoothness` weighted by L_i over their mean."""
        if not reached:
            return
        smooth = self.more.get("smoothness") or dict.fromkeys(self.clients, 1.0)
        middle = sum(smooth[node] for node in self.clients) / len(self.clients)
        scale = {node: smooth[node] / middle for node in self.clients}
        wide = range(len(self.zero))

        def update(node):
            g = self.slope(node, self.x[0])
            away = [g[k] / scale[node] - self.h[node][k] for k in wide]
            sent = self.compress(away)
            self.h[node] = [self.h[node][k] + sent[k] for k in wide]

        for node in reached:
            if node not in self.h:
                self.h[node] = list(self.zero)
                update(node)
        step = mean([[scale[node] * v for v in self.h[node]] for node in reached])
        self.x[0] = [self.x[0][k] - self.problem["lr"] * step[k] for k in wide]
        for node in reached:
            self.x[node] = list(self.x[0])
            update(node)

    def econtrol(self, reached, heard):
        if not reached:
            return
        wide, eta, taken = range(len(self.zero)), self.more["eta"], []
        for node in reached:
            g = self.slope(node, self.x[0])
            if node not in self.h:
                self.h[node], self.e[node] = self.compress(g), list(self.zero)
            wanted = [eta * self.e[node][k] + g[k] - self.h[node][k] for k in wide]
            sent = self.compress(wanted)
            taken.append([self.h[node][k] + sent[k] for k in wide])
            self.e[node] = [self.e[node][k] + g[k] - self.h[node][k] - sent[k] for k in wide]
            self.h[node] = [self.h[node][k] + sent[k] for k in wide]
        step = mean(taken)
        self.x[0] = [self.x[0][k] - self.problem["lr"] * step[k] for k in wide]
        for node in reached:
            self.x[node] = list(self.x[0])
