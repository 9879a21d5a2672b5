"""Coded rounds with sets and loops, straight from the definitions: the oracle of the real ones.

Every scheme here is a plain dictionary of what came back. Admission `decodable` is not a formula
but a look-ahead: close a copy of the round, play clean rounds, see whether all started jobs decode.
"""

from __future__ import annotations

import copy
import math


def bursty(pattern, B, W, lam):
    """`pattern`: a list of sets of stragglers."""
    for first in range(max(1, len(pattern) - W + 1)):
        window = pattern[first : first + W]
        if len(set().union(*window)) > lam:
            return False
        for worker in set().union(*window):
            rounds = [r for r, late in enumerate(window) if worker in late]
            if rounds[-1] - rounds[0] >= B:
                return False
    return True


def per_round(pattern, s):
    return all(len(late) <= s for late in pattern)


def arbitrary(pattern, N, W, lam):
    for first in range(max(1, len(pattern) - W + 1)):
        window = pattern[first : first + W]
        if len(set().union(*window)) > lam:
            return False
        if any(sum(w in late for late in window) > N for w in set().union(*window)):
            return False
    return True


def _groups(n, s):
    return [set(range(first, first + s + 1)) for first in range(0, n, s + 1)]


class GC:
    """Gradient code: n-s results; with `rep`, one of every group of s+1."""

    T = 0

    def __init__(self, n, J, s, rep=False):
        self.n, self.J, self.s, self.rep = n, J, s, rep
        self.past, self.decoded = [], {}

    def enough(self, returned):
        if self.rep:
            return all(group & returned for group in _groups(self.n, self.s))
        return len(returned) >= self.n - self.s

    def tasks(self, r):
        return {i: [(r, "fresh", None)] for i in range(self.n)}

    def conforms(self, late):
        return len(late) <= self.s

    def settle(self, late):
        r = len(self.past)
        self.past.append(set(late))
        if self.enough(set(range(self.n)) - set(late)):
            self.decoded[r] = r


class SRSGC:
    """Selective repeat."""

    def __init__(self, n, J, B, W, lam, rep=False):
        self.n, self.J, self.B, self.W, self.lam = n, J, B, W, lam
        self.T = B
        self.s = math.ceil(B * lam / (W - 1 + B))
        self.code = GC(n, J, self.s, rep)
        self.past, self.decoded, self.got, self.late_got = [], {}, {}, {}

    def retriers(self, r):
        due = r - self.B
        if due < 0:
            return set()
        missing = [i for i in range(self.n) if i not in self.got[due]]
        if self.code.rep:
            return {min(g) for g in _groups(self.n, self.s) if not g & self.got[due]}
        return set(missing[: max(0, self.n - self.s - len(self.got[due]))])

    def tasks(self, r):
        again = self.retriers(r)
        other = (r, "fresh", None) if r < self.J else (None, "idle", None)
        return {i: [(r - self.B, "retry", None) if i in again else other] for i in range(self.n)}

    def conforms(self, late):
        if len(self.past) >= self.J:
            return not late & self.retriers(len(self.past))
        window = self.past[-(self.W - 1) :] if self.W > 1 else []
        struck = set().union(*window)
        stretched = any(
            worker in before
            for worker in late
            for age, before in enumerate(reversed(window), start=1)
            if age >= self.B
        )
        as_burst = len(struck | late) <= self.lam and not stretched
        return as_burst or per_round([*window, late], self.s)

    def settle(self, late):
        r = len(self.past)
        again = self.retriers(r)
        returned = set(range(self.n)) - set(late)
        self.past.append(set(late))
        if again and self.code.enough(self.got[r - self.B] | (again & returned)):
            self.decoded[r - self.B] = r
        if r < self.J:
            self.got[r] = returned - again
            if self.code.enough(self.got[r]):
                self.decoded[r] = r


