"""Data sets are what they say, and a partition gives every sample to exactly one holder."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter

from netsim import registry
from netsim.fields import OneOf
from netsim.learning import data_set, partition
from netsim.learning.batches import Batches
from netsim.learning.partition import PartitionConfig
from netsim.problems import ProblemsFound


def block(text):
    from typing import Annotated

    one = Annotated[PartitionConfig, OneOf("partition", bare=True)]
    return TypeAdapter(one).validate_python(text)


def digits():
    return data_set.load(data_set.read({"kind": "digits"}), np.random.default_rng(0))


def test_the_digits_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    theirs = datasets.load_digits()

    ours = digits()

    assert (ours.features * 16 == theirs.data).all()
    assert (ours.label == theirs.target).all()


def test_the_digits_are_1797_images_of_ten_classes():
    ours = digits()

    assert ours.features.shape == (1797, 64)
    assert ours.features.dtype == np.float32
    assert (ours.features.min(), ours.features.max()) == (0, 1)
    # As their authors count the classes of the test part.
    assert np.bincount(ours.label).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


#: Data sets that come without a file.
OWN = {
    name: registry.lookup("data_set", name)
    for name in registry.names("data_set")
    if "file" not in registry.lookup("data_set", name).Config.model_fields
}


@pytest.mark.parametrize("name", OWN)
def test_a_data_set_has_the_extent_that_it_says(name):
    config = data_set.read({"kind": name, **getattr(OWN[name], "example", {})})

    found = data_set.load(config, np.random.default_rng(1))

    samples, features, classes = data_set.extent(config)
    assert found.features.shape == (samples, features)
    assert len(found) == samples
    assert found.classes == classes


def test_a_fifth_of_the_digits_tests():
    # 1797 / 5 = 359.4, rounded up.
    training, test = data_set.split_test(1797, 0.2, np.random.default_rng(0))

    assert (len(training), len(test)) == (1437, 360)
    assert sorted([*training, *test]) == list(range(1797))


@pytest.mark.parametrize("name", registry.names("partition"))
@pytest.mark.parametrize("holders", [1, 7, 30])
def test_every_sample_has_exactly_one_holder(name, holders):
    label = np.random.default_rng(2).integers(10, size=600)
    label[:10] = np.arange(10)
    config = block({"kind": name, **({"k": 10} if name == "classes_per_node" else {})})

    parts = partition.split(config, label, holders, np.random.default_rng(3))

    assert len(parts) == holders
    assert sorted(np.concatenate(parts).tolist()) == list(range(600))


def test_equal_parts_differ_by_one_at_most():
    parts = partition.split(block("iid"), np.zeros(100, np.int64), 7, np.random.default_rng(0))

    assert sorted(map(len, parts)) == [14, 14, 14, 14, 14, 15, 15]


def test_shards_and_classes_keep_the_number_of_classes_of_a_node_small():
    label = np.repeat(np.arange(10), 60)
    for config in ({"kind": "shards", "per_node": 2}, {"kind": "classes_per_node", "k": 2}):
        parts = partition.split(block(config), label, 30, np.random.default_rng(1))

        assert max(len(set(label[part].tolist())) for part in parts) <= 2


def test_the_smaller_alpha_the_further_apart_are_the_holders():
    label = np.repeat(np.arange(10), 100)
    found = []
    for alpha in (100.0, 1.0, 0.05):
        config = block({"kind": "dirichlet_label", "alpha": alpha, "min_size": 0})
        parts = partition.split(config, label, 10, np.random.default_rng(0))
        found.append(partition.label_divergence(partition.label_counts(label, parts, 10)))

    assert found == sorted(found)


def test_a_smallest_part_that_cannot_be_reached_is_told():
    label = np.repeat(np.arange(2), 50)
    config = block({"kind": "dirichlet_label", "alpha": 0.01, "min_size": 5})

    with pytest.raises(ProblemsFound, match="none of 100 draws"):
        partition.split(config, label, 20, np.random.default_rng(0))


def test_holders_of_one_class_each_are_at_distance_one_and_equal_ones_at_zero():
    apart, alike = np.array([[5, 0], [0, 9]]), np.array([[2, 4], [3, 6]])

    assert partition.label_divergence(apart) == pytest.approx(1)
    assert partition.label_divergence(alike) == pytest.approx(0, abs=1e-7)
    # Half of each: ln 2; one alone: 0.
    assert partition.label_entropy(np.array([[3, 3], [4, 0]])) == pytest.approx([np.log(2), 0])


def test_an_epoch_shows_every_sample_once_and_the_next_one_in_another_order():
    parts = [np.arange(10, 17), np.arange(3), np.arange(20, 30)]
    batches = Batches(parts, 4, key=9)
    rows = np.array([0, 1, 2])

    def epoch(number):
        seen = [[], [], []]
        for node in rows:
            for place in range(batches.per_epoch[node]):
                turn = np.array([number * batches.per_epoch[node] + place])
                samples, there = batches.take(np.array([node]), turn)
                seen[node] += samples[there].tolist()
        return seen

    first, second = epoch(0), epoch(1)
    assert [sorted(one) for one in first] == [part.tolist() for part in parts]
    assert [sorted(one) for one in second] == [part.tolist() for part in parts]
    assert first[2] != second[2]
    assert epoch(0) == first
