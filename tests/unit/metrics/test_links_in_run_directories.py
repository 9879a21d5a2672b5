"""In a run directory no link is followed, and nothing is touched where a run is refused."""

from __future__ import annotations

import os

import pytest

from netsim.errors import OutputError, WriteError
from netsim.metrics import atomic, own_places
from netsim.metrics.atomic import NewFile
from netsim.metrics.lock import locked
from netsim.metrics.manifest import RunIdentity
from netsim.metrics.marks import Key
from netsim.metrics.part_writer import PartWriter
from netsim.metrics.reader import ReadError, open_results
from netsim.metrics.rundir import RunDirectory, check, filling

IDENTITY = RunIdentity("x", "fabric", "a" * 64, 7, "netsim: 1\n", {}, {})


@pytest.fixture
def treasure(tmp_path):
    """Return a folder elsewhere with a table and a text that nobody may lose."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "years.parquet").write_bytes(b"years of measurements")
    (folder / "text").write_text("years of work")
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def a_run(path):
    """Return an unfinished run in `path`."""
    with filling(path, IDENTITY) as directory:
        directory.stop()
    return path


@pytest.mark.parametrize(
    ("place", "leads_to"),
    [
        ("lock", "text"),
        ("parts", "."),
        ("parts/here-1-0123ab", "."),
        ("failures", "."),
        ("tables", "."),
        ("tables/flows.parquet", "years.parquet"),
        ("inputs", "."),
        ("manifest.json", "text"),
        ("resolved.json", "text"),
        ("SUCCESS", "text"),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_in_place_of_something_of_ours_is_refused_and_what_it_leads_to_is_left_alone(
    tmp_path, treasure, place, leads_to, overwrite
):
    path = a_run(tmp_path / "x")
    link = path / place
    link.parent.mkdir(exist_ok=True)
    if own_places.is_folder(link):
        link.rmdir()
    link.unlink(missing_ok=True)
    link.symlink_to(treasure / leads_to)
    before = contents(treasure)

    for start in (check, filling):
        with (
            pytest.raises((OutputError, WriteError)) as refused,
            start(path, IDENTITY, overwrite=overwrite),
        ):
            pass
        assert refused.value.exit_code == 5

    assert contents(treasure) == before


@pytest.mark.parametrize("kind", ["link", "second name", "foreign file", "pipe"])
def test_a_lock_that_is_not_ours_stays_as_it_is_even_in_an_empty_directory(
    tmp_path, treasure, kind
):
    path = tmp_path / "x"
    path.mkdir()
    match kind:
        case "link":
            (path / "lock").symlink_to(treasure / "text")
        case "second name":
            os.link(treasure / "text", path / "lock")
        case "foreign file":
            (path / "lock").write_text("years of work")
        case "pipe":
            os.mkfifo(path / "lock")

    with (
        pytest.raises(OutputError, match=r"lock .*remove it or choose another -o"),
        filling(path, IDENTITY),
    ):
        pass

    assert (treasure / "text").read_text() == "years of work"
    if kind == "foreign file":
        assert (path / "lock").read_text() == "years of work"


def test_a_refused_run_leaves_the_directory_as_it_was(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / "lock").write_text('{"host": "here", "pid": 1}\n')
    before = contents(tmp_path)

    with pytest.raises(OutputError, match="not netsim's"), filling(tmp_path, IDENTITY):
        pass

    assert contents(tmp_path) == before


def test_a_link_that_leads_to_the_run_directory_is_followed_as_the_user_wants(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "scratch")

    a_run(tmp_path / "out")
    a_run(tmp_path / "out" / "below")

    assert (tmp_path / "scratch" / "manifest.json").is_file()
    assert (tmp_path / "scratch" / "below" / "manifest.json").is_file()


def test_a_new_file_is_not_written_through_a_link_under_its_temporary_name(tmp_path, treasure):
    aside = atomic.temporary(tmp_path / "x.json")
    aside.symlink_to(treasure / "text")

    atomic.write_bytes(tmp_path / "x.json", b"{}")

    assert (treasure / "text").read_text() == "years of work"
    assert (tmp_path / "x.json").read_bytes() == b"{}"
    assert not own_places.is_link(tmp_path / "x.json")


def test_a_new_file_that_nobody_publishes_leaves_nothing(tmp_path):
    with NewFile(tmp_path / "x") as file:
        file.write(b"half")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["tables", "parts"])
def test_results_are_not_read_through_a_link(tmp_path, treasure, place):
    path = a_run(tmp_path / "x")
    folder = path / place
    if place == "tables":
        with locked(path):
            mark_complete(path)
    folder.symlink_to(treasure)

    with pytest.raises(ReadError, match=f"{place} .*a link"):
        open_results(path).tables()


def mark_complete(path):
    """Say that the run has no points and is done."""
    import json

    file = path / "manifest.json"
    manifest = json.loads(file.read_text())
    counts = manifest["counts"] | {"runs": 0}
    file.write_text(json.dumps(manifest | {"status": "success", "counts": counts}))
    (path / "SUCCESS").touch()


def test_a_folder_of_parts_that_is_a_link_is_not_filled(tmp_path, treasure):
    with filling(tmp_path / "x", IDENTITY) as directory:
        (tmp_path / "x" / "parts").symlink_to(treasure)
        before = contents(treasure)
        writer = PartWriter(directory.path, IDENTITY.hash)
        writer.sink(Key(0, "a" * 16, 0)).finish()

        with pytest.raises(WriteError, match="it is a link"):
            writer.commit()

    assert contents(treasure) == before


def test_overwriting_removes_no_table_behind_a_link(tmp_path, treasure):
    path = a_run(tmp_path / "x")
    (path / "parts").symlink_to(treasure)
    before = contents(treasure)

    with pytest.raises(OutputError, match="parts is a link"):
        RunDirectory.create(path, IDENTITY, overwrite=True)

    assert contents(treasure) == before
