"""What users are told to do about a scenario that holds more values than it may."""

from __future__ import annotations

import json

import pytest

from netsim.scenario import check, json_schema, render
from netsim.scenario.limits import NODES
from netsim.scenario.too_many import FROM_FILES

QUANTUM = "netsim: 1\nworkload: quantum\nchain: {routers: 3, segment: 20 km}\n"
FLOW = "  - {src: 0, dst: 1, size: 1 MB, start: 5 us}"
REQUEST = "  - {from: r0, to: r1, start: 5 ms, end: 6 ms, fidelity: 0.5}"
OVERRIDE = "  - {router: r1, memory: {count: 2, efficiency: 0.5}}"
POINT = "    - {seed: 3, until: 1 ms, chain.routers: 4, swap.success: 0.5}"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return what is said of a text in a file ``many.yaml``."""
    monkeypatch.chdir(tmp_path)

    def said(text):
        (tmp_path / "many.yaml").write_text(text)
        scenario, diagnostics = check("many.yaml")
        assert scenario is None
        return render(diagnostics, "many.yaml")

    return said


def excerpt(place, line, caret, hint):
    """Return the golden text of one error."""
    number = place.split(":")[0]
    column = int(place.split(":")[1])
    return (
        f"many.yaml:{place}: error[too-large]: a scenario may hold at most 5,000 values, "
        f"aliases counted\n{number} | {line}\n{' ' * len(number)} | {' ' * (column - 1)}{caret} "
        f"{hint}\n1 error, 0 warnings in many.yaml"
    )


IN_A_FILE = "takes most of them, and can come from a file:"


@pytest.mark.parametrize(
    ("head", "row", "place", "caret", "hint"),
    [
        (
            "netsim: 1\nworkload: fabric\ntraffic:\n",
            FLOW,
            "1003:11",
            "^",
            f"'traffic' {IN_A_FILE} traffic: [{{file: flows.csv}}]",
        ),
        (
            f"{QUANTUM}network:\n  traffic:\n",
            f"  {FLOW}",
            "1004:21",
            "^",
            f"'network.traffic' {IN_A_FILE} traffic: [{{file: flows.csv}}]",
        ),
        (
            "netsim: 1\nworkload: decentralized\ntopology:\n  kind: edges\n  edges:\n",
            "  - [100, 101]",
            "1670:11",
            "^^^",
            f"'topology.edges' {IN_A_FILE} topology: {{kind: file, file: graph.graphml}}",
        ),
        (
            f"{QUANTUM}overrides:\n",
            OVERRIDE,
            "1003:34",
            "^",
            f"'overrides' {IN_A_FILE} topology: {{file: network.json}}, whose nodes and links may "
            "differ",
        ),
        (
            f"{QUANTUM}sweep:\n  list:\n",
            POINT,
            "1004:24",
            "^^^^",
            f"'sweep.list' {IN_A_FILE} list: {{file: design.csv}}",
        ),
        (
            f"{QUANTUM}request:\n",
            REQUEST,
            "837:12",
            "^^",
            "'request' takes most of them; a scenario in JSON, in a file .json, may hold 100,000",
        ),
    ],
)
def test_the_list_with_most_values_is_named_and_where_it_can_go(
    told, head, row, place, caret, hint
):
    said = told(head + "\n".join([row] * (75_000 // len(row))) + "\n")

    assert said == excerpt(place, row, caret, hint)


def test_the_limit_may_be_met_by_another_than_the_list(told):
    row = "  - {src: 0, dst: 1}"
    few = "\n".join([row] * ((NODES - 5) // 3))
    said = told(f"traffic:\n{few}\nmemory: {{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6}}\n")

    assert "memory: {" in said
    assert "'traffic' takes most of them" in said


def test_the_same_in_json_is_read(tmp_path):
    request = {"from": "r0", "to": "r1", "start": "5 ms", "end": "6 ms", "fidelity": 0.5}
    chain = {"routers": 3, "segment": "20 km"}
    given = {"netsim": 1, "workload": "quantum", "chain": chain, "request": [request] * 1200}
    file = tmp_path / "many.json"
    file.write_text(json.dumps(given))

    scenario, diagnostics = check(file)

    assert [one for one in diagnostics if one.code == "too-large"] == []
    assert len(scenario.model.requests) == 1200


def test_the_lists_and_the_forms_that_read_files_are_fields():
    known = json.dumps(json_schema())

    for keys, form in FROM_FILES.items():
        assert all(f'"{key}"' in known for key in keys)
        assert f'"{form.split(":")[0]}"' in known
        assert "file: " in form
