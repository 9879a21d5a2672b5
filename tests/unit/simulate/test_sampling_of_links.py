"""Table `links`: what it holds, and that nothing else depends on whether it is recorded."""

from __future__ import annotations

import pytest

import netsim

SCENARIO = {
    "netsim": 1,
    "workload": "fabric",
    "topology": {"kind": "leaf_spine", "leaves": 2, "spines": 2, "hosts_per_leaf": 2},
    "traffic": [{"pattern": "incast", "fan_in": 3, "size": "64 kB"}],
}


def result(**more):
    """Return the scenario's run with further fields."""
    return netsim.run({**SCENARIO, **more})


@pytest.mark.parametrize("until", [None, "9 us", "1 ms"])
@pytest.mark.parametrize("every", ["700 ns", "1 s"])
def test_end_events_and_totals_of_a_run_do_not_depend_on_recorded_samples(until, every):
    record = {"tables": ["links"], "sample_every": every}

    plain, sampled = result(until=until), result(until=until, record=record)

    facts = [{**run.runs[0]} for run in (plain, sampled)]
    assert facts[0] == facts[1]
    for table in ("flows", "link_totals"):
        columns = [run.table(table).drop_columns(["point"]) for run in (plain, sampled)]
        assert columns[0].equals(columns[1])


@pytest.mark.parametrize("every", ["700 ns", "1 s"])
def test_samples_add_up_to_the_totals_and_the_last_one_stands_at_the_end(every):
    run = result(record={"tables": ["links"], "sample_every": every})
    samples, totals = run.pandas("links"), run.pandas("link_totals")

    last = samples[samples["t"] == samples["t"].max()]

    assert samples["t"].max() == run.runs[0]["t_end"]
    assert samples.groupby("index")["tx"].sum().tolist() == totals["tx"].tolist()
    assert last["queue_max"].tolist() == totals["queue_max"].tolist()
    assert last["rate"].tolist() == totals["rate"].tolist()
    assert last["up"].all()
    assert not samples.duplicated(["t", "index"]).any()


def test_a_span_of_rest_has_two_samples_however_long_it_is(tmp_path):
    # Two hosts at 10 Gb/s: 4064 B are through in 3.3 us a link; then nothing for an hour.
    (tmp_path / "two.yaml").write_text(
        "nodes: [{name: a, kind: host}, {name: b, kind: host}, {name: s, kind: switch}]\n"
        "links: [{a: a, b: s, rate: 10 Gbps, delay: 1 us}, "
        "{a: b, b: s, rate: 10 Gbps, delay: 1 us}]"
    )
    path = tmp_path / "case.yaml"
    path.write_text(
        "netsim: 1\nworkload: fabric\ntopology: {file: two.yaml}\nrouting: {policy: rps}\n"
        "transport: {kind: open_loop}\nrecord: {tables: [links], sample_every: 10 us}\n"
        "traffic: [{pattern: permutation, size: 4 kB}, "
        "{pattern: permutation, size: 4 kB, start: 1 h}]\n"
    )
    run = netsim.run(netsim.load(path))
    samples, hour = run.pandas("links"), 3600 * 10**12

    times = sorted(set(samples["t"]))
    busy = samples.groupby("t")["tx"].sum()

    assert times == [10_000_000, 20_000_000, hour, run.runs[0]["t_end"]]
    # 4 links carry the packet of 4000 + 64 B, twice.
    assert busy.tolist() == [4 * 4064, 0, 0, 4 * 4064]
    last = samples[samples["t"] == times[-1]]
    assert last["utilization"].tolist() == pytest.approx([4064 * 8e2 / (times[-1] - hour)] * 4)


def test_a_sample_at_the_very_end_is_not_written_twice():
    run = result(until="10 us", record={"tables": ["links"], "sample_every": "5 us"})

    assert sorted(set(run.pandas("links")["t"])) == [5_000_000, 10_000_000]
