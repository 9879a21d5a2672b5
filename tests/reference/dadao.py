"""DADAO on quadratics in loops over nodes and numbers, with scipy's exponential between events.

The slow twin of `netsim.decentralized.algorithms.dadao`, written from the definition.
"""

from __future__ import annotations

import math

from scipy.linalg import expm


class DadaoTwin:
    """Six vectors a node, x, x~, y, y~, z, z~: `state[node][which]` is a list of numbers.

    `least` and `largest` are the curvatures' bounds, `chi1` that of the graph with its rates.
    """

    def __init__(self, h, c, start, least, largest, chi1):
        self.h, self.c, self.smooth, self.chi1 = h, c, largest, chi1
        self.nu = least / 2
        self.r = math.sqrt(self.nu / largest)
        self.state = [[list(x), *([0.0] * len(x) for _ in range(5))] for x in start]

    def flow(self, node, span):
        nu, r = self.nu, self.r
        slopes = [[0.0] * 6 for _ in range(6)]
        slopes[0][0], slopes[0][1] = -r / 8, r / 8
        slopes[1][0], slopes[1][1] = r / 8, -r / 8
        slopes[2][2], slopes[2][3] = -r / 4, r / 4
        slopes[3][1], slopes[3][2], slopes[3][4] = -nu / (2 * r), -1 / (2 * r), -1 / (2 * r)
        slopes[4][4], slopes[4][5] = -r / 4, r / 4
        slopes[5][4], slopes[5][5] = r / 8, -r / 8
        power = expm([[value * span for value in row] for row in slopes])
        old = self.state[node]
        self.state[node] = [
            [sum(power[i][j] * old[j][k] for j in range(6)) for k in range(len(old[0]))]
            for i in range(6)
        ]

    def round(self, events, begin, end, gone, cut):
        """Let time pass from `begin` to `end`; nodes `gone` stand still, edges `cut` are silent."""
        now = begin
        for time, kind, *nodes in [*events, (end, "end")]:
            for node in range(len(self.state)):
                if node not in gone:
                    self.flow(node, time - now)
            now = time
            if kind == "grad" and nodes[0] not in gone:
                self.step(nodes[0])
            if kind == "comm" and not gone & set(nodes) and tuple(nodes) not in cut:
                self.exchange(*nodes)

    def step(self, node):
        x, x_tilde, _, y_tilde, _, _ = self.state[node]
        for k in range(len(x)):
            q = self.h[node][k] * (x[k] - self.c[node][k]) - self.nu * x[k] - y_tilde[k]
            x[k] -= q / (4 * self.smooth)
            x_tilde[k] -= q / (4 * math.sqrt(self.smooth * self.nu))
            y_tilde[k] += (self.r / 4 + 1) * q

    def exchange(self, a, b):
        one, other = self.state[a], self.state[b]
        for k in range(len(one[0])):
            m = one[2][k] + one[4][k] - other[2][k] - other[4][k]
            one[4][k] -= m / 2
            other[4][k] += m / 2
            one[5][k] -= 2 * self.chi1 / self.r * m
            other[5][k] += 2 * self.chi1 / self.r * m
