"""Ports that act: in one class they are plain ports; control comes first; marks on the way out."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.errors import SimulationError
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import builder, fingerprint
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.waiting import unsent_at
from netsim.fabric.queues import limited
from netsim.fabric.queues.drop_tail import DropTail
from netsim.fabric.queues.queue import SlowPorts, slow_ports
from netsim.fabric.transports.transport import Numbers

HERE = __file__
PACKET = 4160 * 80
"""Service of a full packet at 100 Gb/s (ps)."""
ACK = 64 * 80
QUEUE = {"capacity": "20 kB", "ecn": {"kmin": "6 kB", "kmax": "15 kB", "pmax": 0.7}}


def sent(state, port, packet, now):
    """Check that a packet is told of when it has been sent, and count it."""
    state.queue_reals[0] += now - state.links[port * at.LINK + at.FREE_AT]
    state.queue_reals[1] += 1


class InOrder:
    """Owner of ports that do what plain ones do, whose numbers begin as marks on the way in."""

    @staticmethod
    def pack(config, network):
        return Numbers(whole=(1,), real=(0.0, 0.0))


def in_order(*, told):
    """Return slow ports that do what plain ones do; `told` ones hear of each end of a sending."""
    left = {"left": sent} if told else {}
    return SlowPorts(InOrder, {"admit": limited.admit, **left})


@pytest.fixture
def acting(monkeypatch):
    """Return a function that lets queues act as `chosen` says."""

    def act(chosen):
        monkeypatch.setattr("netsim.fabric.kernel.assemble.slow_ports", lambda *_: chosen)

    return act


def contended(make_fabric, queue=QUEUE, **options):
    """Let 40 flows of many sizes contend, with timeouts; return what is seen, also on the way."""
    fabric = make_fabric((3, 3, 2), "rps", "fixed_window", queue=queue, rto="60 us", **options)
    draws = np.random.default_rng(3)
    src = draws.integers(9, size=40)
    dst = (src + 1 + draws.integers(8, size=40)) % 9
    fabric.submit(
        FlowBatch(src, dst, draws.integers(1, 90_000, 40), draws.integers(10**6, size=40))
    )
    seen = []

    def look(now):
        links = fabric.sample_links()
        seen.append([now, *(links[name].tolist() for name in ("queue", "tx", "utilization"))])

    fabric.env.probe(777_777, look)
    fabric.env.run()
    return fabric, seen


def columns(fabric):
    tables = {**fabric.flow_columns(), **{f"l_{k}": v for k, v in fabric.link_columns().items()}}
    return {name: np.ma.filled(column, -1).tolist() for name, column in tables.items()}


@pytest.mark.parametrize("told", [False, True])
def test_one_class_in_order_is_a_plain_port_at_every_instant(make_fabric, acting, told):
    plain, seen = contended(make_fabric)
    acting(in_order(told=told))
    slow, seen_too = contended(make_fabric)

    assert plain.flow_columns()["drops"].sum() > 0
    assert plain.link_columns()["ecn_marks"].sum() > 0
    assert columns(slow) == columns(plain)
    assert seen_too == seen
    assert slow.now == plain.now


def test_a_queue_is_told_of_every_packet_when_it_has_been_sent(make_fabric, acting):
    acting(in_order(told=True))
    fabric, _ = contended(make_fabric)

    late, count = fabric._store.state.queue_reals
    links = fabric.link_columns()
    switches = np.char.find(links["src"], "host") < 0
    assert late == 0
    assert count == links["packets"][switches].sum()


def narrower(by):
    def change(state):
        for width in (at.FREE_WIDTH, at.MERGED_WIDTH):
            state.fixed[width] = max(1, state.fixed[width] // by)

    return change


@pytest.mark.parametrize("kind", ["strict", "in order of time"])
@pytest.mark.parametrize("variant", ["W/7", "1 ps", "calls of one event", "rings of one"])
def test_windows_calls_and_rings_change_nothing(make_fabric, acting, monkeypatch, kind, variant):
    queue = {**QUEUE, "classes": "strict"} if kind == "strict" else QUEUE
    if kind != "strict":
        acting(in_order(told=True))
    usual, seen = contended(make_fabric, queue)
    options = {}
    if variant == "rings of one":
        monkeypatch.setattr("netsim.fabric.kernel.layout.FIRST_ROWS", 1)
        monkeypatch.setattr("netsim.fabric.kernel.layout.FIRST_WAITING", 1)
    elif variant == "calls of one event":
        options["slice_events"] = 1
    else:
        change = narrower(7 if variant == "W/7" else 10**9)
        make_fabric = changed(make_fabric, change)
    other, seen_too = contended(make_fabric, queue, **options)

    assert columns(other) == columns(usual)
    assert seen_too == seen


def changed(make_fabric, change):
    """Return `make_fabric`, whose fabrics' arrays are changed before they begin."""

    def make(*arguments, **options):
        fabric = make_fabric(*arguments, **options)
        change(fabric._store.state)
        return fabric

    return make


