"""Whatever stands in manifest and marks, it is read or named as damaged, never a traceback."""

from __future__ import annotations

import copy
import json

import pytest
from click.testing import CliRunner

from netsim.cli.main import main
from netsim.metrics.manifest import RunIdentity
from netsim.metrics.reader import ReadError, open_results
from netsim.metrics.rundir import filling
from netsim.strict_json import JsonError, parse

IDENTITY = RunIdentity("x", "fabric", "a" * 64, 7, "netsim: 1\n", {}, {})
PART = "parts/here-1-0123ab/0"
MARK = {
    "netsim_done": 2,
    "study": IDENTITY.hash,
    "index": [0],
    "point": ["a" * 16],
    "replication": [0],
    "rows": {"flows": [1]},
    "files": {"flows.parquet": {"sha256": "c" * 64, "size": 3, "rows": 1}},
}


@pytest.fixture
def run(tmp_path):
    """Return an unfinished run with one part."""
    path = tmp_path / "x"
    with filling(path, IDENTITY) as directory:
        directory.stop()
    part = path / PART
    part.mkdir(parents=True)
    (part / "flows.parquet").write_bytes(b"PAR")
    (part / "done.json").write_text(json.dumps(MARK))
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
    "key", ["netsim_manifest", "status", "name", "workload", "hash", "seed", "counts", "provenance"]
)
def test_a_manifest_with_a_wrong_value_is_refused_or_read(run, key, wrong):
    file = run / "manifest.json"
    manifest = json.loads(file.read_text())
    right = type(manifest[key]) is type(wrong) and key in ("name", "workload", "provenance")
    harmless = right or (key, wrong) in [("status", "running"), ("seed", 7)]
    file.write_text(json.dumps(manifest | {key: wrong}))

    if harmless:
        open_results(run).tables()
    else:
        assert_refused(run, rf"manifest\.json is damaged: '{key}")


@pytest.mark.parametrize("key", ["status", "name", "hash", "seed", "counts", "provenance"])
def test_a_manifest_that_lacks_something_is_refused(run, key):
    file = run / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest[key]
    file.write_text(json.dumps(manifest))

    assert_refused(run, rf"manifest\.json is damaged: '{key}' is missing")


@pytest.mark.parametrize(
    ("path", "wrong", "words"),
    [
        (("netsim_done",), "one", "'netsim_done' is not 2, the version"),
        (("study",), 7, "'study' is not hexadecimal digits"),
        (("point",), "a", "'point' is not a list"),
        (("point",), ["../.."], r"'point\[0\]' is not hexadecimal digits"),
        (("replication",), [True], r"'replication\[0\]' is not a whole number"),
        (("index",), [0, 1], "its lists differ in length"),
        (("rows", "flows"), [2], "its rows do not add up"),
        (("rows",), {"../x": [1]}, "'rows' is not the name of a table"),
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
    (run / PART / "done.json").write_text(json.dumps(mark))

    assert_refused(run, rf"done\.json is damaged: .*{words}")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"7", b'"\\ud800"'])
def test_a_record_that_is_no_json_of_ours_is_named(run, content):
    for name in (f"{PART}/done.json", "manifest.json"):
        (run / name).write_bytes(content)

        assert_refused(run, rf"{name.split('/')[-1]} is damaged")


def test_a_failure_of_another_form_is_left_aside(run):
    (run / PART / "done.json").unlink()
    (run / "failures").mkdir()
    (run / "failures" / "here-1-0123ab.jsonl").write_text("[7]\n")

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
