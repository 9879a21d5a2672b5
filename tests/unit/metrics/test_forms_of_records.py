"""Whatever stands in manifest and marks, it is read or named as damaged, never a traceback."""

from __future__ import annotations

import copy
import json

import pytest
from click.testing import CliRunner

from netsim.cli.main import main
from netsim.metrics.reader import ReadError, open_results
from netsim.metrics.rundir import PointKey, RunIdentity, filling
from netsim.strict_json import JsonError, parse

KEY = PointKey("b" * 12, "a" * 12, 0)
IDENTITY = RunIdentity("x", "fabric", "a" * 64, 7, "netsim: 1\n", {}, {}, (KEY,))
MARK = {
    "netsim_done": 1,
    "point": KEY.point,
    "replication": 0,
    "files": {"flows.parquet": {"sha256": "c" * 64, "size": 3, "rows": 1}},
}


@pytest.fixture
def run(tmp_path):
    """Return an unfinished run with one point that is done."""
    path = tmp_path / "x"
    with filling(path, IDENTITY) as directory:
        directory.stop()
    point = path / "points" / KEY.id
    point.mkdir()
    (point / "flows.parquet").write_bytes(b"PAR")
    (point / "done.json").write_text(json.dumps(MARK))
    return path


def assert_refused(run, words):
    """Reading it must end in one error that names the file; both doors give exit code 2."""
    with pytest.raises(ReadError, match=words):
        open_results(run).tables()
    result = CliRunner().invoke(main, ["describe", str(run)])
    assert result.exit_code == 2, result.output
    assert "bug" not in result.stderr


def test_the_run_of_these_tests_is_readable(run):
    assert open_results(run).tables() == ["flows"]


@pytest.mark.parametrize(
    "wrong", [None, 7, "running", [], {}, [7], {"a": 1}, True, -1, 1.5, "../..", {"id": []}]
)
@pytest.mark.parametrize(
    "key", ["netsim_manifest", "status", "name", "workload", "hash", "seed", "points", "provenance"]
)
def test_a_manifest_with_a_wrong_value_is_refused_or_read(run, key, wrong):
    file = run / "manifest.json"
    manifest = json.loads(file.read_text())
    right = type(manifest[key]) is type(wrong) and key in ("name", "workload", "provenance")
    harmless = right or (key, wrong) in [("status", "running"), ("points", []), ("seed", 7)]
    file.write_text(json.dumps(manifest | {key: wrong}))

    if harmless:
        open_results(run).tables()
    else:
        assert_refused(run, rf"manifest\.json is damaged: '{key}")


@pytest.mark.parametrize("key", ["status", "name", "hash", "seed", "points", "provenance"])
def test_a_manifest_that_lacks_something_is_refused(run, key):
    file = run / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest[key]
    file.write_text(json.dumps(manifest))

    assert_refused(run, rf"manifest\.json is damaged: '{key}' is missing")


@pytest.mark.parametrize(
    ("path", "wrong", "words"),
    [
        (("netsim_done",), "one", "'netsim_done' is not 1, the version"),
        (("point",), 7, "'point' is not hexadecimal digits"),
        (("replication",), True, "'replication' is not a whole number"),
        (("files",), [], "'files' is not a block"),
        (("files", "../../../etc/passwd"), {}, "'files' is not named as a table's file"),
        (("files", "flows.parquet"), 3, "'files.flows.parquet' is not a block"),
        (("files", "flows.parquet", "size"), "3", "size' is not a whole number"),
        (("files", "flows.parquet", "sha256"), None, "sha256' is not hexadecimal"),
    ],
)
def test_a_damaged_mark_is_named(run, path, wrong, words):
    mark = copy.deepcopy(MARK)
    inner = mark
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = wrong
    (run / "points" / KEY.id / "done.json").write_text(json.dumps(mark))

    assert_refused(run, rf"done\.json is damaged: .*{words}")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"7", b'"\\ud800"'])
def test_a_record_that_is_no_json_of_ours_is_named(run, content):
    for name in (f"points/{KEY.id}/done.json", "manifest.json"):
        (run / name).write_bytes(content)

        assert_refused(run, rf"{name.split('/')[-1]} is damaged")


def test_an_attempt_of_another_form_is_left_aside(run):
    (run / "points" / KEY.id / "done.json").unlink()
    (run / "points" / KEY.id / "attempts.json").write_text("[7]")

    result = CliRunner().invoke(main, ["describe", str(run)])

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("{", "it is not JSON", 1),
        ('{"a": 1,\n"b": NaN}', "NaN is not JSON", 0),
        ('{"a": 1, "a": 2}', "key 'a' stands twice", 0),
        ('{\n"a": "\\ud800"}', "half of a surrogate pair", 2),
        ('["\\ud83d\\ude00", "\\ude00"]', "half of a surrogate pair", 1),
        ("[" * 100_000, "nested too deeply", 0),
        ("9" * 5000, "too many digits", 0),
        (b"\xff", "not UTF-8", 0),
    ],
)
def test_what_is_no_json_without_doubt_is_one_kind_of_error(text, words, line):
    with pytest.raises(JsonError, match=words) as refused:
        parse(text)

    assert refused.value.line == line


def test_pairs_of_surrogates_and_escaped_backslashes_are_json():
    assert parse('["\\ud83d\\ude00", "\\\\ud800"]') == ["\N{GRINNING FACE}", "\\ud800"]
