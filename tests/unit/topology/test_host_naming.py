"""Which host a text means, where names may look like numbers."""

from __future__ import annotations

import pytest

from netsim.problems import ProblemsFound
from netsim.topology.file import read_topology
from netsim.topology.leaf_spine import LeafSpine
from netsim.topology.naming import find_host, numbers_suffice


@pytest.fixture
def star(tmp_path):
    """Return a function that reads a star of hosts with given names around switch 0."""

    def read(*names):
        nodes = [f"  - {{name: '{name}', kind: host}}" for name in names]
        links = [f"  - {{a: '{name}', b: '0', rate: 1 Gbps, delay: 0 s}}" for name in names]
        text = ["nodes:", "  - {name: '0', kind: switch}", *nodes, "links:", *links]
        path = tmp_path / "star.yaml"
        path.write_text("\n".join(text))
        return read_topology(path)

    return read


def test_digits_are_a_number_and_other_texts_a_name():
    net = LeafSpine.build(LeafSpine.Config(leaves=2, spines=1, hosts_per_leaf=2))

    assert [find_host(net, text) for text in ("3", "+3", "003", "host3", "-1", "99")] == [
        *(3, 3, 3, 3),
        *(-1, 99),
    ]
    assert [find_host(net, text) for text in ("leaf0", "", "1_0", "١", "1.0", "0x1")] == [None] * 6
    assert numbers_suffice(net)


def test_a_name_of_digits_that_is_no_number_of_a_host_is_a_name(star):
    net = star("7", "8", "gw")

    assert [find_host(net, text) for text in ("7", "8", "0", "1", "2", "gw")] == [0, 1, 0, 1, 2, 2]
    assert not numbers_suffice(net)


def test_a_name_that_is_its_hosts_own_number_is_no_problem(star):
    # The switch has the name of host 0: switches send nothing, so it is never meant.
    net = star("gw", "1", "02")

    assert [find_host(net, text) for text in ("0", "1", "2", "02")] == [0, 1, 2, 2]
    assert numbers_suffice(net)


def test_a_text_that_is_the_name_of_one_host_and_the_number_of_another_is_refused(star):
    net = star("1", "2", "3", "gw")

    with pytest.raises(ProblemsFound) as caught:
        find_host(net, "1")

    problem = caught.value.problems[0]
    assert problem.message == "'1' is the name of host 0 and the number of host '2'"
    assert "with a letter" in problem.hint
    assert not numbers_suffice(net)
    assert (find_host(net, "0"), find_host(net, "gw")) == (0, 3)
