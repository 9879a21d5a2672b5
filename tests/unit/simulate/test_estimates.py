"""What a run is said to cost against what it costs, and what is refused before it begins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import netsim
from netsim.errors import ScenarioError
from netsim.estimate import MOST_SAMPLES, estimate, refuse_too_large
from netsim.memory_limit import Allowed, allowed_memory
from netsim.resources import scenario_names

MILLION = {
    "random pairs": """
topology: {kind: leaf_spine, leaves: 8, spines: 4, hosts_per_leaf: 8}
routing: {policy: rps}
transport: {kind: open_loop}
traffic:
- {pattern: random_pairs, count: 1000000, load: 0.3, size: {dist: exponential, mean: 8 kB}}
""",
    "all to all": """
topology: {kind: leaf_spine, leaves: 32, spines: 8, hosts_per_leaf: 32}
traffic: [{pattern: all_to_all, size: 1 kB, step: 1 us}]
""",
    "incasts under dctcp": """
topology: {kind: leaf_spine, leaves: 16, spines: 4, hosts_per_leaf: 16}
routing: {policy: rps}
transport: {kind: dctcp, dup_threshold: 0}
traffic:
- {pattern: random_pairs, count: 1000000, rate: 30 MHz, size: {dist: constant, size: 4 kB}}
""",
}
NETWORK = """
topology: {kind: leaf_spine, leaves: 4, spines: 2, hosts_per_leaf: 4}
"""
#: A process that runs a scenario in memory and prints its peak memory and packet-hops.
MEASURE = """
import sys, netsim
result = netsim.run(netsim.load(sys.argv[1], {"replications": 1}), out=sys.argv[2])
# The peak of this program alone, without that of the process that started it.
status = open("/proc/self/status").read()
peak = 1024 * int(status.partition("VmHWM:")[2].split()[0])
print(peak, result.runs[0].get("packet_hops"))
"""


@pytest.fixture
def fabric(tmp_path):
    """Return a function that loads a scenario of family fabric."""

    def load(text, **overrides):
        path = tmp_path / "some.yaml"
        path.write_text("netsim: 1\nworkload: fabric\n" + text)
        return netsim.load(path, overrides)

    return load


def measured(scenario, out):
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(scenario), str(out)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    peak, hops = ran.stdout.split()
    return int(peak), None if hops == "None" else int(hops)


def compare(path, out):
    """Assert that the estimate of the scenario in `path` is within a factor of two of a run."""
    cost = estimate(netsim.load(path, {"replications": 1}))
    peak, hops = measured(path, out)

    assert 0.5 <= cost.peak / peak <= 2
    if hops is not None:
        assert 0.5 <= cost.packet_hops / hops <= 2


@pytest.mark.parametrize("name", ["quickstart", "fabric/incast_dctcp", "stragglers/asynchronous"])
def test_memory_and_packet_hops_of_a_few_scenarios_are_within_a_factor_of_two(name, tmp_path):
    compare(name, tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("name", scenario_names())
def test_memory_and_packet_hops_of_every_shipped_scenario_are_within_a_factor_of_two(
    name, tmp_path
):
    compare(name, tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("name", MILLION)
def test_memory_and_packet_hops_of_a_million_flows_are_within_a_factor_of_two(name, tmp_path):
    path = tmp_path / "million.yaml"
    path.write_text("netsim: 1\nworkload: fabric\n" + MILLION[name])

    compare(path, tmp_path / "out")


def test_packet_hops_of_fixed_flows_follow_from_sizes_and_ways(fabric):
    # 15 flows of 3 packets, of each host 3 of 15 others on its leaf: 2 links, else 4.
    sizes = "traffic: [{pattern: incast, fan_in: 15, size: 10 kB}]"
    cost = estimate(fabric(NETWORK + sizes))

    assert cost.flows == 15
    assert cost.packet_hops == pytest.approx(15 * 3 * (4 - 2 * 3 / 15))


def test_a_run_that_ends_early_is_charged_what_links_carry_until_then(fabric):
    # 16 hosts at 100 Gb/s carry 16 x 12.5 kB in 1 us: at 4096 + 64 B, 48.07 packets.
    text = NETWORK + "traffic: [{pattern: all_to_all, size: 409600 B}]\nuntil: 1 us\n"
    cost = estimate(fabric(text))

    across = 4 - 2 * 3 / 15
    assert cost.packet_hops == pytest.approx(16 * 12_500 / 4160 * across, rel=1e-6)


def test_nothing_is_drawn_for_an_estimate_of_very_many_flows(fabric):
    text = NETWORK + (
        "traffic: [{pattern: random_pairs, count: 100000000, load: 0.3, "
        "size: {dist: lognormal, median: 1 kB, sigma: 1}}]\n"
    )

    cost = estimate(fabric(text))

    assert cost.flows == 10**8
    with pytest.raises(ScenarioError, match=r"GB of memory, most of it for traffic\[0\]\.count"):
        refuse_too_large(fabric(text), cost, Allowed(8 * 10**9, "a test"))


def test_a_run_beyond_the_allowed_memory_names_the_field_and_the_limit(fabric):
    scenario = fabric(NETWORK + "traffic: [{pattern: permutation, size: 1 MB}]")

    refuse_too_large(scenario, allowed=Allowed(10**9, "a test"))
    with pytest.raises(ScenarioError, match=r"this process may use 50 MB \(a test\)"):
        refuse_too_large(scenario, allowed=Allowed(50 * 10**6, "a test"))


def test_samples_beyond_ten_million_are_refused_and_the_interval_is_named(fabric):
    # 3 flows of 1 GB to one host at 100 Gb/s take 0.24 s and some headers: 2.4e8 ns.
    text = NETWORK + "traffic: [{pattern: incast, fan_in: 3, size: 1 GB}]\n"
    record = "record: {tables: [links], sample_every: %s}\n"

    few, many = (fabric(text + record % every) for every in ("100 ns", "10 ns"))

    assert estimate(few).samples == pytest.approx(2.4e6, rel=0.05)
    refuse_too_large(few, allowed=Allowed(10**12, "a test"))
    assert estimate(many).samples > MOST_SAMPLES
    with pytest.raises(ScenarioError, match=r"samples are too many \(record\.sample_every\)"):
        netsim.run(many)


def test_a_refusal_stands_at_the_field_that_it_names(fabric):
    text = NETWORK + "traffic: [{pattern: incast, fan_in: 3, size: 1 GB}]\n"
    scenario = fabric(text + "record: {tables: [links], sample_every: 10 ns}\n")

    # Two lines of the head, an empty one, topology, traffic, and in the sixth the interval.
    with pytest.raises(ScenarioError, match=r"some\.yaml:6:41: error\[unsatisfiable\]"):
        refuse_too_large(scenario)


def test_the_largest_code_that_rounds_may_choose_is_what_they_are_charged_for(tmp_path):
    path = tmp_path / "coded.yaml"
    path.write_text(
        "netsim: 1\nworkload: stragglers\nworkers: 4096\njobs: 2\n"
        "code: {scheme: adaptive_gc}\n"
        "delays: {kind: independent, law: {dist: exponential, mean: 1 s}}\n"
    )
    any_s, few = (netsim.load(path, {"code.most": most}) for most in (None, 3))

    # A band of n rows and s+1 columns is held, 8 bytes a number.
    assert estimate(any_s).peak > 8 * 4096**2
    refuse_too_large(few, allowed=Allowed(200 * 10**6, "a test"))
    with pytest.raises(ScenarioError, match=r"coded\.yaml:5:1.* most of it for code\.most"):
        refuse_too_large(netsim.load(path), allowed=Allowed(200 * 10**6, "a test"))


def test_rest_between_flows_takes_no_samples(fabric):
    text = (
        NETWORK + "record: {tables: [links], sample_every: 10 us}\ntraffic:\n"
        "- {pattern: permutation, size: 4 kB}\n- {pattern: permutation, size: 4 kB, start: 1 h}\n"
    )

    assert estimate(fabric(text)).samples < 10


@pytest.mark.parametrize(
    ("line", "file", "limit"),
    [
        ("0::/a/b", "a/b/memory.max", 5_000_000),
        ("0::/a/b", "a/memory.max", 5_000_000),
        ("0::/", "memory.max", 5_000_000),
        ("4:memory:/a", "memory/a/memory.limit_in_bytes", 5_000_000),
        ("4:cpu,memory:/a", "memory/memory.limit_in_bytes", 5_000_000),
    ],
)
def test_the_limit_of_a_control_group_counts_at_every_level(tmp_path, line, file, limit):
    groups, mounted = tmp_path / "cgroup", tmp_path / "mounted"
    groups.write_text(f"9:cpuset:/elsewhere\n{line}\n")
    path = mounted / file
    path.parent.mkdir(parents=True)
    path.write_text(f"{limit}\n")

    found = allowed_memory(groups, mounted)

    assert found.size == limit
    assert str(path) in found.source


@pytest.mark.parametrize("text", ["max", str(2**63 - 4096)])
def test_a_control_group_without_limit_leaves_what_the_machine_has(tmp_path, text):
    groups, mounted = tmp_path / "cgroup", tmp_path / "mounted"
    groups.write_text("0::/\n4:memory:/\n")
    (mounted / "memory").mkdir(parents=True)
    (mounted / "memory.max").write_text(text)
    (mounted / "memory/memory.limit_in_bytes").write_text(text)

    found = allowed_memory(groups, mounted)

    assert "control group" not in found.source
    assert 10**8 < found.size < 1 << 60


def test_the_limit_of_the_address_space_counts_where_it_is_the_least(tmp_path):
    program = (
        "import resource; from pathlib import Path; from netsim.memory_limit import allowed_memory;"
        "resource.setrlimit(resource.RLIMIT_AS, (3 * 10**9, resource.RLIM_INFINITY));"
        "print(allowed_memory(Path('/nowhere')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path.cwd(), check=True
    )

    assert "size=3000000000" in ran.stdout
    assert "ulimit -v" in ran.stdout


def test_limits_of_control_groups_are_read_once_in_a_process(tmp_path):
    groups, mounted = tmp_path / "cgroup", tmp_path / "mounted"
    groups.write_text("0::/\n")
    mounted.mkdir()
    (mounted / "memory.max").write_text("5000000")
    before = allowed_memory(groups, mounted)
    (mounted / "memory.max").unlink()

    assert allowed_memory(groups, mounted) == before
