"""What pairs of a plain chain are worth: decay, swaps, purification and when they are given up.

Everything by counting errors: a pair is in one of four states (a bit error, a phase error, both or
none), two-qubit gates move errors about, and every case of every pair is gone through.
"""

from __future__ import annotations

import math
from itertools import product


def bits(kind):
    """Return (bit error, phase error) of states 0 to 3."""
    return kind >> 1, kind & 1


class Habits:
    """How pairs of a chain change; `rate` is that of depolarising (1/ps) of each half."""

    def __init__(
        self,
        raw=(1.0, 0.0, 0.0, 0.0),
        rate=0.0,
        target=0.0,
        gate=1.0,
        readout=1.0,
        scheme=None,
        rounds=2,
        tolerance=1e-9,
        cutoffs=(None, None),
        end_to_end=False,
        threshold=None,
    ):
        self.raw, self.rate, self.target = raw, rate, target
        self.gate, self.readout = gate, readout
        self.scheme, self.rounds, self.tolerance = scheme, rounds, tolerance
        self.cutoffs, self.end_to_end, self.threshold = cutoffs, end_to_end, threshold

    # States.

    def aged(self, state, time):
        """Return a state after one half was stored for `time`: each error with a third of 1 - k."""
        kept = math.exp(-4 * self.rate * time / 3)
        return tuple(kept * a + (1 - kept) / 4 for a in state)

    def state(self, pair, near, far):
        """Return the state after the halves were stored up to these instants, and note it."""
        for side, time in enumerate((near, far)):
            if time > pair["read"][side]:
                pair["state"] = self.aged(pair["state"], time - pair["read"][side])
                pair["read"][side] = time
        return pair["state"]

    def settle(self, pair, side, now):
        """Let one half decay up to now and no more."""
        times = list(pair["read"])
        times[side] = now
        self.state(pair, *times)
        pair["read"][side] = math.inf

    def noisy(self, joint, pairs, total):
        """Return a joint law of errors after both nodes' gates mixed two pairs, or did not."""
        works = self.gate**2
        found = {key: works * chance for key, chance in joint.items()}
        rest = {}
        for key, chance in joint.items():
            others = tuple(one for at, one in enumerate(key) if at not in pairs)
            rest[others] = rest.get(others, 0.0) + chance
        for others, chance in rest.items():
            for mixed in product(range(4), repeat=2):
                key, left = [None] * total, iter(others)
                for at, kind in zip(pairs, mixed, strict=True):
                    key[at] = kind
                key = tuple(next(left) if one is None else one for one in key)
                found[key] = found.get(key, 0.0) + (1 - works) * chance / 16
        return found

    @staticmethod
    def cnot(joint, control, target):
        found = {}
        for key, chance in joint.items():
            key = list(key)
            (xc, zc), (xt, zt) = bits(key[control]), bits(key[target])
            key[control], key[target] = 2 * xc + (zc ^ zt), 2 * (xt ^ xc) + zt
            found[tuple(key)] = found.get(tuple(key), 0.0) + chance
        return found

    def checked(self, joint, checks):
        """Return the chance that checks (pair, kind) agree as read, and the first's state."""
        agree = self.readout**2 + (1 - self.readout) ** 2
        weights = [0.0] * 4
        for key, chance in joint.items():
            for pair, kind in checks:
                chance *= 1 - agree if bits(key[pair])[kind] else agree
            weights[key[0]] += chance
        total = sum(weights)
        return total, tuple(one / total for one in weights)

    def circuit(self, states, gates, checks):
        joint = {}
        for key in product(range(4), repeat=len(states)):
            joint[key] = math.prod(state[kind] for state, kind in zip(states, key, strict=True))
        for control, target in gates:
            joint = self.noisy(self.cnot(joint, control, target), (control, target), len(states))
        return self.checked(joint, checks)

    def purified(self, states):
        if self.scheme == "bbpssw":
            states = [(s[0], *[(1 - s[0]) / 3] * 3) for s in states]
            chance, state = self.circuit(states, [(0, 1)], [(1, 0)])
            return chance, (state[0], *[(1 - state[0]) / 3] * 3)
        states = [(i, y, x, z) for i, z, x, y in states]
        if self.scheme == "double_selection":
            return self.circuit(states, [(0, 1), (2, 1)], [(1, 0), (2, 1)])
        return self.circuit(states, [(0, 1)], [(1, 0)])

    def swapped(self, a, b):
        """Return the ends' state after a Bell measurement with noisy gate and readout."""
        right = self.readout
        weights = [0.0] * 4
        for i, j, x, z in product(range(4), range(4), (0, 1), (0, 1)):
            chance = a[i] * b[j] * (1 - right if x else right) * (1 - right if z else right)
            weights[i ^ j ^ (2 * x + z)] += chance
        return tuple(self.gate * one + (1 - self.gate) / 4 for one in weights)

    # Who is purified with whom.

    def partners(self, pair, idle):
        """Return the kept pair and those given up for it, or nothing."""
        if self.scheme is None:
            return None
        if self.scheme in ("bbpssw", "dejmps", "double_selection"):
            need = 2 if self.scheme == "double_selection" else 1
            near = [one for one, f in idle if abs(f - pair["state"][0]) <= self.tolerance]
            chosen = [pair, *near[:need]] if len(near) >= need else None
        else:
            chosen = None
            options = [(pair, one) for one, _ in idle if self.goes(pair, one)][:1]
            for one, _ in idle:
                best = options[-1][0]["stage"] if options else (-1,)
                if one["stage"] > best and self.goes(one, pair):
                    options.append((one, pair))
            if options:
                chosen = list(options[-1])
        return chosen if chosen and self.hopeful(*chosen[:2]) else None

    def goes(self, kept, given):
        (level, done), (other, spent) = kept["stage"], given["stage"]
        if self.scheme == "recurrence":
            return done == spent
        if self.scheme == "pumping":
            return spent == 0
        if other and spent < self.rounds:
            return False
        return other == (level if level == 0 or done == self.rounds else level - 1)

    def next(self, stage):
        level, done = stage
        if self.scheme in ("recurrence", "pumping"):
            return 0, done + 1
        if self.scheme == "ladder":
            return (level, done + 1) if level and done < self.rounds else (level + 1, 1)
        return 0, 0

    def hopeful(self, kept, given):
        """Return whether unbroken luck with such partners leads to the target."""
        state, stage, other = kept["state"], kept["stage"], given["state"]
        need = 2 if self.scheme == "double_selection" else 1
        for _ in range(64):
            state = self.purified([state, *[other] * need])[1]
            stage = self.next(stage)
            if state[0] >= self.target:
                return True
            if self.scheme == "pumping" or (self.scheme == "ladder" and stage[1] < self.rounds):
                continue
            other = state
        return False

    def better(self, kept, state):
        kept["state"], kept["stage"] = state, self.next(kept["stage"])

    # When time is over.

    def begin(self, pair, state, parts, gap, end):
        pair.update(state=state, stage=(0, 0), read=[pair["created"]] * 2)
        halves = pair["near"], pair["far"]
        own = [self.cutoffs[half.node % 2] for half in halves]
        if self.end_to_end:
            inner = [0 < half.node < end for half in halves]
            late = [
                max(gap(half.node, 0), gap(half.node, end)) if inside else 0
                for half, inside in zip(halves, inner, strict=True)
            ]
            old = [
                None if age is None else pair["birth"] + age - less
                for age, less in zip(own, late, strict=True)
            ]
        elif parts:
            known = [one for part in parts for one in part["old"] if one is not None]
            old = [min(known, default=None)] * 2
        else:
            old = [None if age is None else pair["birth"] + age for age in own]
        pair.update(old=old, last=list(old))
        for side in (0, 1):
            self.renew(pair, side, pair["created"])

    def renew(self, pair, side, now):
        pair["last"][side] = pair["old"][side]
        if self.threshold is None:
            return
        spare = [max(0, now - since) for since in pair["read"]]
        state = pair["state"]
        for time in spare:
            state = self.aged(state, time)
        low, high = -1, 1 << 40
        if self.aged(state, 2 * high)[0] > self.threshold:
            return
        while high - low > 1:
            middle = (low + high) // 2
            if self.aged(state, 2 * middle)[0] > self.threshold:
                low = middle
            else:
                high = middle
        old = pair["last"][side]
        pair["last"][side] = now + high if old is None else min(old, now + high)
