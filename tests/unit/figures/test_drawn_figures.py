"""Every registered figure, drawn from small runs at both sizes: readable, complete, repeatable."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import netsim
from netsim import registry
from netsim.figures.fabric import between_switches
from netsim.figures.figure import distribution
from netsim.figures.page import PRINT, SCREEN, page
from netsim.figures.stragglers import gain_map

FABRIC = """\
netsim: 1
workload: fabric
seed: 3
replications: 2
topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 4,
           host_link: {rate: 100 Gbps, delay: 500 ns}}
routing: {policy: ecmp}
transport: {kind: open_loop}
traffic: [{pattern: permutation, size: 64 kB}, {pattern: incast, fan_in: 3, size: 1 MB}]
record: {tables: [links], sample_every: 1 us}
"""
STRAGGLERS = """\
netsim: 1
workload: stragglers
seed: 3
workers: 8
jobs: 30
code: {scheme: gc, s: 1}
delays: {kind: isolated}
compute: {per_load: 2 s}
record: {tables: [worker_rounds]}
"""
DECENTRALIZED = """\
netsim: 1
workload: decentralized
seed: 3
replications: 5
nodes: 12
topology: {kind: barabasi_albert, m: 2}
disruption: [{kind: node_drop, at: {round: 5}, fraction: 30 %, select: degree}]
rounds: 20
timing: {mode: sync_neighbours}
links: {delay: 10 ms}
eval: {every: 2}
"""
QUANTUM = """\
netsim: 1
workload: quantum
seed: 3
until: 2 s
chain: {routers: 3, segment: 10 km}
memory: {count: 2, frequency: 2 kHz, efficiency: 0.75, raw_fidelity: 0.95, coherence: 1 s}
swap: {policy: asap, success: 0.8}
request: {start: 100 ms, end: 2 s}
"""
COLLECTIVE = """\
netsim: 1
workload: collective
topology: {kind: ideal, ranks: 8, latency: 1 us, rate: 50 GB/s}
collective: {op: all_reduce, algorithm: ring, size: 1 MB}
"""
CHANGED = {
    "collective": "collective.algorithm=recursive_doubling",
    "quantum": "chain.segment=20 km",
    "fabric": "routing.policy=rps",
    "stragglers": "code={scheme: uncoded}",
    "decentralized": "disruption[0].at.round=10",
}
FIGURES = registry.names("figure")
SIZES = {"screen": SCREEN, "print": PRINT}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two small runs of each family, by the labels of their curves."""
    folder = tmp_path_factory.mktemp("scenarios")
    found = {}
    for workload, text in {
        "fabric": FABRIC,
        "stragglers": STRAGGLERS,
        "decentralized": DECENTRALIZED,
        "collective": COLLECTIVE,
        "quantum": QUANTUM,
    }.items():
        path = folder / f"{workload}.yaml"
        path.write_text(text)
        found[workload] = {
            "one": netsim.run(netsim.load(path)),
            "other": netsim.run(netsim.load(path, [CHANGED[workload]])),
        }
    return found


@pytest.fixture(params=FIGURES)
def known(request):
    return registry.lookup("figure", request.param)


def overlapping(axis, renderer):
    """Return pairs of tick labels of an axis that run into each other."""
    boxes = [
        label.get_window_extent(renderer)
        for label in axis.get_ticklabels(which="both")
        if label.get_text() and label.get_visible()
    ]
    return [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]


@pytest.mark.parametrize("size", SIZES)
def test_it_has_labels_apart_from_each_other_and_a_legend_beside(known, size, runs, tmp_path):
    with page(tmp_path / "it.png", size=SIZES[size]) as (axes,):
        data = known.draw(axes, runs[known.workload])

    renderer = axes.figure.canvas.get_renderer()
    for axis in (axes.xaxis, axes.yaxis):
        assert axis.label.get_text()
        assert not overlapping(axis, renderer)
        assert sum(bool(label.get_text()) for label in axis.get_ticklabels(which="both")) >= 2
    whole, panel = axes.figure.bbox, axes.get_window_extent(renderer)
    for legend in axes.figure.legends:
        box = legend.get_window_extent(renderer)
        assert not box.overlaps(panel)
        assert whole.x0 <= box.x0 <= box.x1 <= whole.x1
        assert whole.y0 <= box.y0 <= box.y1 <= whole.y1
    assert len({len(column) for column in data.values()}) == 1
    assert all(len(column) for column in data.values())
    assert (tmp_path / "it.png").stat().st_size > 5000


def test_it_is_drawn_to_the_same_bytes_again(known, runs, tmp_path):
    import matplotlib as mpl

    drawn = []
    for own in ({}, {"font.size": 30, "axes.grid": False}):  # a user's own settings
        with mpl.rc_context(own), page(tmp_path / "it.svg") as (axes,):
            known.draw(axes, runs[known.workload])
        drawn.append((tmp_path / "it.svg").read_bytes())

    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_two_panels_share_one_legend(suffix, runs, tmp_path):
    times, loads = (registry.lookup("figure", n).draw for n in ("completion_times", "link_loads"))
    with page(tmp_path / f"it{suffix}", panels=2) as (left, right):
        times(left, runs["fabric"])
        loads(right, runs["fabric"])

    (legend,) = left.figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert sorted(labels) == ["alone, unblocked core", "one", "other", "perfect balance"]
    assert (tmp_path / f"it{suffix}").stat().st_size > 5000


