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

    situation = partition.Situation(
        np.arange(600) % holders, np.arange(holders) % 4, np.arange(holders, dtype=float)
    )

    parts = partition.split(config, label, holders, np.random.default_rng(3), situation)

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


def split(config, label, holders, **situation):
    given = partition.Situation(**situation)
    return partition.split(block(config), label, holders, np.random.default_rng(1), given)


def test_communities_hold_classes_of_their_own():
    # Two communities of 4 and 6 holders, ten classes: the larger one has 0, 2, 4, ...
    label = np.repeat(np.arange(10), 60)
    community = np.array([0] * 4 + [1] * 6)
    parts = split("by_community", label, 10, community=community)

    held = [set(label[part].tolist()) for part in parts]
    assert all(own == {1, 3, 5, 7, 9} for own in held[:4])
    assert all(own == {0, 2, 4, 6, 8} for own in held[4:])
    # 300 samples among 4, and 300 among 6.
    assert [len(part) for part in parts] == [75] * 4 + [50] * 6
    # Without a mixture classes are disjoint; half of it brings them together.
    apart = partition.label_divergence(partition.label_counts(label, parts, 10))
    mixed = split({"kind": "by_community", "mixed": 0.5}, label, 10, community=community)
    near = partition.label_divergence(partition.label_counts(label, mixed, 10))
    # 24 of 45 pairs are of different communities, at distance 1.
    assert apart == pytest.approx(24 / 45, abs=0.05)
    assert near < 0.7 * apart


def test_more_communities_than_classes_share_them():
    label = np.repeat(np.arange(2), 60)
    parts = split("by_community", label, 6, community=np.arange(6))

    assert sorted(len(part) for part in parts) == [20] * 6
    assert {len(set(label[part].tolist())) for part in parts} == {1}


@pytest.mark.parametrize(("to", "holders"), [("hubs", {0, 5}), ("leaves", {2, 3})])
def test_rare_classes_are_where_they_should_be(to, holders):
    label = np.repeat(np.arange(10), 40)
    degree = np.array([9, 5, 1, 1, 2, 9, 3, 4, 4, 4], float)
    parts = split(
        {"kind": "by_centrality", "rare": 3, "share": 0.2, "to": to}, label, 10, degree=degree
    )

    rare = {node for node, part in enumerate(parts) if (label[part] >= 7).any()}
    assert rare == holders
    assert all(set(label[part].tolist()) >= set(range(7)) for part in parts)


def test_what_is_given_is_taken():
    label, group = np.zeros(6, np.int64), np.array([2, 0, 0, 2, 1, 2])
    parts = split("given", label, 3, group=group)

    assert [part.tolist() for part in parts] == [[1, 2], [4], [0, 3, 5]]
    with pytest.raises(ProblemsFound, match="the data is of 3 holders, and there are 2"):
        split("given", label, 2, group=group)
    with pytest.raises(ProblemsFound, match="does not say who holds what"):
        split("given", label, 3)


def test_noise_grows_from_holder_to_holder():
    chosen = registry.lookup("partition", "feature_noise")
    config = block({"kind": "feature_noise", "sigma": 0.4})
    still = np.zeros((4000, 5))
    found = [
        np.var(chosen.features(config, still, place, 4, np.random.default_rng(place)))
        for place in range(4)
    ]

    # Variances 0.1, 0.2, 0.3, 0.4 of 20,000 numbers each.
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4], rel=5 * np.sqrt(2 / 20000))


def test_a_linear_rule_can_be_learned_exactly_without_noise():
    config = data_set.read({"kind": "synthetic_linear", "classes": 3, "dim": 4, "samples": 400})
    found = data_set.load(config, np.random.default_rng(1))

    # A perceptron finds a rule that is right everywhere, since there is one.
    rule = np.zeros((3, 4))
    for _ in range(2000):
        scores = found.features @ rule.T
        wrong = np.flatnonzero(scores.argmax(axis=1) != found.label)
        if not len(wrong):
            break
        for row in wrong:
            rule[found.label[row]] += found.features[row]
            rule[scores[row].argmax()] -= found.features[row]
    assert not len(wrong)


def test_groups_differ_by_alpha_and_beta():
    block = {"kind": "logistic_alpha_beta", "groups": 40, "per_group": 30, "dim": 8}
    spread = []
    for beta in (0.0, 9.0):
        config = data_set.read({**block, "beta": beta})
        found = data_set.load(config, np.random.default_rng(1))
        means = np.array([found.features[found.group == g].mean() for g in range(40)])
        spread.append(means.var())
        assert found.group.tolist() == [g for g in range(40) for _ in range(30)]
    # Of the mean of 8 entries of v_k: beta + 1/8, and a little noise.
    assert spread[0] == pytest.approx(1 / 8, rel=0.8)
    assert spread[1] == pytest.approx(9 + 1 / 8, rel=0.8)


def test_one_rule_for_all_makes_groups_agree():
    block = {"kind": "logistic_alpha_beta", "groups": 2, "per_group": 2000, "dim": 3, "classes": 2}
    agree = []
    for same in (True, False):
        config = data_set.read({**block, "same_rule": same, "beta": 0, "alpha": 0})
        found = data_set.load(config, np.random.default_rng(3))
        x = np.column_stack((found.features, np.ones(len(found))))
        first = found.group == 0
        # The least-squares rule of the first group, on the second.
        rule = np.linalg.lstsq(x[first], 2.0 * found.label[first] - 1, rcond=None)[0]
        agree.append(((x[~first] @ rule > 0) == found.label[~first]).mean())
    assert agree[0] > 0.9
    assert agree[0] > agree[1] + 0.1
