"""The reference itself against the exact open-loop cases and the textbook time of one flow."""

from __future__ import annotations

import pytest
from reference.fabric import OpenLoop, Simulator, Single, Stripe, leaf_spine

MICROSECOND = 10**6


def shifted(hosts, by, size):
    return [(i, (i + by) % hosts, size, 1000 * i) for i in range(hosts)]


A = [(0, 63, 2_000_000, 0)]
B = shifted(64, 8, 2_000_000)
D = shifted(64, 16, 1_000_000)
E = [(8 + 7 * i, 3, 262144, 1000 * i) for i in range(8)]
F = [(i, (i + r) % 16, 262144, 1000 * i + r) for r in range(1, 16) for i in range(16)]
BIG, WIDE, SMALL = (8, 8, 8), (4, 16, 4), (4, 4, 4)
SLOW = (64, 72, 25 * 10**9)
"""leaf0 -> spine0 of the network of 8 leaves, 8 hosts each and 8 spines."""

# (name, shape, flows, slow links, rule,
#  makespan, sum of fct, longest fct, (longest wait up, down, host), out of order, distance)
CASES = [
    ("A", BIG, A, (), "stripe", 167502080, 167502080, 167502080, (0, 0, 97280), 2, 2),
    ("B", BIG, B, (), "stripe", 167565080, 10720357120, 167509080, (242520, 235520, 235520), 0, 0),
    (
        *("B", BIG, B, (), "square", 654834600, 31501356800, 654771600),
        *((487740560, 235520, 138240), 0, 0),
    ),
    ("B", BIG, B, (), "modulo", 167565080, 10720133120, 167502080, (235520, 235520, 235520), 0, 0),
    (
        *("C", BIG, B, (SLOW,), "stripe", 654624000, 14589239360, 654623000),
        *((487454720, 235520, 568320), 488, 366),
    ),
    (
        *("C", BIG, B, (SLOW,), "square", 1304556800, 33450499840, 1304552800),
        *((1137465440, 235520, 138240), 0, 0),
    ),
    (
        *("C", BIG, B, (SLOW,), "modulo", 654721280, 11207352320, 654721280),
        *((487454720, 235520, 235520), 0, 0),
    ),
    (
        *("D", WIDE, D, (), "stripe", 329913400, 21099750400, 329853400),
        *((244032800, 281600, 131000), 0, 0),
    ),
    # Each uplink carries four flows in turn, so four full packets and then four short ones (640 B)
    # end it, and the downlink keeps that order. At the fourth host the short packet comes four
    # short services behind its full predecessor: it waits 332800 - 4 x 51200 = 128000.
    (
        *("D", WIDE, D, (), "modulo", 329913400, 21099750400, 329850400),
        *((244032800, 281600, 128000), 0, 0),
    ),
    (
        *("D", WIDE, D, (), "square", 654801000, 41892211200, 654738000),
        *((569048400, 281600, 0), 0, 0),
    ),
    ("E", BIG, E, (), "stripe", 175392000, 1393789600, 175385000, (1000, 6000, 149087400), 0, 0),
    ("E", BIG, E, (), "square", 175392000, 1227389600, 175385000, (0, 63891600, 85195800), 0, 0),
    (
        *("F", SMALL, F, (), "stripe", 324501401, 42062126320, 324500386),
        *((3000, 12000, 2679600), 0, 0),
    ),
    (
        *("F", SMALL, F, (), "square", 537493401, 64985961520, 537489386),
        *((212994000, 12000, 31949800), 0, 0),
    ),
]


def simulate(shape, flows, slow, rule):
    leaves, hosts, spines = shape
    net = leaf_spine(leaves, hosts, spines, slow=slow)
    simulator = Simulator(net, flows, Stripe() if rule == "stripe" else Single(), OpenLoop())
    if rule != "stripe":
        for flow in simulator.flows:
            spine = flow.number * (flow.number if rule == "square" else 1) % spines
            ends = (net.hosts + flow.src // hosts, net.hosts + flow.dst // hosts)
            flow.path = simulator.routes.paths(*ends)[spine if ends[0] != ends[1] else 0]
    return simulator.run()


def tiers(simulator, shape):
    first_spine = simulator.net.hosts + shape[0]
    waits = [0, 0, 0]
    for link in simulator.net.links:
        tier = 0 if link.target >= first_spine else 1 if link.source >= first_spine else 2
        if link.source >= simulator.net.hosts:
            waits[tier] = max(waits[tier], link.wait_max)
    return tuple(waits)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[4]}")
def test_every_exact_open_loop_case_comes_out_to_the_picosecond(case):
    _, shape, flows, slow, rule, makespan, total, longest, waits, disorder, distance = case

    simulator = simulate(shape, flows, slow, rule)

    fct = [flow.end_rx - flow.start for flow in simulator.flows]
    assert max(flow.end_rx for flow in simulator.flows) == makespan
    assert sum(fct) == total
    assert max(fct) == longest
    assert tiers(simulator, shape) == waits
    assert sum(flow.out_of_order for flow in simulator.flows) == disorder
    assert max(flow.max_reorder for flow in simulator.flows) == distance


@pytest.mark.parametrize("dst", [1, 63])
@pytest.mark.parametrize("size", [1, 4096, 4097, 2_000_000])
def test_one_flow_takes_the_textbook_time(dst, size):
    packets = -(-size // 4096)
    last = size - (packets - 1) * 4096 + 64
    hops = 2 if dst == 1 else 4
    full, short = 80 * 4160, 80 * last
    # k stores of the last packet; behind full ones it waits for its predecessor at each hop.
    expected = (packets - 1) * full + short + (hops - 1) * (full if packets > 1 else short)
    expected += hops * MICROSECOND

    net = leaf_spine(8, 8, 8)
    simulator = Simulator(net, [(0, dst, size, 0)], Single(), OpenLoop())
    ends = (net.hosts, net.hosts + dst // 8)
    simulator.flows[0].path = simulator.routes.paths(*ends)[0]
    simulator.run()

    assert simulator.flows[0].end_rx == expected
    assert simulator.packet_hops == hops * packets