def test_axes_say_the_unit_of_their_column(runs, tmp_path):
    with page(tmp_path / "it.png", panels=2) as (left, right):
        registry.lookup("figure", "completion_times").draw(left, runs["fabric"])
        registry.lookup("figure", "queue_over_time").draw(right, runs["fabric"])

    assert left.get_xlabel() == "fct [us]"
    assert (right.get_xlabel(), right.get_ylabel()) == ("t [us]", "queue [MB]")


def test_drawn_completion_times_are_those_of_the_table(runs, tmp_path):
    with page(tmp_path / "it.png") as (axes,):
        data = registry.lookup("figure", "completion_times").draw(axes, runs["fabric"])

    flows = runs["fabric"]["one"].table("flows")
    assert data["fct"][data["run"] == "one"].tolist() == sorted(flows.column("fct").to_pylist())


def test_the_longest_queue_is_the_one_that_is_drawn(runs, tmp_path):
    with page(tmp_path / "it.png") as (axes,):
        data = registry.lookup("figure", "queue_over_time").draw(axes, runs["fabric"])

    links = runs["fabric"]["one"].table("links").to_pandas()
    first = links[links.replication == 0]
    assert data["queue"][data["run"] == "one"].max() == first["queue"].max() > 0


def test_the_map_holds_the_mean_of_each_link_up(runs, tmp_path):
    with page(tmp_path / "it.png") as (axes,):
        data = registry.lookup("figure", "utilization_map").draw(axes, runs["fabric"])

    links = runs["fabric"]["one"].table("link_totals").to_pandas()
    mean = links.groupby("link", observed=True).utilization_mean.mean()
    assert len(data["leaf"]) == 4
    for leaf, spine, drawn in zip(*data.values(), strict=True):
        assert drawn == pytest.approx(mean[f"{leaf}->{spine}"])


def test_links_between_switches_are_those_that_end_at_no_host():
    # Switch c has one neighbour alone, as hosts mostly have; host h1 is joined to two switches.
    source = ["h0", "h1", "h1", "a", "a", "a", "b", "b", "c"]
    target = ["a", "b", "a", "h0", "b", "c", "h1", "a", "a"]

    assert between_switches(source, target, ["h0", "h1"]).tolist() == [
        False, False, False, False, True, True, False, True, True
    ]  # fmt: skip


def test_a_network_without_links_between_switches_has_no_curve_of_loads(runs, tmp_path):
    class HostsAlone:
        def table(self, name):
            rows = runs["fabric"]["one"].table(name)
            if name == "hosts":
                return rows
            return rows.filter([node.startswith("h") for node in rows.column("src").to_pylist()])

    with page(tmp_path / "it.png") as (axes,):
        data = registry.lookup("figure", "link_loads").draw(axes, {"one": HostsAlone()})

    assert not len(data["load"])


def test_a_long_distribution_is_thinned_to_its_ranks():
    value, share = distribution(np.arange(100_000.0)[::-1], most=11)

    assert value.tolist() == [0, *(np.linspace(0, 99_999, 11).round()[1:].tolist())]
    assert share[-1] == 1
    assert share == pytest.approx((value + 1) / 100_000)


def test_nothing_finished_is_an_empty_curve():
    value, share = distribution(np.array([np.nan]))

    assert len(value) == len(share) == 0


@pytest.mark.parametrize("size", SIZES)
def test_a_map_of_gains_writes_its_numbers(size, tmp_path):
    with page(tmp_path / "it.png", size=SIZES[size]) as (axes,):
        gain_map(axes, np.array([[-0.2, 0.1], [-0.001, 0.05]]), [1, 1.25], [0, 2.2], "gain [%]")

    assert [text.get_text() for text in axes.texts] == ["-20", "+10", "0", "+5"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "2.2"]


def test_where_no_link_between_switches_is_looked_at_the_map_says_so(runs, tmp_path):
    ideal = netsim.run(runs["fabric"]["one"].scenario.resolve({"fidelity": "ideal", "record": {}}))
    with page(tmp_path / "it.png") as (axes,):
        data = registry.lookup("figure", "utilization_map").draw(axes, {"ideal": ideal})

    assert [text.get_text() for text in axes.texts] == ["no link between switches"]
    assert [len(column) for column in data.values()] == [0, 0, 0]


def test_a_map_of_workers_without_rounds_says_so(runs, tmp_path):
    class NoRounds:
        def table(self, name):
            return runs["stragglers"]["one"].table(name).slice(0, 0)

    with page(tmp_path / "it.png") as (axes,):
        data = registry.lookup("figure", "worker_map").draw(axes, {"one": NoRounds()})

    assert [text.get_text() for text in axes.texts] == ["no rounds with workers"]
    assert [len(column) for column in data.values()] == [0, 0, 0]
