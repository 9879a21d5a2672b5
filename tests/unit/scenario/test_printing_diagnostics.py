"""The printed form of a problem."""

from __future__ import annotations

from netsim.scenario.diagnostics import Diagnostic, ordered, render
from netsim.scenario.source import Source, Span


def at(text, column, length=1, line=1):
    return Span(Source.of("f.yaml", text), line, column, length)


def test_a_long_line_is_cut_around_the_carets():
    text = "a" * 500 + "WRONG" + "b" * 500

    _, line, carets = str(Diagnostic("bad-yaml", "x", at(text, 501, 5), "hint")).split("\n")

    assert len(line) < 140
    assert line[carets.index("^") : carets.rindex("^") + 1] == "WRONG"


def test_carets_never_run_beyond_the_line():
    _, line, carets = str(Diagnostic("bad-yaml", "x", at("a: 1", 4, 900))).split("\n")

    assert carets.rstrip() == "    |    ^"
    assert len(carets) <= len(line)


def test_control_characters_never_reach_the_terminal():
    text = str(Diagnostic("bad-yaml", "a\x1b[31m\nb", at("x\x1b]0;\x07y", 1), "c\x9bd"))

    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert text.count("\n") == 2


def test_line_numbers_beyond_999_keep_the_bars_in_line():
    found = Diagnostic("bad-yaml", "x", at("\n" * 1233 + "abc", 2, line=1234))

    assert str(found).split("\n")[1:] == ["1234 | abc", "     |  ^"]


def test_one_error_is_not_errors():
    assert render([Diagnostic("bad-path", "x", file="f")], "f").endswith("1 error, 0 warnings in f")


def test_problems_are_ordered_and_each_is_shown_once():
    first, second = Diagnostic("a", "x", at("abc", 1)), Diagnostic("a", "x", at("abc", 2))

    assert ordered([second, first, second]) == [first, second]


def test_lines_end_where_a_yaml_reader_ends_them():
    assert Source.of("f", "a\r\nb\rc\u2028d\x85e").lines == ("a", "b", "c", "d", "e")
