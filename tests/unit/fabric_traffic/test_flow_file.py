"""Flow files: what they hold, and how wrong ones are refused."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from work import calls_of

from netsim.fabric.flow_file.read import read_flows
from netsim.fabric.flows import links_on_the_way, unreachable
from netsim.problems import ProblemsFound
from netsim.topology.file import read_topology
from netsim.topology.leaf_spine import LeafSpine

HEADER = "src,dst,size,start\n"


def network(**fields):
    return LeafSpine.build(
        LeafSpine.Config(**{"leaves": 4, "spines": 3, "hosts_per_leaf": 2, **fields})
    )


def read(tmp_path, content, name="flows.csv", net=None):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_flows(path, net or network())


def problems(tmp_path, content, name="flows.csv", net=None):
    with pytest.raises(ProblemsFound) as caught:
        read(tmp_path, content, name, net)
    return caught.value.problems


def test_integers_are_host_numbers_bytes_and_picoseconds_in_the_order_of_the_file(tmp_path):
    flows = read(tmp_path, HEADER + "7,0,1000,5\n0,3,4096,0\n")

    assert flows.src.tolist() == [7, 0]
    assert flows.dst.tolist() == [0, 3]
    assert flows.size.tolist() == [1000, 4096]
    assert flows.start.tolist() == [5, 0]
    assert not flows.with_path.all()


def test_names_and_quantities_may_stand_for_integers_and_columns_in_any_order(tmp_path):
    flows = read(tmp_path, "start,size,dst,src\n1.5 us,4 KiB,host3,host0\n7,8,1,host2\n")

    assert flows.src.tolist() == [0, 2]
    assert flows.dst.tolist() == [3, 1]
    assert flows.size.tolist() == [4096, 8]
    assert flows.start.tolist() == [1_500_000, 7]


STAR = "nodes:\n- {name: '0', kind: switch}\n" + "".join(
    f"- {{name: '{name}', kind: host}}\n" for name in ("1", "2", "3", "gw")
)
STAR += "links:\n" + "".join(
    f"- {{a: '{name}', b: '0', rate: 1 Gbps, delay: 0 s}}\n" for name in ("1", "2", "3", "gw")
)


def star(tmp_path):
    """Return a network whose hosts 0, 1, 2, 3 are called 1, 2, 3, gw."""
    (tmp_path / "star.yaml").write_text(STAR)
    return read_topology(tmp_path / "star.yaml")


@pytest.mark.parametrize("other", ["", "0,gw,1,0\n", "gw,0,1 kB,0\n"])
def test_what_a_cell_means_does_not_depend_on_other_rows(tmp_path, other):
    net = star(tmp_path)

    found = problems(tmp_path, HEADER + "1,0,1,0\n" + other, net=net)

    assert [(problem.message, problem.line, problem.column) for problem in found] == [
        ("'1' is the name of host 0 and the number of host '2'", 2, 1)
    ]
    assert "with a letter" in found[0].hint


@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.uint64(), pa.string()])
def test_a_host_in_parquet_means_what_it_means_in_csv(tmp_path, kind):
    net = star(tmp_path)
    columns = {"dst": ["gw", "gw"], "size": [1, 1], "start": [0, 0]}

    right = parquet(tmp_path, src=pa.array([0, 0]).cast(kind), **columns)
    assert read_flows(right, net).src.tolist() == [0, 0]
    with pytest.raises(ProblemsFound) as caught:
        read_flows(parquet(tmp_path, src=pa.array([0, 3]).cast(kind), **columns), net)

    message = "row 2: '3' is the name of host 2 and the number of host 'gw'"
    assert [problem.message for problem in caught.value.problems] == [message]


@pytest.mark.parametrize("cell", ["4_096", "٤", "４", "1_0"])
@pytest.mark.parametrize("other", ["", "0,1,1 kB,1 us\n"])
@pytest.mark.parametrize("column", [1, 3, 5, 7])
def test_digits_are_ascii_without_underscores_whatever_stands_below(tmp_path, cell, other, column):
    row = ["0", "1", "1", "0"]
    row[(column - 1) // 2] = cell

    found = problems(tmp_path, HEADER + ",".join(row) + "\n" + other)

    assert cell in found[0].message
    assert (found[0].line, found[0].column) == (2, column)


def test_blank_lines_spaces_quotes_and_a_byte_order_mark_do_not_matter(tmp_path):
    flows = read(tmp_path, '\ufeffsrc, dst, size, start\r\n\r\n 0, 1, "1 MB", 0\r\n\r\n'.encode())

    assert flows.size.tolist() == [1_000_000]


def test_a_spine_gives_the_links_through_it_and_none_within_a_leaf(tmp_path):
    net = network()
    flows = read(tmp_path, "src,dst,size,start,spine\n0,7,1,0,2\n0,1,1,0,2\n", net=net)

    ways = [[net.link_names[link] for link in way] for way in links_on_the_way(flows, net)]

    assert flows.with_path.all()
    assert ways[0] == ["host0->leaf0", "leaf0->spine2", "spine2->leaf3", "leaf3->host7"]
    assert ways[1] == ["host0->leaf0", "leaf0->host1"]


@pytest.mark.parametrize(
    "path",
    ["leaf0>spine1>leaf3", "host0 > leaf0 > spine1 > leaf3 > host7", "leaf0>spine1>leaf3>host7"],
)
def test_a_path_names_its_nodes_with_or_without_the_hosts_at_its_ends(tmp_path, path):
    net = network()
    flows = read(tmp_path, f"src,dst,size,start,path\n0,7,1,0,{path}\n", net=net)

    way = [net.link_names[link] for link in links_on_the_way(flows, net)[0]]

    assert way == ["host0->leaf0", "leaf0->spine1", "spine1->leaf3", "leaf3->host7"]


@pytest.mark.parametrize(
    "path", ["leaf0->spine1#1->leaf1#0", "host0 > leaf0 > spine1 # 1 > leaf1#0 > host3#0"]
)
def test_a_path_names_parallel_links_as_links_are_named(tmp_path, path):
    net = network(bundle=2)

    flows = read(tmp_path, f"src,dst,size,start,path\n0,3,4096,0,{path}\n", net=net)

    (links,) = links_on_the_way(flows, net)
    assert [net.link_names[link] for link in links] == [
        "host0->leaf0",
        "leaf0->spine1#1",
        "spine1->leaf1#0",
        "leaf1->host3",
    ]


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("leaf0>spine1#2>leaf1", "no link leaf0->spine1#2", "leaf0->spine1 has 2 links, #0 to #1"),
        ("leaf0>spine1#x>leaf1", "'#x' names no parallel link", "'#1' behind a node is the second"),
        ("leaf0>spine0#1>leaf1", "link leaf0->spine0#1 is down", "working links lead from leaf0"),
        ("leaf0>spine1#1>leaf0#0>leaf1", "a path meets a node twice", "name each node once"),
    ],
)
def test_a_wrong_parallel_link_is_reported_in_its_cell(tmp_path, path, message, hint):
    net = network(bundle=2, overrides=({"link": "leaf0->spine0#1", "up": False},))

    (found,) = problems(tmp_path, f"src,dst,size,start,path\n0,3,4096,0,{path}\n", net=net)

    assert found.message == message
    assert found.hint.startswith(hint)
    assert (found.line, found.column) == (2, 12)


def test_an_empty_spine_leaves_the_way_open_and_that_is_an_error_where_one_is_needed(tmp_path):
    flows = read(tmp_path, "src,dst,size,start,spine\n0,7,1,0,2\n0,7,1,0,\n")

    assert flows.spine.tolist() == [2, -1]
    assert not flows.with_path.all()
    with pytest.raises(ProblemsFound, match="names neither spine nor path"):
        links_on_the_way(flows, network())


@pytest.mark.parametrize(
    ("row", "line", "column", "message", "hint"),
    [
        ("0,8,1,0", 3, 3, "dst 8 is out of range", "hosts are 0 to 7"),
        ("0,-1,1,0", 3, 3, "dst -1 is out of range", "hosts are 0 to 7"),
        ("hots1,2,1,0", 3, 1, "no host named 'hots1'", "did you mean 'host1'?"),
        ("leaf0,2,1,0", 3, 1, "no host named 'leaf0'", ""),
        ("2,2,1,0", 3, 3, "host2 sends to itself", "two hosts"),
        ("0,1,0,0", 3, 5, "size 0 is out of range", "at least 1 byte"),
        ("0,1,-4,0", 3, 5, "size -4 is out of range", "at least 1 byte"),
        ("0,1,nan,0", 3, 5, "'nan' is not an amount of data", "4 MB"),
        ("0,1,1.5,0", 3, 5, "'1.5' is not an amount of data", "4 MB"),
        ("0,1,inf,0", 3, 5, "'inf' is not an amount of data", "4 MB"),
        ("0,1,1 us,0", 3, 5, "'1 us' is not an amount of data", "4 MB"),
        ("0,1,99999999999999999999,0", 3, 5, "is too large", "at most"),
        ("0,1," + "9" * 5000 + ",0", 3, 5, "is too large", "at most"),
        ("0,1,9223372036854775807,0", 3, 5, "out of range", ""),
        ("0,1,1,-1", 3, 7, "start -1 is out of range", "0 ps or later"),
        ("0,1,1,1 MB", 3, 7, "'1 MB' is not a time", "10 us"),
        ("0,1,1,", 3, 7, "'' is not a time", "10 us"),
        ("0,1,1", 3, 1, "3 cells, but the header has 4", "one cell per column"),
        ("0,1,1,0,9", 3, 1, "5 cells, but the header has 4", "one cell per column"),
    ],
)
def test_a_wrong_cell_is_reported_with_line_column_and_remedy(
    tmp_path, row, line, column, message, hint
):
    found = problems(tmp_path, HEADER + "0,1,1,0\n" + row + "\n")[0]

    assert message in found.message
    assert hint in found.hint
    assert (found.line, found.column) == (line, column)
    assert found.file == tmp_path / "flows.csv"
    assert found.at == ("file",)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("leaf0>spine9>leaf3", "no node named 'spine9'"),
        ("leaf0>leaf3", "link leaf0->leaf3 does not exist"),
        ("leaf0>spine0>leaf2", "link leaf2->host7 does not exist"),
        ("leaf0>host1>leaf0>spine0>leaf3", "host 'host1' stands in the middle of a path"),
        ("host0>leaf0>spine1>leaf2>host4", "ends at host 'host4', but the flow goes to host7"),
        ("leaf0>spine1>leaf2>host4", "ends at host 'host4', but the flow goes to host7"),
        ("host1>leaf0>spine1>leaf3", "begins at host 'host1', but the flow comes from host0"),
        ("leaf0>spine0>leaf1>spine0>leaf3", "meets a node twice"),
        (">>", "no node named ''"),
    ],
)
def test_a_path_that_does_not_lead_from_sender_to_receiver_is_refused(tmp_path, cell, message):
    found = problems(tmp_path, f"src,dst,size,start,path\n0,7,1,0,{cell}\n")[0]

    assert message in found.message
    assert (found.line, found.column) == (2, 9)


@pytest.mark.parametrize("cell", ["-1", "-2", str(-(2**63))])
@pytest.mark.parametrize("other", ["2", ""])
def test_a_negative_spine_is_refused_and_not_taken_for_an_empty_one(tmp_path, cell, other):
    rows = f"0,7,1,0,{other}\n0,7,1,0,{cell}\n"

    found = problems(tmp_path, "src,dst,size,start,spine\n" + rows)[0]

    assert cell in found.message
    assert found.hint
    assert (found.line, found.column) == (3, 9)


@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.string()])
@pytest.mark.parametrize("other", [2, None])
def test_a_negative_spine_in_parquet_is_refused_in_its_row(tmp_path, kind, other):
    path = tmp_path / "flows.parquet"
    columns = {"src": [0, 0], "dst": [7, 7], "size": [1, 1], "start": [0, 0]}
    pq.write_table(pa.table({**columns, "spine": pa.array([other, -1]).cast(kind)}), path)

    with pytest.raises(ProblemsFound) as caught:
        read_flows(path, network())

    assert caught.value.problems[0].message == "row 2: spine -1 is out of range"
    assert caught.value.problems[0].hint == "spines are 0 to 2"


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.int8()])
def test_a_missing_spine_in_parquet_leaves_the_way_open(tmp_path, kind):
    path = tmp_path / "flows.parquet"
    columns = {"src": [0, 0], "dst": [7, 7], "size": [1, 1], "start": [0, 0]}
    pq.write_table(pa.table({**columns, "spine": pa.array([None, 2], kind)}), path)

    assert read_flows(path, network()).spine.tolist() == [-1, 2]


def test_a_spine_beyond_the_last_or_behind_a_link_that_is_down_is_refused(tmp_path):
    cut = network(overrides=({"link": "spine1->leaf3", "up": False},))
    header = "src,dst,size,start,spine\n"

    assert "spine 3 is out of range" in problems(tmp_path, header + "0,7,1,0,3\n")[0].message
    found = problems(tmp_path, header + "0,5,1,0,1\n0,7,1,0,1\n", net=cut)[0]
    assert (found.message, found.line) == ("link spine1->leaf3 is down", 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n", "column 'src' is missing"),
        (HEADER, "holds no flow"),
        ("src,dst,size\n0,1,1\n", "column 'start' is missing"),
        ("src,dst,size,start,size\n", "column 'size' stands twice"),
        ("src,dst,size,strat\n", "unknown column 'strat'"),
        ("src,dst,size,start,spine,path\n", "both say the way"),
        (HEADER + '"0\n1",1,1,0\n', "spans several lines"),
        (HEADER + '"0,1,1,0\n', "this is no CSV"),
        (HEADER + "0,1,1,0" + "0" * 70_000, "longer than"),
        (HEADER.encode() + b"\xff\xfe,1,1,0\n", "is not UTF-8 text"),
        (HEADER.encode() + b"0,\0,1,0\n", "is not UTF-8 text"),
        (b"PAR1" + bytes(range(256)), "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_flow_file_is_refused(tmp_path, content, message):
    assert message in problems(tmp_path, content)[0].message


def test_a_flow_to_itself_is_reported_beside_a_host_that_is_none(tmp_path):
    # Row 2: both ends are no hosts; they are not called the same host for that.
    found = problems(tmp_path, HEADER + "8,9,1,0\n0,0,0,0\n0,0,1,0\n0,8,1,0\n")

    assert sorted((p.line, p.column, p.message.split()[0]) for p in found) == [
        (2, 1, "src"),
        (2, 3, "dst"),
        (3, 3, "host0"),
        (3, 5, "size"),
        (4, 3, "host0"),
        (5, 3, "dst"),
    ]


@pytest.mark.parametrize(
    ("column", "cell"), [("spine", "1"), ("path", "leaf0>spine1>leaf3"), ("path", "leaf1>leaf3")]
)
def test_the_way_of_a_flow_is_judged_beside_wrong_rows_but_not_of_unknown_ends(
    tmp_path, column, cell
):
    cut = network(overrides=({"link": "spine1->leaf3", "up": False},))
    rows = f"99,7,1,0,{cell}\n0,7,1,0,{cell}\n0,0,1,0,{cell}\n0,7,0,0,\n"

    found = problems(tmp_path, f"src,dst,size,start,{column}\n" + rows, net=cut)

    assert sorted((p.line, p.column) for p in found) == [(2, 1), (3, 9), (4, 3), (5, 5)]


def test_of_problems_of_many_rows_fifty_are_listed_and_the_others_counted(tmp_path):
    assert len(problems(tmp_path, HEADER + "0,9,1,0\n" * 7)) == 7
    found = problems(tmp_path, HEADER + "0,9,1,0\n" * 100_000)

    assert len(found) == 50
    assert sum(1 + problem.more for problem in found) == 100_000


def test_cells_are_read_by_the_column_and_only_lines_one_by_one(tmp_path):
    net = network()

    def calls(rows):
        text = HEADER + "\n".join(f"{i % 7},7,4096,{i}" for i in range(rows))
        return calls_of(lambda: read(tmp_path, text, net=net))

    calls(10)
    few, many = calls(100), calls(20_000)

    assert many - few < 4 * (20_000 - 100)


def parquet(tmp_path, name="flows.parquet", **columns):
    pq.write_table(pa.table(columns), tmp_path / name)
    return tmp_path / name


def test_parquet_holds_integers_or_texts_as_csv_does(tmp_path):
    path = parquet(
        tmp_path,
        src=pa.array([0, 1], pa.int32()),
        dst=["host3", "4"],
        size=pa.array(["1 MB", "7"]).dictionary_encode(),
        start=pa.array([0, 5], pa.uint64()),
        spine=pa.array([2, None], pa.int8()),
    )

    flows = read_flows(path, network())

    assert flows.src.tolist() == [0, 1]
    assert flows.dst.tolist() == [3, 4]
    assert flows.size.tolist() == [1_000_000, 7]
    assert flows.start.tolist() == [0, 5]
    assert flows.spine.tolist() == [2, -1]


def test_the_index_that_pandas_stores_is_no_column_of_flows(tmp_path):
    frame = pd.DataFrame({"src": range(5), "dst": 7, "size": range(1, 6), "start": 0})
    rest = frame[frame["src"] != 2]
    path = tmp_path / "flows.parquet"

    rest.to_parquet(path)
    assert "__index_level_0__" in pq.read_schema(path).names
    assert read_flows(path, network()).size.tolist() == [1, 2, 4, 5]

    rest.rename_axis("flow").to_parquet(path)
    assert read_flows(path, network()).size.tolist() == [1, 2, 4, 5]

    # An index that is a column of flow files is meant.
    rest.set_index("size").to_parquet(path)
    assert read_flows(path, network()).size.tolist() == [1, 2, 4, 5]


@pytest.mark.parametrize("said", [b"{", b"[]", b"{}", b'{"index_columns": 3}', b"\xff"])
def test_what_is_said_about_an_index_and_makes_no_sense_is_left_aside(tmp_path, said):
    columns = {"src": [0], "dst": [1], "size": [1], "start": [0], "colour": ["red"]}
    table = pa.table(columns).replace_schema_metadata({b"pandas": said})
    pq.write_table(table, tmp_path / "flows.parquet")

    with pytest.raises(ProblemsFound, match="unknown column 'colour'"):
        read_flows(tmp_path / "flows.parquet", network())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": [1.0, float("nan")]}, "column 'size' holds double"),
        ({"dst": [1, None]}, "column 'dst' is empty in row 2"),
        ({"dst": [1, 99]}, "row 2: dst 99 is out of range"),
        ({"start": pa.array([2**63, 0], pa.uint64())}, "too large"),
        ({"colour": ["red", "blue"]}, "unknown column 'colour'"),
    ],
)
def test_wrong_parquet_columns_are_refused(tmp_path, changed, message):
    columns = {"src": [0, 0], "dst": [1, 1], "size": [1, 1], "start": [0, 0], **changed}
    path = parquet(tmp_path, **columns)

    with pytest.raises(ProblemsFound) as caught:
        read_flows(path, network())

    assert message in caught.value.problems[0].message


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(500) + b"PAR1", b"src,dst\n"])
def test_a_broken_parquet_file_is_refused(tmp_path, content):
    assert "no readable Parquet" in problems(tmp_path, content, "flows.parquet")[0].message


def test_unknown_suffixes_and_missing_files_say_what_to_do(tmp_path):
    assert ".parquet" in problems(tmp_path, HEADER, "flows.xlsx")[0].hint
    with pytest.raises(ProblemsFound, match="does not exist"):
        read_flows(tmp_path / "none.csv", network())


def test_flows_between_leaves_that_nothing_joins_are_found(tmp_path):
    cut = network(overrides=tuple({"link": f"leaf3-spine{s}", "up": False} for s in range(3)))
    flows = read(tmp_path, HEADER + "0,2,1,0\n6,7,1,0\n1,7,1,0\n0,6,1,0\n", net=cut)

    found = unreachable(flows, cut)

    assert [problem.message for problem in found] == [
        "flow 2 needs a path from host1 to host7, and no working links join them"
    ]
