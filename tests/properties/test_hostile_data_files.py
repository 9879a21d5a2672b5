"""Whatever bytes a data file holds, it is read, or refused with its place and a remedy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.fabric.flow_file.read import read_flows
from netsim.fabric.sizes.empirical import read_cumulative
from netsim.problems import ProblemsFound
from netsim.topology.file import read_topology
from netsim.topology.leaf_spine import LeafSpine

NETWORK = LeafSpine.build(LeafSpine.Config(leaves=2, spines=2, hosts_per_leaf=2))
TOPOLOGY = (
    "nodes: [{name: a, kind: host}, {name: s, kind: switch}]\n"
    "links: [{a: a, b: s, rate: 1 Gbps, delay: 1 us}]\n"
)
CELLS = st.sampled_from(
    [
        "0",
        "3",
        "host1",
        "-1",
        "nan",
        "1e400",
        "9" * 30,
        "",
        " ",
        '"',
        "1 MB",
        "1 us",
        "a\nb",
        "\0",
        "é",
    ]
) | st.text(max_size=8)


def assert_reads_or_refuses(read, path):
    try:
        read(path)
    except ProblemsFound as found:
        problems = found.problems
    else:
        return
    assert 1 <= len(problems) <= 50
    for problem in problems:
        assert problem.message
        assert problem.hint
        assert problem.file == path


@settings(max_examples=150)
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=6), max_size=4),
    column=st.sampled_from(["spine", "path", "x"]),
)
def test_any_cells_of_a_flow_file(tmp_path, rows, column):
    path = tmp_path / "flows.csv"
    lines = [f"src,dst,size,start,{column}", *(",".join(row) for row in rows)]
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))

    assert_reads_or_refuses(lambda file: read_flows(file, NETWORK), path)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("flows.csv", lambda path: read_flows(path, NETWORK)),
        ("flows.parquet", lambda path: read_flows(path, NETWORK)),
        ("net.yaml", read_topology),
        ("net.json", read_topology),
        ("net.graphml", read_topology),
        ("sizes.csv", read_cumulative),
    ],
)
@settings(max_examples=150)
@given(
    content=st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_bytes_in_any_file(tmp_path, name, read, content):
    path = tmp_path / name
    path.write_bytes(content)

    assert_reads_or_refuses(read, path)


@settings(max_examples=150)
@given(st.data())
def test_a_topology_with_any_piece_of_its_text_replaced(tmp_path, data):
    begin = data.draw(st.integers(0, len(TOPOLOGY)))
    length = data.draw(st.integers(0, 12))
    piece = data.draw(st.text("{}[]:,-&*!|>'\"% \n#ab0", max_size=6) | CELLS)
    path = tmp_path / "net.yaml"
    text = TOPOLOGY[:begin] + piece + TOPOLOGY[begin + length :]
    path.write_bytes(text.encode("utf-8", "replace"))

    assert_reads_or_refuses(read_topology, path)
