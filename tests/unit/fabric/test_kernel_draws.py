"""Random numbers in kernels are the ones of `netsim.rng`, compiled or not."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from netsim import rng
from netsim.fabric.kernel import hashing
from netsim.fabric.kernel.compile import Linker


def draw_below(key, entity, counter, n):
    return hashing_below(hashing_draw(key, entity, counter), n)


def draw_fraction(key, entity, counter):
    return hashing_fraction(hashing_draw(key, entity, counter))


hashing_below, hashing_draw = hashing.below, hashing.draw
hashing_fraction = hashing.fraction


@pytest.fixture(scope="module")
def compiled():
    linker = Linker({}, numba.njit)
    return tuple(numba.njit(linker.entry(draw)) for draw in (draw_below, draw_fraction))


KEYS = [1, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x9E3779B97F4A7C15]


@pytest.mark.parametrize("key", KEYS)
def test_compiled_draws_equal_the_definition(compiled, key):
    below, fraction = compiled
    mixed = hashing.prepared(key)

    for entity, counter, n in [(0, 0, 2), (5 << 28 | 7, 77 << 6, 16), (2**62, 2**41, 1000)]:
        bits = rng.draw(key, entity, counter)
        assert below(mixed, entity, counter, n) == (bits >> 32) * n >> 32
        assert fraction(mixed, entity, counter) == bits >> 11


def test_the_hash_has_its_published_values():
    with np.errstate(over="ignore"):
        values = [int(hashing.mix(np.uint64(x))) for x in (0, 1, 2)]

    assert values == [0, 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    assert values == [rng.mix(x) for x in (0, 1, 2)]
