"""Whatever becomes of a file that ships or that a run leaves, reading it ends well and soon.

Every shipped scenario and data file, and the records of a run, are damaged in small ways: pieces
taken out, doubled and replaced, numbers made extreme, words swapped for words of other files. Each
must be read, or refused with an error of ours, within the work of about one second of a processor
(counted in calls, so that it is the same everywhere) and without half a gigabyte of memory.
`pytest --hypothesis-profile explore` looks at other damage than the last time.
"""

from __future__ import annotations

import re
import resource
import shutil
from pathlib import Path

import pytest
import toy_family
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from work import within

from netsim.cli.main import main
from netsim.errors import NetsimError
from netsim.metrics.reader import open_results
from netsim.scenario import Scenario, check, render

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.yaml"))
TOPOLOGIES = sorted(
    path
    for path in (ROOT / "topologies").iterdir()
    if path.suffix in (".yaml", ".json", ".graphml")
)
#: A data file, and the scenario that reads it.
READ_BY = {
    "fabric/flows.csv": "fabric/flows_from_file.yaml",
    "stragglers/finish_times.csv": "stragglers/given_finish_times.yaml",
    "stragglers/bursts_of_one_round.csv": "stragglers/replay_m_sgc.yaml",
    "stragglers/many_then_few.csv": "stragglers/replay_sr_sgc.yaml",
}
#: Calls of Python in about one second.
CALLS = 4_000_000
MEMORY = 500 * 2**20

_PIECE = re.compile(r"[A-Za-z_]+|[0-9][0-9.e]*|\s+|.", re.DOTALL)
NUMBERS = ["0", "-1", "1", "3", "17", "0.5", "1e999", "-0.0", "9" * 30, "2e18", "nan", "inf", "0x9"]
WORDS = [
    "", " ", "\n", "\t", "\0", "\x1b[2J", "\u202e", "\ud800", "é", "~", "null", "true", "[]", "{}",
    "{", "]", "'", '"', ",", ":", ": ", "- ", "#", "&a ", "*a", "!!x ", "..", "/dev/zero", "1 MB",
    "1 ps", "1e30 Gbps", "host0", "leaf0", "<", "</", "<!DOCTYPE x>", "&#x1b;", "../x.parquet",
]  # fmt: skip


def pieces(text):
    return _PIECE.findall(text)


#: Words of all shipped texts, so that damage also makes texts that are nearly right.
KNOWN = sorted(
    {
        piece
        for path in [*SCENARIOS, *TOPOLOGIES]
        for piece in pieces(path.read_text(encoding="utf-8"))
        if len(piece) > 1 and not piece.isspace()
    }
)
FRESH = st.sampled_from(NUMBERS) | st.sampled_from(WORDS) | st.sampled_from(KNOWN)


def damaged(data, text):
    """Return `text` with one to four pieces of it gone, doubled, swapped or replaced."""
    parts = pieces(text)
    for _ in range(data.draw(st.integers(1, 4))):
        if not parts:
            break
        at = data.draw(st.integers(0, len(parts) - 1))
        other = data.draw(st.integers(0, len(parts) - 1))
        match data.draw(st.sampled_from(["gone", "fresh", "fresh", "swap", "double", "cut"])):
            case "gone":
                del parts[at : at + data.draw(st.integers(1, 6))]
            case "fresh":
                parts[at] = data.draw(FRESH)
            case "swap":
                parts[at], parts[other] = parts[other], parts[at]
            case "double":
                parts[at:at] = parts[at : at + data.draw(st.integers(1, 40))]
            case _:
                parts = parts[:at]
    return "".join(parts)


def write(path, text):
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def assert_ends_well(path):
    """Check the scenario in `path`; any exception, and too much work or memory, fails the test."""
    before = peak()

    scenario, problems = within(CALLS, lambda: check(path))
    text = render(problems, str(path))

    assert isinstance(scenario, Scenario) != bool(problems)
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert peak() - before < MEMORY


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Return a copy of what ships, to be damaged."""
    folder = tmp_path_factory.mktemp("shipped")
    for name in ("scenarios", "topologies"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@settings(max_examples=60)
@given(st.data())
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_damaged_scenario_is_read_or_refused(shipped, path, data):
    target = (shipped / path.relative_to(ROOT)).with_name("damaged.yaml")
    write(target, damaged(data, path.read_text(encoding="utf-8")))

    assert_ends_well(target)


@settings(max_examples=150)
@given(st.data())
@pytest.mark.parametrize("name", READ_BY)
def test_a_damaged_table_is_read_or_refused(shipped, name, data):
    target = shipped / "scenarios" / name
    write(target, damaged(data, (ROOT / "scenarios" / name).read_text(encoding="utf-8")))

    assert_ends_well(shipped / "scenarios" / READ_BY[name])


@settings(max_examples=150)
@given(st.data())
@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.name)
def test_a_damaged_topology_is_read_or_refused(shipped, path, data):
    target = shipped / "topologies" / f"damaged{path.suffix}"
    write(target, damaged(data, path.read_text(encoding="utf-8")))
    scenario = shipped / "topologies" / "run.yaml"
    scenario.write_text(
        f"netsim: 1\nworkload: fabric\ntopology: {{file: {target.name}}}\n"
        "traffic: [{pattern: permutation, size: 1 kB}]\n"
    )

    assert_ends_well(scenario)


@pytest.fixture(autouse=True)
def toy():
    """Let the family of the damaged run be known, whoever else uses it."""
    toy_family.install()
    yield
    toy_family.uninstall()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the directory of a finished run, with the texts of its records by their paths."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.yaml").write_text(
        "netsim: 1\nname: small\nworkload: toy\nticks: 3\nreplications: 2\n"
    )
    words = ["-q", "run", str(folder / "run.yaml"), "-o", str(folder / "out")]
    toy_family.install()
    try:
        done = CliRunner().invoke(main, words)
    finally:
        toy_family.uninstall()
    assert done.exit_code == 0, done.output
    records = sorted((folder / "out").rglob("*.json"))
    assert {path.name for path in records} >= {"manifest.json", "done.json", "resolved.json"}
    return folder / "out", {path: path.read_text(encoding="utf-8") for path in records}


def read_all(path):
    """Read all that there is in a run directory."""
    try:
        results = open_results(path)
        for name in results.tables():
            results.table(name)
        repr(results)
    except NetsimError:
        pass


@settings(max_examples=400)
@given(st.data())
@pytest.mark.parametrize("finished", [True, False])
def test_a_damaged_record_of_a_run_is_read_or_refused(run, finished, data):
    directory, records = run
    path = data.draw(st.sampled_from(sorted(records)))
    (directory / "SUCCESS").touch()
    if not finished:
        (directory / "SUCCESS").unlink()
    write(path, damaged(data, records[path]))
    before = peak()
    try:
        within(CALLS, lambda: read_all(directory))
        described = CliRunner().invoke(main, ["describe", str(directory)])
    finally:
        path.write_text(records[path], encoding="utf-8")

    assert described.exit_code in (0, 2), described.output
    assert "bug" not in described.stderr
    assert all(letter.isprintable() or letter == "\n" for letter in described.output)
    assert peak() - before < MEMORY
