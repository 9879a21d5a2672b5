"""Every command, program and query of the pages runs, and prints what its page says.

`tests/pages.py` says how a page is read. The blocks that take long are run under ``-m slow``.
"""

from __future__ import annotations

import fnmatch
import functools
import re
import shlex

import click
import pytest
from pages import ROOT, blocks, run_page

from netsim import registry
from netsim.cli.main import COMMANDS, Settings, main

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [page.name if page.parent == ROOT else f"docs/{page.name}" for page in PAGES]
RUN = ("console", "python", "sql")


def runnable(page):
    return [
        block
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.kind in RUN and "not run" not in block.marks
    ]


CHEAP = [p for p in PAGES if any("slow" not in block.marks for block in runnable(p))]
DEAR = [p for p in PAGES if any("slow" in block.marks for block in runnable(p))]


@pytest.mark.parametrize("page", CHEAP, ids=lambda page: page.name)
def test_a_page_does_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    run_page(page, tmp_path, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", DEAR, ids=lambda page: page.name)
def test_a_page_does_what_it_says_where_that_takes_long(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    run_page(page, tmp_path, slow=True)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_command_stands_in_a_block_that_nobody_runs(page):
    text = page.read_text(encoding="utf-8")
    unmarked = [
        f"{page.name}:{block.line}"
        for block in blocks(text)
        if block.kind != "console" and re.search(r"^(\$ |netsim |python )", block.text, re.M)
    ]
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)

    assert unmarked == []
    assert re.findall(r"^ {4}(?:netsim|python) .*", outside, re.M) == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_what_is_not_run_says_why(page):
    reasons = [block.marks.get("not run", "x") for block in blocks(page.read_text("utf-8"))]

    assert all(reasons)


SPANS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
#: Words that stand for something, and parts of commands.
NO_MODULE = re.compile(r"\.(yaml|json|plugins|schema|columns|table\w*|provenance)\b")
ABSTRACT = re.compile(r"\.\.\.|<|\||\[")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_command_in_the_text_has_the_options_that_it_is_given(page):
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for span in SPANS.findall(prose):
        if not span.startswith("netsim ") or ABSTRACT.search(span):
            continue
        words = shlex.split(span)[1:]
        if words[0].startswith("-"):
            continue
        assert words[0] in COMMANDS, span
        command = main.get_command(click.Context(main), words[0])
        # In the text what a command is used on may go unsaid.
        for more in ([], ["x"], ["x", "x"]):
            try:
                command.make_context(words[0], [*words[1:], *more], obj=Settings())
            except click.MissingParameter:
                continue
            break
        else:
            pytest.fail(span)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_name_of_the_package_in_the_text_is_there(page):
    import importlib

    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for span in SPANS.findall(prose):
        found = re.match(r"netsim(\.[A-Za-z_]+)+(?=$|\(|\b[^/.-])", span)
        if not found or re.search(
            r"\.(yaml|json|plugins|schema|columns|table\w*|provenance)\b", span
        ):
            continue
        parts = found[0].split(".")
        for cut in range(len(parts), 0, -1):
            try:
                holder = importlib.import_module(".".join(parts[:cut]))
            except ImportError:
                continue
            functools.reduce(getattr, parts[cut:], holder)
            break


def test_every_page_is_listed_where_pages_are_listed():
    index = (ROOT / "docs/README.md").read_text("utf-8")

    for page in (ROOT / "docs").glob("*.md"):
        if page.name != "README.md":
            assert f"({page.name})" in index, page.name


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_of_a_page_leads_somewhere(page):
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


def test_the_readme_lists_every_check_and_no_other():
    section = (ROOT / "README.md").read_text("utf-8").split("## Validation")[1].split("## ")[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", section, re.M)
    patterns = [pattern for row in rows for pattern in SPANS.findall(row)]

    for check in registry.names("check"):
        assert any(fnmatch.fnmatch(check, pattern) for pattern in patterns), check
    for pattern in patterns:
        assert fnmatch.filter(registry.names("check"), pattern), pattern
