"""YAML 1.2 to a tree with positions."""

from __future__ import annotations

import pytest
from work import calls_of

from netsim.scenario.building import Unreadable
from netsim.scenario.limits import BYTES, DEPTH, NODES, Budget
from netsim.scenario.source import Source
from netsim.scenario.tree import follow, plain
from netsim.scenario.yaml import read


def tree(text):
    return read(Source.of("f", text), text, Budget())


def value(text):
    root, problems = tree(text)
    assert problems == []
    return plain(root)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e9", 10**9),
        ("1.5e3", 1500.0),
        ("-0x10", "-0x10"),
        ("0x10", 16),
        ("0o17", 15),
        ("017", 17),
        ("on", "on"),
        ("no", "no"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2000-01-01", "2000-01-01"),
        ("true", True),
        ("~", None),
        ("'1'", "1"),
        (".5", 0.5),
        ("100 Gbps", "100 Gbps"),
        ("1e-3", 0.001),
        ("[1, [a], {b: }]", (1, ("a",), {"b": None})),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text, expected):
    found = value(f"a: {text}")["a"]

    assert found == expected
    assert type(found) is type(expected)


def test_keys_are_texts_as_they_are_written():
    assert value("1: a\non: b\nnull: c") == {"1": "a", "on": "b", "null": "c"}


def test_every_key_and_value_has_its_position():
    root, _ = tree("a:\n  - b: 1\n    cd: 22 Gbps\n")

    place = follow(root, ("a", 0, "cd"))

    assert (place.key.line, place.key.column, place.key.length) == (3, 5, 2)
    assert (place.node.span.line, place.node.span.column, place.node.span.length) == (3, 9, 7)


def test_an_alias_stands_for_its_anchor():
    assert value("a: &x [1, 2]\nb: *x") == {"a": (1, 2), "b": (1, 2)}


def test_all_duplicates_and_unusable_numbers_are_found_in_one_reading():
    _, problems = tree("a: 1\na: 2\nb: .nan\nc: {d: 1, d: 2}\ne: 1e999\n")

    assert [found.code for found in problems] == [
        "duplicate-key",
        "out-of-range",
        "duplicate-key",
        "out-of-range",
    ]
    assert "first at line 1" in problems[0].message


@pytest.mark.parametrize(
    "text",
    [
        "a: !!binary x",
        "a: !x b",
        "<<: {a: 1}",
        "a: &x [*x]",
        "a: *x",
        "[a]: 1",
        "? {a: 1}\n: 2",
        ": 1",
        "a: 1\n---\nb: 1",
        "%YAML 1.1\n---\na: 1",
        "a: \x00",
        "a: \ud800",
        'a: "\\U99999999"',
        "a: 'b",
        "a: [1",
        "\ta: 1",
        "a: b: c",
    ],
)
def test_what_scenarios_do_without_is_refused_at_its_line(text):
    with pytest.raises(Unreadable) as raised:
        tree(text)

    assert raised.value.diagnostic.code == "bad-yaml"
    assert raised.value.diagnostic.span is not None


HOSTILE = {
    "open brackets": "[" * BYTES,
    "open braces": "{a: " * (BYTES // 4),
    "dashes": "- " * (BYTES // 2),
    "nested lines": "".join(" " * i + "a:\n" for i in range(400)),
    "many values": "- a\n" * (BYTES // 4),
    "long plain text": "a\n" * (BYTES // 2),
    "blank lines": "\n" * BYTES,
    "open quote": "'" + "a\n" * (BYTES // 2 - 1),
    "block text": "a: |\n" + " b\n" * (BYTES // 3 - 2),
    "directives": "%a\n" * (BYTES // 3),
    "anchors": "&a " * (BYTES // 3),
    "aliases": "a0: &a0 [x]\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40)),
    "too many bytes": "a: " + "x" * (64 * BYTES),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_causes_bounded_work(name):
    def attempt():
        try:
            tree(HOSTILE[name])
        except Unreadable as unreadable:
            assert len(str(unreadable.diagnostic)) < 1000  # noqa: PT017 - not every text is refused

    # Half a second's worth: the parser makes about five million calls per CPU second.
    assert calls_of(attempt) < 3_000_000


@pytest.mark.parametrize("name", ["open brackets", "nested lines", "many values", "aliases"])
def test_limits_are_said_in_the_error(name):
    with pytest.raises(Unreadable) as raised:
        tree(HOSTILE[name])

    assert raised.value.diagnostic.code == "too-large"
    assert str(DEPTH) in raised.value.diagnostic.message or (
        f"{NODES:,}" in raised.value.diagnostic.message
    )


def test_as_many_values_as_allowed_are_read():
    root, problems = tree("".join("- a\n" for _ in range(NODES - 1)))

    assert (root.size, problems) == (NODES, [])