class MSGC:
    """Multiplexed coding."""

    def __init__(self, n, J, B, W, lam, rep=False):
        self.n, self.J, self.B, self.W, self.lam = n, J, B, W, lam
        self.T = W - 2 + B
        self.code = GC(n, J, lam, rep) if lam < n else None
        self.past, self.decoded = [], {}
        self.first = {j: {i: set() for i in range(n)} for j in range(J)}
        self.queue = {j: {i: [] for i in range(n)} for j in range(J)}
        self.second = {j: [set() for _ in range(B)] for j in range(J)}

    def minitask(self, j, slot, i):
        if slot <= self.W - 2:
            return (j, "fresh", slot)
        if self.queue[j][i]:
            return (j, "retry", self.queue[j][i][0])
        return (j, "coded", slot - (self.W - 1)) if self.code else (j, "idle", None)

    def tasks(self, r):
        active = [j for j in range(self.J) if 0 <= r - j <= self.T]
        return {i: [self.minitask(j, r - j, i) for j in active] for i in range(self.n)}

    def conforms(self, late):
        window = self.past[-(self.W - 1) :]
        return bursty([*window, late], self.B, self.W, self.lam)

    def settle(self, late):
        r = len(self.past)
        tasks = self.tasks(r)
        self.past.append(set(late))
        for i in range(self.n):
            for j, kind, chunk in tasks[i]:
                if i in late:
                    if kind == "fresh":
                        self.queue[j][i].append(chunk)
                    continue
                if kind in ("fresh", "retry"):
                    self.first[j][i].add(chunk)
                if kind == "retry":
                    self.queue[j][i].pop(0)
                if kind == "coded":
                    self.second[j][chunk].add(i)
        for j in range(max(0, r - self.T), min(r + 1, self.J)):
            whole = all(len(self.first[j][i]) == self.W - 1 for i in range(self.n))
            coded = self.code is None or all(self.code.enough(g) for g in self.second[j])
            if whole and coded:
                self.decoded.setdefault(j, r)


def decodable(scheme, late):
    """Whether all started jobs decode in time if this round loses `late`, later ones nobody."""
    ahead = copy.deepcopy(scheme)
    r = len(ahead.past)
    ahead.settle(late)
    while len(ahead.past) < ahead.J + ahead.T:
        ahead.settle(set())
    started = range(min(r + 1, ahead.J))
    return all(ahead.decoded.get(j, math.inf) <= j + ahead.T for j in started)


def replay(scheme, pattern):
    """Play given stragglers; return the round of each job's decoding (None: never)."""
    for late in pattern:
        scheme.settle(set(late))
    while len(scheme.past) < scheme.J + scheme.T:
        scheme.settle(set())
    return [scheme.decoded.get(j) for j in range(scheme.J)]


def play(scheme, finish, mu=1.0, policy="minimal", rule="model", uncoded=False):
    """Return (duration, waited, stragglers, candidates) of every round for a finish matrix."""
    rounds = []
    for r in range(scheme.J + scheme.T):
        times = dict(enumerate(finish[r]))
        if isinstance(scheme, SRSGC) and r >= scheme.J:
            again = scheme.retriers(r)
            scheme.settle(set())
            rounds.append((max((times[i] for i in again), default=0.0), False, set(), 0))
            continue

        def late_at(t, times=times):
            return {i for i, when in times.items() if when > t}

        def holds(late):
            return decodable(scheme, late) if rule == "decodable" else scheme.conforms(late)

        slowest, threshold = max(times.values()), (1 + mu) * min(times.values())
        candidates = late_at(threshold)
        waited = bool(candidates) and not holds(candidates)
        end = min(threshold, slowest)
        if waited:
            later = [t for t in sorted(times.values()) if t > threshold]
            end = slowest if policy == "all" else next(t for t in later if holds(late_at(t)))
        scheme.settle(late_at(end))
        rounds.append((end, waited or uncoded, late_at(end), len(candidates)))
    return rounds
