"""Whatever a scenario file holds, reading it ends in a scenario or in diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from netsim.scenario import Scenario, check, render
from netsim.scenario.diagnostics import CODES

ROOT = Path(__file__).parents[2]
TEXTS = [
    path.read_text(encoding="utf-8", errors="replace")
    for folder in ("scenarios", "tests/golden/scenarios")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
    if path.stat().st_size < 4000
]
PIECES = st.sampled_from(
    ["\n", " ", "\t", ": ", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "!", "!!str ", "<<", "|\n",
     ">\n", "'", '"', "\\", "#", "%", "---\n", "...\n", "? ", "@", "`", "~", ".nan", "1e999", "-1",
     "9" * 30, "0x", "on", "\ufeff", "\u2028", "\x85", "\r", "\x00", "\x1b", "é", "🧮",
     "netsim: 1\n", "workload: fabric\n", "workload: stragglers\n", "include: ", "topology: ",
     "traffic: ", "file: ", "..", "/", "sweep: ", "record: ", "kind: leaf_spine\n"]
)  # fmt: skip
WORDS = """
netsim workload name seed until record tables sweep include topology kind leaves spines
hosts_per_leaf host_link rate delay overrides link routing policy transport queue capacity ecn
traffic pattern size start file workers jobs code scheme s B W lambda delays p q good dist mean wait
"""
NAMES = "fabric leaf_spine ecmp open_loop incast gc leaf0-spine1 exponential"
KEYS = st.text(max_size=8) | st.sampled_from(WORDS.split())
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(NAMES.split()),
    st.sampled_from(["1 MB", "100 Gbps", "5 us", "12 %", "-1 s", "1e30 d"]),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)
MANY = settings(max_examples=150)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scenarios")


def assert_ends_well(path, overrides=()):
    """Read the file; any exception fails the test."""
    scenario, diagnostics = check(path, overrides)
    text = render(diagnostics, str(path))

    assert isinstance(scenario, Scenario) != bool(diagnostics)
    assert all(found.code in CODES for found in diagnostics)
    assert "pydantic" not in text
    assert "Traceback" not in text
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    return text


@MANY
@given(st.binary(max_size=200))
@example(b"\xff\xfe\x00")
@example(b'a: "\\U99999999"')
def test_no_bytes_give_a_traceback(folder, content):
    path = folder / "bytes.yaml"
    path.write_bytes(content)

    assert_ends_well(path)


@MANY
@given(st.lists(PIECES | st.text(max_size=6), max_size=40).map("".join))
def test_no_mixture_of_yaml_signs_gives_a_traceback(folder, text):
    path = folder / "signs.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    assert_ends_well(path)


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_no_damaged_scenario_gives_a_traceback(folder, text, data):
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 20))
        text = text[:place] + data.draw(PIECES | st.text(max_size=3)) + text[place + gone :]
    path = folder / "damaged.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))

    assert_ends_well(path)


@MANY
@given(st.dictionaries(KEYS, DATA, max_size=8), st.sampled_from(["fabric", "stragglers", "fabrik"]))
def test_no_well_formed_data_gives_a_traceback(folder, content, workload):
    path = folder / "data.yaml"
    with path.open("w", encoding="utf-8", errors="surrogatepass") as stream:
        YAML(typ="safe", pure=True).dump({"netsim": 1, "workload": workload, **content}, stream)

    assert_ends_well(path)


@MANY
@given(st.lists(st.lists(PIECES | KEYS | st.text(max_size=6), max_size=8).map("".join), max_size=3))
def test_no_override_gives_a_traceback(folder, overrides):
    assert_ends_well(ROOT / "tests" / "golden" / "scenarios" / "negative_seed.yaml", overrides)


@MANY
@given(st.dictionaries(KEYS, DATA, max_size=4))
def test_no_override_from_python_gives_a_traceback(folder, overrides):
    assert_ends_well(ROOT / "tests" / "golden" / "scenarios" / "negative_seed.yaml", overrides)
