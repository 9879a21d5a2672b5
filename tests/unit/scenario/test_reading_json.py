"""Scenarios in JSON: what they mean, where their mistakes are, and how large they may be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.scenario import check, load
from netsim.scenario.building import Unreadable
from netsim.scenario.json_text import read
from netsim.scenario.limits import DEPTH, JSON_BYTES, NODES
from netsim.scenario.source import Source
from netsim.scenario.tree import follow, plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = TEXTS.filter(str.isprintable)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | TEXTS
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | NUMBERS, lambda below: st.lists(below) | st.dictionaries(KEYS, below)
)


def tree(text):
    return read(Source.of("x.json", text), text)


def failure(text):
    with pytest.raises(Unreadable) as caught:
        tree(text)
    return caught.value.diagnostic


def lists(value):
    """Return `value` with lists for tuples."""
    if isinstance(value, dict):
        return {key: lists(below) for key, below in value.items()}
    return [lists(below) for below in value] if isinstance(value, tuple) else value


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_what_the_standard_library_writes_is_read_as_it_was(value, indent, plain_ascii):
    text = json.dumps(value, indent=indent, ensure_ascii=plain_ascii)

    root, problems = tree(text)

    assert not problems
    assert lists(plain(root)) == value


@given(st.text('{}[]":,0123456789-.eEtrufalsn \\\n'))
def test_what_the_standard_library_refuses_is_refused(text):
    try:
        json.loads(text)
    except ValueError:
        expected = "refused"
    else:
        expected = "read"
    try:
        root, _ = tree(text)
        seen = "refused" if root is None else "read"
    except Unreadable:
        seen = "refused"

    assert seen == expected


def test_keys_and_values_know_where_they_stand():
    text = '{\r\n  "a": [1, "two"],\n  "b": {"c": null}\n}\n'
    root, _ = tree(text)

    places = [follow(root, path) for path in (("a",), ("a", 1), ("b",), ("b", "c"))]

    assert [str(place.span) for place in places] == [
        "x.json:2:3",
        "x.json:2:12",
        "x.json:3:3",
        "x.json:3:14",
    ]
    assert [place.span.length for place in places] == [3, 5, 3, 4]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,}', "1:9"),
        ('{"a" 1}', "1:6"),
        ("[1\n 2]", "2:2"),
        ('{"a": yes}', "1:7"),
        ('{"a": "x', "1:7"),
        ('{"a": "\\ud800"}', "1:7"),
        ('{"a\\n": 1}', "1:2"),
        ("{} {}", "1:4"),
        ("[", "1:2"),
        ("# text\nnetsim: 1", "1:1"),
    ],
)
def test_a_text_that_is_no_json_is_refused_where_it_ends_to_be(text, place):
    found = failure(text)

    assert (found.code, str(found.span)) == ("bad-yaml", f"x.json:{place}")


def test_nesting_and_number_of_values_are_bounded(monkeypatch):
    monkeypatch.setattr("netsim.scenario.json_text.JSON_NODES", 2 * DEPTH)

    assert tree("[" * DEPTH + "]" * DEPTH)[0] is not None
    assert failure("[" * (DEPTH + 1) + "]" * (DEPTH + 1)).code == "too-large"
    assert tree(f"[{','.join('1' * (2 * DEPTH - 1))}]")[0] is not None
    assert failure(f"[{','.join('1' * (2 * DEPTH))}]").code == "too-large"


def test_duplicate_keys_and_unusable_numbers_are_collected():
    _, problems = tree('{"a": 1,\n "a": 2, "b": 1e999}')

    assert [(found.code, str(found.span)) for found in problems] == [
        ("duplicate-key", "x.json:2:2"),
        ("out-of-range", "x.json:2:15"),
    ]


def test_a_file_in_json_is_checked_as_one_in_yaml_is(write):
    text = '{"netsim": 1, "workload": "kitchen_work",\n "sed": 3}'

    scenario, problems = check(write(text, "k.json", head=False))

    assert scenario is None
    assert [str(found.span) for found in problems] == ["k.json:2:2"]


def test_a_file_beyond_the_size_of_json_is_refused(write):
    path = write(" " * (JSON_BYTES + 1), "k.json", head=False)

    assert [found.code for found in check(path)[1]] == ["too-large"]


def test_an_empty_file_in_json_is_no_scenario(write):
    assert [found.message for found in check(write(" \n", "k.json", head=False))[1]] == [
        "the file is empty"
    ]


def test_a_scenario_that_fills_the_limits_of_yaml_is_recorded_in_json_and_read_again(write):
    # Two values for each dish, and as many again for every one of its fields.
    dishes = (NODES - 10) // 2
    scenario = load(write("dishes:\n" + "- size: 1 B\n" * dishes))
    text = json.dumps(scenario.resolved, indent=2)

    again = load(write(text, "resolved.json", head=False))

    assert len(again.model.dishes) == dishes
    assert again.hash == scenario.hash


def test_texts_that_yaml_forbids_or_changes_are_recorded_in_json_and_read_again(write):
    scenario = load(write('description: "a\\x7fb\\u2028c \\U0001F600"\n'))

    for plain_ascii in (True, False):
        text = json.dumps(scenario.resolved, ensure_ascii=plain_ascii)
        again = load(write(text, "resolved.json", head=False))
        assert again.model.description == "a\x7fb\u2028c \U0001f600"
