"""Columns that packets carry only where somebody reads them: ways in, and what ports stamp."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.fabric.balancing.rps import RandomPacketSpraying
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import assemble, builder, fingerprint
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.packet import ingress_at, sent_at, seq_at, stamp_at, stamps_at
from netsim.fabric.queues import limited
from netsim.fabric.queues.queue import SlowPorts
from netsim.fabric.transports.fixed_window import FixedWindow
from netsim.fabric.transports.fixed_window import acknowledge as note_reply
from netsim.fabric.transports.transport import Numbers

X, D = 4160 * 80, 10**6
"""Service of a full packet at 100 Gb/s, and propagation (ps)."""
HOPS = 3
PARTS = (at.STAMPED_AT, at.BUSY_SO_FAR, at.WAITS_BEHIND)
REALS = 2 + HOPS * len(PARTS)


def knows_way_in(state, port, packet, now):
    link = ingress_at(state, packet)
    end = state.links[link * at.LINK + at.NODE] & at.LOW
    right = end == state.setup[port * at.SETUP + at.SOURCE_NODE]
    state.queue_reals[int(right)] += 1
    return limited.admit(state, port, packet, now)


class KnowsWayIn:
    """Owner of ports that look by which link a packet came."""

    @staticmethod
    def pack(config, network):
        return Numbers(whole=(1,), real=(0.0, 0.0))


WAYS_IN = SlowPorts(KnowsWayIn, {"admit": knows_way_in})


def reads_stamps(state, flow, packet, now):
    """Note the stamps on the last packet, and the longest queue behind one."""
    row = flow * REALS
    state.reals[row] = stamps_at(state, packet)
    for hop in range(stamps_at(state, packet)):
        behind = stamp_at(state, packet, hop, at.WAITS_BEHIND)
        state.reals[row + 1] = max(state.reals[row + 1], behind)
        if seq_at(state, packet) == 2:
            cell = row + 2 + hop
            state.reals[cell] = stamp_at(state, packet, hop, at.STAMPED_AT)
            state.reals[cell + HOPS] = stamp_at(state, packet, hop, at.BUSY_SO_FAR)
            state.reals[cell + 2 * HOPS] = behind
    note_reply(state, flow, packet, now)


class ReadsStamps(FixedWindow):
    """A window that reads what ports wrote on its packets."""

    reals = REALS
    acknowledge = staticmethod(reads_stamps)


def reads_times(state, flow, packet, now):
    state.reals[flow * REALS] = sent_at(state, packet)


@pytest.fixture
def stamped(monkeypatch):
    """Let `fixed_window` be one that reads stamps."""
    find = assemble.implementation

    def implementation(kind, *rest, **key):
        return ReadsStamps if kind == "transport" else find(kind, *rest, **key)

    monkeypatch.setattr(assemble, "implementation", implementation)


def test_a_queue_sees_by_which_link_each_packet_came(monkeypatch, make_fabric):
    monkeypatch.setattr(assemble, "slow_ports", lambda *_: WAYS_IN)
    with builder.in_python():
        fabric = make_fabric((2, 3, 2), "rps", "fixed_window", queue={"capacity": "15 kB"})
        fabric.submit(FlowBatch([0, 1, 3, 4], [5, 5, 0, 5], [30_000] * 4))
        fabric.env.run()

    wrong, right = fabric._store.state.queue_reals
    links = fabric.link_columns()
    assert fabric.flow_columns()["drops"].sum() > 0
    assert wrong == 0
    at_switches = np.char.find(links["src"], "host") < 0
    assert right == (links["packets"] + links["drops"])[at_switches].sum()


def test_a_reply_brings_back_what_the_ports_stamped(stamped, make_fabric):
    # Three packets one behind the other: the last one is sent at 2 X, and each of three switch
    # ports sends it X + D after the one before; by its end that port has been busy for 3 X.
    fabric = make_fabric((2, 1, 1), "rps", "fixed_window")
    fabric.transfer(0, 1, 3 * 4096)
    fabric.env.run()

    noted = fabric._store.state.reals[:REALS].tolist()
    times = [2 * X + hop * (X + D) for hop in (1, 2, 3)]
    assert noted == [HOPS, 0, *times, *[3 * X] * 3, 0, 0, 0]
    state = fabric._store.state
    width = int(state.fixed[at.STAMP_ROW])
    assert width == 1 + at.STAMP * HOPS
    assert len(state.stamps) == width * len(state.packets) // at.PACKET


def test_a_stamp_tells_what_waits_behind(stamped, make_fabric):
    # Two hosts send at the rate of the port they share: packet m leaves m - 1 behind.
    fabric = make_fabric((1, 3, 1), "rps", "fixed_window", window=20.0, queue={"capacity": "1 MB"})
    fabric.submit(FlowBatch([1, 2], [0, 0], [12 * 4096] * 2))
    fabric.env.run()

    longest = fabric._store.state.reals[1::REALS][:2]
    assert longest.max() == (12 - 1) * X


def test_packets_have_the_columns_that_somebody_reads_and_kernels_a_key_each(make_fabric):
    times = type("Times", (FixedWindow,), {"acknowledge": staticmethod(reads_times)})
    cases = {
        (): (FixedWindow, None),
        ("sent",): (times, None),
        ("ingress",): (FixedWindow, WAYS_IN),
        ("stamps",): (ReadsStamps, None),
        ("ingress", "stamps"): (ReadsStamps, WAYS_IN),
    }
    keys = set()
    for columns, (transport, slow) in cases.items():
        assert builder.columns_of(RandomPacketSpraying, transport, slow) == columns
        plugs = builder.plugs_of(RandomPacketSpraying, transport, slow, traced=False)
        keys.add(fingerprint.fingerprint(plugs))
        for _, option, _ in builder.COLUMNS:
            keys.add(fingerprint.fingerprint({**plugs, option: not plugs[option]}))

    assert len(keys) == len(cases) * (1 + len(builder.COLUMNS))
    state = make_fabric((2, 1, 1), "rps", "fixed_window")._store.state
    assert not any(len(getattr(state, column)) for *_, column in builder.COLUMNS)
