"""The expressions of `where`: what they keep, and what they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.sweep.amounts import WhereError
from netsim.sweep.where import read

POINT = {
    "topology.spines": 4,
    "topology.leaves": 2,
    "queue.ecn.kmin": "10 kB",
    "topology.link.delay": "500 ns",
    "routing.policy": "rps",
    "until": None,
    "record.on": True,
    "traffic[0].size": "4 MB",
    "loss": "5 %",
    "sizes": ["1 kB", "2 kB"],
    "compute": "2.5 s",
}


def keeps(text: str) -> bool:
    return read(text)(POINT.__getitem__)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("topology.spines <= 2 * topology.leaves", True),
        ("topology.spines < 2 * topology.leaves", False),
        ("topology.spines - 1 == 3 and topology.spines-1 == 3", True),
        ("1 <= topology.spines < 4", False),
        ("queue.ecn.kmin == 10000 B", True),
        ("queue.ecn.kmin > 9.9 kB and queue.ecn.kmin < 10.1 kB", True),
        ("queue.ecn.kmin + 1 MB == 1010 kB", True),
        ("traffic[0].size / queue.ecn.kmin == 400", True),
        ("topology.link.delay * 2 == 1 us", True),
        ("compute > 2 s and compute < 3000 ms", True),
        ("loss == 0.05", True),
        ("loss <= 5 %", True),
        ("routing.policy == 'rps'", True),
        ("routing.policy in ['ecmp', \"rps\"]", True),
        ("routing.policy not in ['ecmp', 'rps']", False),
        ("1 kB in sizes", True),
        ("until == null", True),
        ("until != null or record.on", True),
        ("record.on == true", True),
        ("record.on == 1", False),
        ("not topology.spines == 4", False),
        ("not not topology.spines == 4", True),
        ("false or (true and not false)", True),
        ("-topology.spines < -3", True),
        ("2 + 3 * 4 - 6 / 3 == 12", True),
        ("3 in [1, 2, 3]", True),
        ("'drop-tail' == 'drop_tail'", True),
    ],
)
def test_an_expression_keeps_what_it_says(text: str, kept: bool) -> None:
    assert keeps(text) is kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topology.__class__ == 1", "'.' has no meaning here (at character 9)"),
        ("_hidden == 1", "'_' has no meaning here (at character 1)"),
        ("exit()", "'exit(...)': there are no functions (at character 1)"),
        ("2 ** 3 == 8", "'*' does not belong here (at character 4)"),
        ("lambda: 1", "':' has no meaning here (at character 7)"),
        ("1 if true", "'1 if' is no number with a unit of netsim (at character 1)"),
        ("a = 1", "'=' has no meaning here (at character 3)"),
        ("(a == 1", "')' is missing for what opens at character 1 (at character 8)"),
        ("[1, 2", "']' is missing for what opens at character 1 (at character 6)"),
        ("a == 1 and", "something is missing at the end (at character 11)"),
        ("a == 'x", "''' has no meaning here (at character 6)"),
        ("5 furlongs < 3 km", "'5 furlongs' is no number with a unit of netsim (at character 1)"),
        ("a == 1 b", "'1 b' is no number with a unit of netsim (at character 6)"),
        ("", "something is missing at the end (at character 1)"),
        ("(" * 50 + "true" + ")" * 50, "it is nested more than 40 deep"),
        ("a == 1 " * 2000, "an expression has at most 1,000 characters, this 14,000"),
    ],
)
def test_what_is_not_of_the_language_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(WhereError) as refused:
        read(text)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("queue.ecn.kmin < 1 ms", "an amount of data and a time cannot be joined by '<'"),
        ("queue.ecn.kmin < 3", "an amount of data and a number cannot be joined by '<'"),
        ("queue.ecn.kmin * 1 kB > 3", "cannot be joined by '*'"),
        ("topology.spines / (topology.leaves - 2) > 1", "a division by zero"),
        ("routing.policy < 3", "the text 'rps' and a number cannot be joined by '<'"),
        ("topology.spines and true", "join comparisons, not a number"),
        ("topology.spines", "is a number, not true or false"),
        ("topology.spines in 4", "'in' needs a list on its right, not a number"),
    ],
)
def test_values_that_do_not_fit_together_are_named(text: str, message: str) -> None:
    with pytest.raises(WhereError) as refused:
        keeps(text)

    assert message in str(refused.value)


def test_the_fields_that_an_expression_uses_are_known_once_each_in_order() -> None:
    where = read("b.c < 3 and a[0].size > b.c")

    assert where.names == ("b.c", "a[0].size")


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_a_where_error(text: str) -> None:
    try:
        read(text)(lambda name: 1)
    except WhereError:
        pass
    else:
        assert text.strip()
