"""Data files in a run directory: how they are named, copied, linked and removed again."""

from __future__ import annotations

import hashlib

import pytest

from netsim.cli import run_facts
from netsim.errors import ScenarioError
from netsim.metrics import inputs
from netsim.metrics.inputs import Input, keep
from netsim.metrics.manifest import RunIdentity, read_manifest
from netsim.metrics.rundir import RunDirectory


def write(path, content="salt"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return Input.of(path)


@pytest.fixture(autouse=True)
def folders(tmp_path):
    """Make the run directories of the tests."""
    for name in ("one", "two", "out"):
        (tmp_path / name).mkdir()


def digits(content="salt"):
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def start(folder, *files, **options):
    """Begin a run that reads `files`."""
    run = RunIdentity("x", "fabric", "77ab02", 7, "netsim: 1\n", {}, {}, 1, files)
    return RunDirectory.create(folder, run, **options)


def test_a_file_is_named_by_its_content_and_its_name_wherever_it_lies(tmp_path):
    here, there = write(tmp_path / "a.csv"), write(tmp_path / "b" / "a.csv")

    assert here.name == there.name == f"inputs/{digits()}-a.csv"


@pytest.mark.parametrize("name", ["a.csv", "Ümlaut, blank.csv", "x" * 240 + ".csv", "..csv", "-"])
def test_the_copy_of_a_copy_has_its_name(tmp_path, name):
    first = write(tmp_path / name)
    keep([first], tmp_path / "one")
    second = Input.of(tmp_path / "one" / first.name)
    keep([second], tmp_path / "two")

    assert second.name == first.name
    assert (tmp_path / "two" / first.name).read_text() == "salt"
    assert first.name.isascii()
    assert first.name.endswith(name[-4:])


def test_files_of_one_name_and_different_content_are_both_kept(tmp_path):
    keep([write(tmp_path / "a" / "x.csv", "1"), write(tmp_path / "b" / "x.csv", "2")], tmp_path)

    assert names(tmp_path / "inputs") == sorted(f"{digits(text)}-x.csv" for text in "12")


def test_a_large_file_is_linked_to_where_it_really_is(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "LARGEST_COPY", 3)
    small, large = write(tmp_path / "s.csv", "abc"), write(tmp_path / "l.csv", "abcd")
    keep([small, large], tmp_path / "one")
    keep([Input.of(tmp_path / "one" / large.name)], tmp_path / "two")

    assert not (tmp_path / "one" / small.name).is_symlink()
    assert (tmp_path / "one" / large.name).readlink() == tmp_path / "l.csv"
    assert (tmp_path / "two" / large.name).readlink() == tmp_path / "l.csv"


def test_a_file_that_changed_since_the_scenario_was_read_is_not_kept(tmp_path):
    file = write(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("sugar")

    with pytest.raises(ScenarioError, match=r"a\.csv changed while the run began"):
        keep([file], tmp_path / "out")

    assert names(tmp_path / "out" / "inputs") == []


def test_the_manifest_says_where_a_file_came_from(tmp_path):
    file = write(tmp_path / "a.csv")

    start(tmp_path / "out", file)

    (known,) = read_manifest(tmp_path / "out")["inputs"]
    assert known == {"name": file.name, "path": str(tmp_path / "a.csv"), "sha256": file.sha256}


def test_describing_a_run_says_where_its_files_came_from(tmp_path):
    file = write(tmp_path / "a.csv")

    start(tmp_path / "out", file)

    shown = run_facts.text(run_facts.facts(tmp_path / "out"))
    assert f"input      {file.name}, from {tmp_path / 'a.csv'}" in shown


def test_overwriting_removes_the_files_of_the_run_before_and_leaves_the_users(tmp_path):
    start(tmp_path / "out", write(tmp_path / "a.csv", "1"))
    write(tmp_path / "out" / "inputs" / "notes.txt")

    start(tmp_path / "out", write(tmp_path / "b.csv", "2"), overwrite=True)

    assert names(tmp_path / "out" / "inputs") == sorted([f"{digits('2')}-b.csv", "notes.txt"])


def test_overwriting_leaves_no_empty_folder(tmp_path):
    start(tmp_path / "out", write(tmp_path / "a.csv"))

    start(tmp_path / "out", overwrite=True)

    assert not (tmp_path / "out" / "inputs").exists()


@pytest.mark.parametrize("content", ["salt", "sugar"])
def test_a_run_that_replaces_the_one_whose_files_it_reads_finds_them(tmp_path, content):
    first = write(tmp_path / "a.csv")
    start(tmp_path / "out", first)
    # Whoever changes the copy by hand gets another copy, named by its content.
    own = write(tmp_path / "out" / first.name, content)

    start(tmp_path / "out", own, overwrite=True)

    assert own.path.read_text() == content
    assert (tmp_path / "out" / own.name).read_text() == content
    assert own.name.startswith(f"inputs/{digits(content)}-")
