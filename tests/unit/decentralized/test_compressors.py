"""A compressor's message is as long as it says, and what is decoded is near what was sent."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest
from pydantic import TypeAdapter

from netsim import registry
from netsim.decentralized.compressor import CompressorConfig, sent_through
from netsim.fields import OneOf
from netsim.verify.scenarios import simulate

CODES = TypeAdapter(Annotated[CompressorConfig, OneOf("compressor", bare=True)])
D = 2410

#: Bytes of D numbers in single precision, counted by hand.
LENGTHS = [
    ("none", 4 * D),
    ({"kind": "topk", "k": 100}, 100 * (4 + 4)),
    ({"kind": "topk", "fraction": 0.1}, 241 * (4 + 4)),
    ({"kind": "randk", "k": 100}, 8 + 4 * 100),
    # 2 x 4 + 1 = 9 signed levels take 4 bits.
    ({"kind": "qsgd", "levels": 4}, 4 + D * 4 // 8),
    ("sign", 4 + -(-D // 8)),
    ("int8", 8 + D),
    ("float16", 2 * D),
]


def through(block, vector, turn=0):
    return sent_through(CODES.validate_python(block), vector, 5, (turn, 3, 0))


def vector(size=D, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(size).astype(dtype)


@pytest.mark.parametrize(("block", "expected"), LENGTHS)
def test_a_message_has_its_length(block, expected):
    decoded, length = through(block, vector())

    assert length == expected
    assert decoded.dtype == np.float32
    assert decoded.shape == (D,)


def test_every_compressor_is_measured():
    measured = {block if isinstance(block, str) else block["kind"] for block, _ in LENGTHS}

    # The length of a Huffman code depends on the numbers; it is measured by itself.
    assert measured | {"fedzip"} == set(registry.names("compressor"))


def huffman_bits(counts):
    """Return the bits of the best code of symbols that come so often: the sum of all merges."""
    left, total = sorted(count for count in counts if count), 0
    if len(left) == 1:
        return left[0]
    while len(left) > 1:
        merged = left[0] + left[1]
        total += merged
        left = sorted([merged, *left[2:]])
    return total


@pytest.mark.parametrize(("fraction", "levels"), [(0.1, 15), (0.03, 3), (1.0, 8), (0.5, 1)])
def test_a_clustered_message_is_as_short_as_its_symbols_allow(fraction, levels):
    v = vector()
    decoded, length = through({"kind": "fedzip", "fraction": fraction, "levels": levels}, v)

    means, counts = np.unique(decoded, return_counts=True)
    clusters = len(means[means != 0])
    # 1 byte, 4 bytes a mean, half a byte a symbol, and the words.
    bits = huffman_bits(counts.tolist())
    assert length == 1 + 4 * clusters + (clusters + 2) // 2 + -(-bits // 8)
    assert clusters <= levels
    share = counts / len(v)
    assert bits <= len(v) * (1 - (share * np.log2(share)).sum())
    kept = np.argsort(-np.abs(v), kind="stable")[: round(fraction * len(v))]
    assert set(np.flatnonzero(decoded)) <= set(kept.tolist())
    # Every kept number stands at a mean of its cluster: no other mean is nearer to it.
    own = np.abs(decoded[kept] - v[kept])
    assert (own <= np.abs(means[means != 0][:, None] - v[kept]).min(axis=0) + 1e-5).all()


@pytest.mark.parametrize(
    "v",
    [
        np.zeros(7, np.float32),
        np.full(5, 2.5, np.float32),
        np.array([3.0], np.float32),
        np.array([1.0, -1.0, 0.0], np.float64),
    ],
)
def test_odd_vectors_pass_through_clusters(v):
    decoded, _ = through({"kind": "fedzip", "fraction": 1.0}, v)

    assert decoded.tolist() == v.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_numbers_keep_all_but_their_share_of_the_square(seed):
    v = vector(200, seed, np.float64)

    decoded, _ = through({"kind": "topk", "k": 20}, v)

    assert ((decoded - v) ** 2).sum() <= (1 - 20 / 200) * (v**2).sum()
    assert np.count_nonzero(decoded) == 20


def test_among_equal_numbers_the_earlier_one_is_kept():
    decoded, _ = through({"kind": "topk", "k": 2}, np.array([1.0, -3, 3, 2, -3]))

    assert decoded.tolist() == [0, -3, 3, 0, 0]


@pytest.mark.parametrize("block", [{"kind": "randk", "k": 8}, {"kind": "qsgd", "levels": 2}])
def test_a_random_code_is_right_on_average(block):
    # randk keeps each of 32 numbers with probability 1/4, as it is; qsgd rounds at random.
    v, tries = vector(32, 1, np.float64), 4000
    found = np.array([through(block, v, turn)[0] for turn in range(tries)])
    expected = v / 4 if block["kind"] == "randk" else v

    error = found.std(axis=0) / np.sqrt(tries)
    assert (np.abs(found.mean(axis=0) - expected) <= 5.5 * error + 1e-6).all()


def test_rounding_is_off_by_half_a_step_at_most():
    v = vector(500)

    bytes_, _ = through("int8", v)
    halves, _ = through("float16", v)

    assert np.abs(bytes_ - v).max() <= (v.max() - v.min()) / 255 * 0.51
    assert np.abs(halves - v).max() <= np.abs(v).max() * 2**-11


def test_a_sign_takes_the_mean_magnitude():
    decoded, _ = through("sign", np.array([1.0, -2, 3, 0]))

    assert decoded.tolist() == [1.5, -1.5, 1.5, 1.5]


def test_peers_mix_what_was_decoded_and_count_what_was_encoded():
    # Two nodes without training, weights 1/2: each takes its own model and the other's largest.
    result = simulate(
        {
            "workload": "decentralized",
            "topology": {"kind": "edges", "edges": [[0, 1]]},
            "model": {"kind": "quadratic", "h": 0, "c": 0, "x0": [[1, 0.25], [0.5, 3]]},
            "weights": "uniform",
            "compressor": {"kind": "topk", "k": 1},
            "rounds": 1,
            "record": {"vectors": [1]},
        }
    )

    assert result.table("vectors")["value"].to_pylist() == [0.5, 1.625, 0.75, 1.5]
    assert result.runs[0]["bytes"] == 2 * (4 + 8)
