"""What the head of ``scenarios/fabric/incast_dctcp.yaml`` says of its two transports."""

from __future__ import annotations

import pytest

import netsim


@pytest.fixture(scope="module", params=["dctcp", "fixed_window"])
def run(request):
    overrides = {"transport.kind": request.param, "replications": 1}
    return netsim.run(netsim.load("fabric/incast_dctcp", overrides))


def test_dctcp_ends_soon_after_the_receivers_link_could_and_a_fixed_window_much_later(run):
    # 16 MB in 3,920 packets with 64 B of header take 1.3 ms at 100 Gb/s.
    least = (16 * 10**6 + 3920 * 64) * 80
    slower = run.runs[0]["makespan"] / least

    if run.scenario.model.transport.kind == "dctcp":
        assert 1 < slower < 1.2
    else:
        assert slower > 1.2


def test_the_receivers_link_stays_busy_under_dctcp_and_idles_in_turns_under_a_fixed_window(run):
    receiver = run.pandas("flows")["dst"][0]
    links = run.pandas("links")
    port = links[links["link"].astype(str).str.endswith(f"->host{receiver}")]
    # Until the last flow is in its last two hundred microseconds.
    port = port[port["t"] < run.runs[0]["makespan"] - 200_000_000]
    idle = (port["utilization"] < 0.25).tolist()
    phases = sum(now and not before for before, now in zip([False, *idle], idle, strict=False))

    if run.scenario.model.transport.kind == "dctcp":
        assert (phases, run.runs[0]["drops"] < 10) == (0, True)
    else:
        assert phases > 1
        assert run.runs[0]["drops"] > 1000