@pytest.mark.parametrize("classes", ["strict", None])
def test_a_lone_acknowledgement_waits_for_one_data_packet_at_most(make_fabric, classes):
    # Three hosts fill the port to host 0, which sends one packet to host 7. The acknowledgement
    # comes back over three switch ports: without waiting it takes 4 services and 4 us.
    queue = {"capacity": "1 MB", "classes": classes}
    fabric = make_fabric((2, 4, 2), "rps", "fixed_window", queue=queue)
    senders = [1, 2, 3, 4, 5]
    fabric.submit(FlowBatch(senders, [0] * 5, [2_000_000] * 5))
    fabric.submit(FlowBatch([0] * 20, [7] * 20, [4096] * 20, np.arange(1, 21) * 10_000_000))
    fabric.env.run()

    columns = fabric.flow_columns()
    back = (columns["end_tx"] - columns["end_rx"])[5:]
    least, most = 4 * (ACK + 10**6), 4 * (ACK + 10**6) + 3 * PACKET
    assert (back >= least).all()
    assert (back.max() <= most) == (classes == "strict")
    assert back.max() > least


@pytest.mark.parametrize("threshold", [0, 3, 7])
def test_marks_on_the_way_out_follow_from_what_waits_behind(make_fabric, threshold):
    # Two hosts send 20 packets each into one port, at its rate: m services after the first one 2 m
    # packets have come and m are sent, so packet m leaves m - 1 behind, at the end 39 - m.
    ecn = {"kmin": f"{4160 * threshold} B", "mark": "dequeue"}
    fabric = make_fabric((1, 3, 1), "stripe", "open_loop", queue={"capacity": "1 MB", "ecn": ecn})

    fabric.submit(FlowBatch([1, 2], [0, 0], [20 * 4096] * 2))
    fabric.env.run()

    behind = [0, *(min(m - 1, 39 - m) for m in range(1, 40))]
    expected = sum(packets > threshold for packets in behind)
    assert fabric.link_columns()["ecn_marks"].sum() == expected > 0


def beyond(state, port, packet, now):
    return 1


def below(state, port, packet, now):
    return -2


def empty_class(state, port):
    return 1


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        ({"admit": beyond}, "'admit' of InOrder answered the class 1 at leaf"),
        ({"admit": below}, "'admit' of InOrder answered the class -2 at leaf"),
        ({"pick": empty_class}, "'pick' of InOrder answered the class 1 at leaf"),
    ],
)
def test_a_class_that_is_none_is_an_error_at_the_line_of_the_hook(
    monkeypatch, make_fabric, acting, hooks, said
):
    acting(SlowPorts(InOrder, {"admit": limited.admit, **hooks}))
    monkeypatch.setattr(builder, "build", builder.interpreted)
    fabric = make_fabric((2, 3, 1), "stripe", "open_loop", queue={"capacity": "1 MB"})
    fabric.submit(FlowBatch([0, 1, 3], [4, 4, 4], [40_000] * 3))

    with pytest.raises(SimulationError) as caught, np.errstate(over="ignore"):
        fabric.env.run()

    (hook,) = hooks.values()
    assert str(caught.value).startswith(f"{HERE}:{hook.__code__.co_firstlineno}:1: {said}")


def test_a_policy_sees_what_waits_at_ports_that_act(make_fabric):
    fabric = make_fabric((1, 3, 1), "stripe", "open_loop", queue={"classes": "strict"})
    fabric.submit(FlowBatch([1, 2], [0, 0], [20 * 4096] * 2))
    looks = []
    link = int(fabric.network.host_downlink[0])
    port = int(fabric._parts.layout.link[link])

    def look(now):
        told = unsent_in_kernel(fabric, port, now)
        looks.append((told, float(fabric.sample_links(now)["queue"][link]) * 80))

    fabric.env.probe(PACKET, look)
    fabric.env.run()

    assert max(told for told, _ in looks) > 10 * PACKET
    assert [told for told, _ in looks] == [seen for _, seen in looks]


def unsent_in_kernel(fabric, port, now):
    """Return `unsent_at` of the fabric's own kernel, in plain Python."""
    from netsim.fabric.kernel.compile import Linker

    parts = fabric._parts
    plugs = builder.plugs_of(parts.policy, parts.protocol, parts.slow, traced=False)
    return Linker(plugs).entry(unsent_at)(fabric._store.state, port, now)


def test_what_ports_do_is_part_of_the_key_of_the_kernel():
    def key(slow):
        from netsim.fabric.balancing.rps import RandomPacketSpraying
        from netsim.fabric.transports.fixed_window import FixedWindow

        plugs = builder.plugs_of(RandomPacketSpraying, FixedWindow, slow, traced=False)
        return fingerprint.fingerprint(plugs)

    def block(**fields):
        return slow_ports(DropTail, DropTail.Config(**fields))

    ecn = {"kmin": "10 kB", "mark": "dequeue"}
    kinds = [
        block(),
        block(classes="strict"),
        block(ecn=ecn),
        block(classes="strict", ecn=ecn),
        in_order(told=False),
        in_order(told=True),
        SlowPorts(DropTail, {"admit": limited.admit}, 2),
    ]
    assert block() is None
    assert len({key(kind) for kind in kinds}) == len(kinds)
