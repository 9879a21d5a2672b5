"""Open-loop cases whose results follow from D_i = max(A_i, D_(i-1)) + x_i alone, to the picosecond.

The expected numbers were computed by three independent programs (vectorised, event-driven, and one
from the written rules only) which agree on every flow.
"""

from __future__ import annotations

import numpy as np
import pytest

from netsim.fabric.batch import FlowBatch
from netsim.fabric.flows import Flows

SLOW_UPLINK = {"overrides": ({"link": "leaf0->spine0", "rate": "25 Gbps"},)}
FLOWS = {
    "A": [(0, 63, 2_000_000, 0)],
    "B": [(i, (i + 8) % 64, 2_000_000, i * 1000) for i in range(64)],
    "D": [(i, (i + 16) % 64, 1_000_000, i * 1000) for i in range(64)],
    "E": [(8 + 7 * i, 3, 262_144, i * 1000) for i in range(8)],
    "F": [(i, (i + r) % 16, 262_144, i * 1000 + r) for r in range(1, 16) for i in range(16)],
}
FLOWS["C"] = FLOWS["B"]
SHAPES = {"D": (4, 16, 4), "F": (4, 4, 4)}

# case, rule, makespan, sum of fct, largest fct, largest wait up / down / to host, packets out of
# order, largest distance
CASES = [
    ("A", "stripe", 167502080, 167502080, 167502080, 0, 0, 97280, 2, 2),
    ("B", "stripe", 167565080, 10720357120, 167509080, 242520, 235520, 235520, 0, 0),
    ("B", "square", 654834600, 31501356800, 654771600, 487740560, 235520, 138240, 0, 0),
    ("B", "modulo", 167565080, 10720133120, 167502080, 235520, 235520, 235520, 0, 0),
    ("C", "stripe", 654624000, 14589239360, 654623000, 487454720, 235520, 568320, 488, 366),
    ("C", "square", 1304556800, 33450499840, 1304552800, 1137465440, 235520, 138240, 0, 0),
    ("C", "modulo", 654721280, 11207352320, 654721280, 487454720, 235520, 235520, 0, 0),
    ("D", "stripe", 329913400, 21099750400, 329853400, 244032800, 281600, 131000, 0, 0),
    ("D", "modulo", 329913400, 21099750400, 329850400, None, None, None, 0, 0),
    ("D", "square", 654801000, 41892211200, 654738000, 569048400, 281600, 0, 0, 0),
    ("E", "stripe", 175392000, 1393789600, 175385000, 1000, 6000, 149087400, 0, 0),
    ("E", "square", 175392000, 1227389600, 175385000, 0, 63891600, 85195800, 0, 0),
    ("F", "stripe", 324501401, 42062126320, 324500386, 3000, 12000, 2679600, 0, 0),
    ("F", "square", 537493401, 64985961520, 537489386, 212994000, 12000, 31949800, 0, 0),
]


def largest_waits(fabric):
    links = fabric.link_columns()
    into_spine = np.char.startswith(links["dst"], "spine")
    from_spine = np.char.startswith(links["src"], "spine")
    into_host = np.char.startswith(links["dst"], "host")
    return [int(links["wait_max"][tier].max()) for tier in (into_spine, from_spine, into_host)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_the_case_is_exact_to_the_picosecond(make_fabric, case):
    name, rule, makespan, total, largest, up, down, host, disordered, distance = case
    shape = SHAPES.get(name, (8, 8, 8))
    src, dst, size, start = (np.array(column) for column in zip(*FLOWS[name], strict=True))
    index = np.arange(len(src))
    spine = {"stripe": None, "square": index * index, "modulo": index}[rule]
    fabric = make_fabric(
        shape,
        "stripe" if spine is None else "single",
        topology=SLOW_UPLINK if name == "C" else None,
    )
    flows = Flows(src, dst, size, start, None if spine is None else spine % shape[2])

    fabric.submit(FlowBatch.of(flows, None if spine is None else fabric.network))
    fabric.env.run()

    columns = fabric.flow_columns()
    fct = columns["end_rx"] - columns["start"]
    assert (columns["end_rx"].max(), fct.sum(), fct.max()) == (makespan, total, largest)
    if up is not None:
        assert largest_waits(fabric) == [up, down, host]
    assert columns["out_of_order"].sum() == disordered
    assert columns["max_reorder"].max() == distance
    assert fabric.env.now == makespan


def test_flows_on_parallel_links_of_one_bundle_do_not_meet(make_fabric):
    # Each is alone on its way over four links: tx(all) + 3 x + 4 d, as a lone flow takes.
    fabric = make_fabric((2, 2, 1), "single", topology={"bundle": 2})
    ways = tuple(
        (f"host{i}", "leaf0", f"spine0#{i}", f"leaf1#{i}", f"host{2 + i}") for i in range(2)
    )
    every = np.arange(2)
    flows = Flows(every, every + 2, np.full(2, 3_000_000), np.zeros(2, int), path=ways)

    fabric.submit(FlowBatch.of(flows, fabric.network))
    fabric.env.run()

    fct = 80 * (3_000_000 + 733 * 64) + 3 * 80 * 4160 + 4 * 1_000_000
    assert fabric.flow_columns()["end_rx"].tolist() == [fct, fct]
    packets = dict(zip(fabric.network.link_names, fabric.link_columns()["packets"], strict=True))
    assert [packets[f"leaf0->spine0#{i}"] for i in range(2)] == [733, 733]


def test_a_lone_flow_takes_the_textbook_time_at_receiver_and_sender(make_fabric):
    # tx(all) + 3 x + 4 d there, 4 (64 B + d) back; 80 ps per byte, 489 packets with 64 B headers.
    fct = 80 * (2_000_000 + 489 * 64) + 3 * 80 * 4160 + 4 * 1_000_000
    acknowledged = fct + 4 * 80 * 64 + 4 * 1_000_000
    fabric = make_fabric((8, 8, 8), "ecmp", "fixed_window", window=10.0)

    fabric.transfer(0, 63, 2_000_000)
    fabric.env.run()

    columns = fabric.flow_columns()
    assert (columns["end_rx"][0], columns["end_tx"][0]) == (fct, acknowledged)
    assert fct == 167_502_080
    assert acknowledged == 171_522_560
