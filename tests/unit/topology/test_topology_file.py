"""Topologies from files: what is read, and how wrong files are refused."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from netsim.problems import ProblemsFound
from netsim.topology.file import read_topology

SHIPPED = Path(__file__).parents[3] / "topologies"

GOOD = """\
nodes:
  - {name: a, kind: host}
  - {name: b, kind: host}
  - {name: s, kind: switch, latency: 300 ns}
  - {name: t, kind: switch}
links:
  - {a: a, b: s, rate: 100 Gbps, delay: 1 us}
  - {a: t, b: b, rate: 100 Gbps, delay: 1 us}
  - {a: s, b: t, rate: 40 Gbps, delay: 2 us, both: false}
  - {a: t, b: s, rate: 10 Gbps, delay: 3 us, both: false}
"""


def read(tmp_path, text, name="net.yaml"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_topology(path)


def problems(tmp_path, text, name="net.yaml"):
    with pytest.raises(ProblemsFound) as caught:
        read(tmp_path, text, name)
    return caught.value.problems


def test_nodes_links_and_latencies_come_out_as_written(tmp_path):
    network = read(tmp_path, GOOD)

    assert network.nodes == ("a", "b", "s", "t")
    assert network.switch_latency.tolist() == [300_000, 0]
    assert network.link_rate[network.find_links("s->t")].tolist() == [40 * 10**9]
    assert network.link_delay[network.find_links("t->s")].tolist() == [3_000_000]
    assert len(network.find_links("a-s")) == 2


def test_json_holds_the_same_as_yaml(tmp_path):
    from ruamel.yaml import YAML

    tree = YAML(typ="safe", pure=True).load(GOOD)

    network, same = read(tmp_path, GOOD), read(tmp_path, json.dumps(tree), "net.json")

    assert network.link_names == same.link_names
    assert network.link_rate.tolist() == same.link_rate.tolist()


def test_the_shipped_fat_tree_has_four_paths_between_pods_and_two_within():
    network = read_topology(SHIPPED / "fat_tree_k4.json")

    assert network.host_count == 16
    assert len(network.paths(0, 15)) == 4
    assert len(network.paths(0, 2)) == 2
    assert {len(path) for path in network.paths(0, 15)} == {6}


def test_the_shipped_ring_has_two_paths_to_the_opposite_host_and_one_to_others():
    network = read_topology(SHIPPED / "ring.graphml")

    assert [len(network.paths(0, host)) for host in range(1, 6)] == [1, 1, 2, 1, 1]
    assert set(network.switch_latency.tolist()) == {300_000}


def test_the_shipped_dumbbell_shares_one_link():
    network = read_topology(SHIPPED / "dumbbell.yaml")

    crossing = network.find_links("left->right")[0]

    assert all(crossing in network.paths(src, dst)[0] for src in (0, 1) for dst in (2, 3))


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ("kind: host}", "kind: hots}", 2, "'hots' is no kind of node", "host or switch"),
        ("{name: b", "{name: a", 3, "two nodes are called 'a'", "own name"),
        ("latency: 300 ns", "latency: 300 bps", 4, "'300 bps' is not a time", "a time needs"),
        ("a: a, b: s", "a: a, b: z", 7, "no node named 'z'", "nodes"),
        ("100 Gbps", "0 Gbps", 7, "a rate must be positive", "100 Gbps"),
        ("100 Gbps", "-5 Gbps", 7, "is not negative", "a rate needs"),
        ("100 Gbps", "1e99 Gbps", 7, "too large", ""),
        ("100 Gbps", ".nan", 7, "is not a rate", ""),
        ("delay: 1 us}", "delay: 1 us, both: 3}", 7, "'both' is true or false", "only from a"),
        ("rate: 40 Gbps, ", "", 9, "'rate' of this link is missing", "a link needs"),
        ("a: a, b: s,", "a: s, b: s,", 7, "joins 's' to itself", "two nodes"),
    ],
)
def test_a_wrong_entry_is_reported_with_its_line_and_remedy(
    tmp_path, old, new, line, message, hint
):
    found = problems(tmp_path, GOOD.replace(old, new, 1))[0]

    assert message in found.message
    assert hint in found.hint
    assert found.line == line


def test_a_name_that_paths_and_links_could_not_write_is_refused(tmp_path):
    (found,) = problems(tmp_path, "nodes: [{name: 'a>b', kind: host}]\nlinks: []\n")

    assert "cannot name a node" in found.message
    assert "none of >" in found.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds 'nodes' and 'links'"),
        ("nodes: []\nlinks: []\n", "has no host"),
        ("nodes: 3\nlinks: []\n", "'nodes' is not a list"),
        ("nodes: [3]\nlinks: []\n", "a node is a mapping"),
        ("nodes: [\n", "this is no YAML"),
        ("nodes: &a []\nlinks: *a\n", "no aliases"),
        ("nodes: " + "[" * 500 + "\nlinks: []\n", "no deep nesting"),
        ("nodes: []\nnodes: []\n", "stands twice"),
        (b"\xff\xfe\x00binary", "is not UTF-8 text"),
        (b"nodes: []\x00", "is not UTF-8 text"),
        ("a: b\n--- \nc: d\n", "holds one document"),
        (GOOD.replace("{a: a, b: s", "{a: a, b: b"), "are joined directly"),
        (GOOD + "  - {a: a, b: t, rate: 1 Gbps, delay: 1 us}\n", "host 'a' has 2 links out"),
        (
            GOOD.replace("  - {a: t, b: b, rate: 100 Gbps, delay: 1 us}\n", ""),
            "0 links out and 0 in",
        ),
    ],
)
def test_a_file_that_is_no_network_is_refused(tmp_path, text, message):
    assert message in problems(tmp_path, text)[0].message


def test_of_many_problems_fifty_are_listed_and_the_others_counted(tmp_path):
    text = "nodes:\n" + "  - {name: x}\n" * 71 + "links: []\n"

    found = problems(tmp_path, text)

    assert len(found) == 50
    assert [problem.more for problem in found] == [0] * 49 + [20]  # 70 nodes are called as another


def test_an_attribute_that_every_node_lacks_is_asked_for_once(tmp_path):
    text = "nodes:\n" + "".join(f"  - {{id: {i}}}\n" for i in range(9)) + "links: []\n"

    (found,) = problems(tmp_path, text)

    assert found.message == "none of the 9 nodes has 'kind'"
    assert "host or switch" in found.hint


@pytest.mark.parametrize("text", ["{", "[]", '{"nodes": NaN, "links": []}', "[" * 100_000])
def test_json_that_is_no_network_is_refused(tmp_path, text):
    assert problems(tmp_path, text, "net.json")


@pytest.mark.parametrize(
    "text",
    [
        "<graphml",
        "plain text",
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><graphml/>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="undirected">'
        '<node id="a"/></graph></graphml>',
    ],
)
def test_graphml_that_is_no_network_is_refused(tmp_path, text):
    assert problems(tmp_path, text, "net.graphml")


def test_a_file_of_many_megabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_bytes(b"x" * (9 * 2**20))
    tracemalloc.start()
    try:
        with pytest.raises(ProblemsFound, match=r"9\.0 MiB"):
            read_topology(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 2**20


def test_an_unknown_suffix_and_a_missing_file_say_what_to_do(tmp_path):
    assert ".graphml" in problems(tmp_path, GOOD, "net.txt")[0].hint
    with pytest.raises(ProblemsFound, match="does not exist"):
        read_topology(tmp_path / "none.yaml")
