"""Attacks and defences in plain Python: lists of numbers, one loop per sum.

The slow twin of `netsim.decentralized.attacks` and `defences`, written from the definitions.
"""

from __future__ import annotations

import statistics

from reference.peers import Twin


def forged(kind, models, attackers, honest, before, **number):
    """Return what each of `attackers` sends: node -> list.

    `models` is what all would send, `before` the honest mean of the round before or None.
    """
    wide = range(len(next(iter(models.values()))))
    middle = [statistics.fmean(models[node][k] for node in honest) for k in wide]
    found = {}
    for node in attackers:
        if kind == "sign_flip":
            found[node] = [-number["scale"] * value for value in models[node]]
        elif kind == "same_value":
            found[node] = [number["value"] for _ in wide]
        elif kind == "alie":
            found[node] = [
                middle[k] - number["z"] * statistics.pstdev(models[other][k] for other in honest)
                for k in wide
            ]
        elif kind == "ipm":
            old = middle if before is None else before
            found[node] = [old[k] - number["eps"] * (middle[k] - old[k]) for k in wide]
        elif kind == "noise":
            found[node] = [models[node][k] + number["drawn"][node][k] for k in wide]
    return found, middle


def combined(kind, own, received, weight, **number):
    """Return what a node makes of its own model and a list of received ones."""
    models, wide = [own, *received], range(len(own))
    count = len(models)
    if kind == "median":
        return [statistics.median(model[k] for model in models) for k in wide]
    if kind == "trimmed_mean":
        cut = number["b"]
        while 2 * cut >= count:
            cut -= 1
        kept = [sorted(model[k] for model in models)[cut : count - cut] for k in wide]
        return [statistics.fmean(values) for values in kept]
    if kind == "krum":
        if count < 3:
            return own
        f = number["f"]
        while count < 2 * f + 3:
            f -= 1
        scores = []
        for one in models:
            away = sorted(
                sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) for other in models
            )
            scores.append(sum(away[1 : count - f - 1]))
        return models[scores.index(min(scores))]
    result = list(own)
    for other, share in zip(received, weight, strict=True):
        away = [b - a for a, b in zip(own, other, strict=True)]
        length = sum(value * value for value in away) ** 0.5
        scale = min(1.0, number["tau"] / length) if length else 1.0
        result = [value + share * scale * step for value, step in zip(result, away, strict=True)]
    return result


class RobustTwin(Twin):
    """Averaging of which some is forged; `attack` and `defence` are (kind, numbers) or None."""

    def __init__(self, *given, attack, attackers, defence, **more):
        super().__init__(*given, **more)
        self.attack, self.attackers, self.defence = attack, attackers, defence
        self.middle, self.arrived = None, {}

    def round(self, alive, cut, lost, drawn):
        self.gone, self.drawn = set(lost), drawn
        super().round(alive, cut, lost)

    def decavg(self, alive, matrix):
        lr, steps = self.problem["lr"], self.problem["steps"]
        for node in alive:
            for _ in range(steps):
                self.x[node] = [
                    v - lr * g for v, g in zip(self.x[node], self.slope(node), strict=True)
                ]
        own = {node: list(x) for node, x in self.x.items()}
        sent = dict(own)
        bad = [node for node in self.attackers if node in alive]
        honest = [node for node in alive if node not in bad]
        if self.attack and bad and honest:
            kind, number = self.attack
            number = number | {"drawn": self.drawn}
            made, self.middle = forged(kind, own, bad, honest, self.middle, **number)
            sent |= made
        for node in alive:
            row = matrix[node]
            others = [o for o in sorted(row) if o != node and (o, node) not in self.gone]
            if self.defence is None:
                self.x[node] = [
                    sum(row[o] * (own if o == node else sent)[o][k] for o in sorted(row))
                    for k in range(len(own[node]))
                ]
            elif others:
                kind, number = self.defence
                received, weight = [sent[o] for o in others], [row[o] for o in others]
                self.x[node] = combined(kind, own[node], received, weight, **number)
