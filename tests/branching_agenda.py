"""Callbacks that put down further ones, many of them at one instant: for tests of the clock."""

from __future__ import annotations

import random


def branching(agenda, log, seed, births=400):
    """Let callbacks put down further ones at random, close times; log each with its time."""
    draw = random.Random(seed)
    left = [births]

    def happen(number):
        log.append((agenda._env.now, number))
        for _ in range(draw.randrange(3)):
            if left[0]:
                left[0] -= 1
                later, order = draw.choice([0, 0, 1, 5]), draw.randrange(3)
                agenda.at(agenda._env.now + later, happen, left[0], order)

    for start in (0, 0, 3, 50, 200):
        agenda.at(start, happen, -start)
