"""The structures that tell what comes next, against plain sorted containers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.agenda import due_at, enter, first_due, next_due, strike
from netsim.fabric.kernel.arrivals import BUCKETS, PARTS, arrange
from netsim.fabric.kernel.label import label_of
from netsim.fabric.kernel.layout import trees
from netsim.fabric.kernel.merge import disperse, gather, next_time, place, winner
from netsim.fabric.kernel.minima import HOST_TREE, SWITCH_TREE, lower_leaf, replace, root
from netsim.fabric.kernel.state import State

FLOWS = 12


def empty_state(hosts, switches=1):
    """Return the parts of a kernel's state that these structures live in."""
    tree, levels = trees(hosts, switches)
    fixed = np.zeros(at.FIXED, np.int64)
    fixed[at.LEVELS : at.LEVELS + len(levels)] = levels
    fixed[at.HOSTS] = hosts
    leaves = 1 << max(1, (hosts - 1).bit_length())
    fixed[at.ORDER_LEAVES] = leaves
    clock = np.zeros(at.CLOCK, np.int64)
    clock[at.TURN] = -1
    rows = np.zeros((hosts + 1, at.HOST), np.int64)
    rows[:, at.NIC_AT] = at.NEVER
    # Every flow goes from host 0 to another: one to its own host would be a calculation.
    flows = np.zeros((FLOWS, at.FLOW), np.int64)
    flows[:, at.ENDS] = 1 << at.HIGH
    flows[:, at.IDENTITY] = np.arange(FLOWS)
    arrays = dict.fromkeys(State._fields)
    arrays |= {
        "clock": clock,
        "fixed": fixed,
        "tree": tree,
        "order": np.full(2 * leaves, at.NEVER, np.int64),
        "hosts": rows.reshape(-1),
        "heads": np.full(hosts, at.NEVER, np.int64),
        "flows": flows.reshape(-1),
        "due": np.zeros(FLOWS * at.DUE, np.int64),
    }
    return State(**arrays)


moves = st.lists(
    st.tuples(st.integers(0, FLOWS - 1), st.integers(1, 6), st.booleans()), max_size=120
)


@given(moves)
def test_an_agenda_has_starts_before_timers_and_both_by_flow_whatever_is_struck_off(moves):
    state = empty_state(1)
    known = {}
    for flow, time, timed in moves:
        if flow in known:
            assert strike(state, flow)
            assert not strike(state, flow)
            del known[flow]
        else:
            state.flows[flow * at.FLOW + (at.TIMER if timed else at.START)] = time
            state.flows[flow * at.FLOW + (at.START if timed else at.TIMER)] = 0
            enter(state, flow)
            known[flow] = time, timed, flow

        first = min(known.values(), default=None)
        assert first_due(state, 0) == (first[2] if first else -1)
        assert next_due(state, 0) == (first[0] if first else at.NEVER)

    left = []
    while first_due(state, 0) >= 0:
        flow = first_due(state, 0)
        left.append((due_at(state, flow), known[flow][1], flow))
        strike(state, flow)
    assert left == sorted(known.values())


@given(st.lists(st.tuples(st.integers(0, 599), st.integers(0, 9)), max_size=80))
def test_a_tree_of_minima_has_the_least_leaf_at_its_root(moves):
    state = empty_state(600)
    times = {}
    for leaf, time in moves:
        if time < times.get(leaf, at.NEVER):
            lower_leaf(state, HOST_TREE, leaf, time)
        else:
            replace(state, HOST_TREE, leaf, time)
        times[leaf] = time

        assert root(state, HOST_TREE) == min(times.values())
    assert root(state, SWITCH_TREE) == at.NEVER


@pytest.mark.parametrize("nodes", [1, 8, 9, 513, 4097])
def test_every_leaf_of_a_tree_has_its_way_to_the_root(nodes):
    state = empty_state(nodes)

    for leaf in {0, nodes // 2, nodes - 1}:
        replace(state, HOST_TREE, leaf, leaf + 1)
        assert root(state, HOST_TREE) == leaf + 1
        replace(state, HOST_TREE, leaf, at.NEVER)
        assert root(state, HOST_TREE) == at.NEVER


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), min_size=1, max_size=40))
def test_merged_hosts_come_by_time_and_arrivals_before_nics(events):
    # Event (time, n): a packet arrives at host n, or for n from 50 on the NIC of host n - 50 sends.
    state = empty_state(50)
    times = {}
    for time, n in events:
        if n in times:
            continue
        times[n] = time
        if n < 50:
            state.heads[n] = time
        else:
            state.hosts[(n - 50) * at.HOST + at.NIC_AT] = time
        replace(state, HOST_TREE, n % 50, next_time(state, n % 50))
    state.clock[at.MERGE_TO] = 8
    gather(state)

    seen = []
    while state.order[1] != at.NEVER:
        host = winner(state)
        time = next_time(state, host)
        if state.heads[host] == time:
            seen.append((time, 0, host))
            state.heads[host] = at.NEVER
        else:
            seen.append((time, 1, host))
            state.hosts[host * at.HOST + at.NIC_AT] = at.NEVER
        place(state, host)
    disperse(state)

    expected = sorted((time, n // 50, n % 50) for n, time in times.items())
    assert seen == [event for event in expected if event[0] < 8]
    assert root(state, HOST_TREE) == min((t for t in times.values() if t >= 8), default=at.NEVER)


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 2), st.integers(0, 2)), max_size=90),
    st.integers(0, 3),
)
def test_arrivals_are_sorted_by_time_flow_packet_and_stay_in_the_order_of_links(arrivals, shift):
    room = 90
    state = empty_state(1)._replace(
        places=np.zeros(PARTS * room + BUCKETS + 1, np.int64),
        packets=np.zeros(room * at.PACKET, np.int64),
    )
    state.fixed[at.ROOM_ROWS] = room
    state.fixed[at.BUCKET_SHIFT] = shift + 3
    for row, (time, flow, seq) in enumerate(arrivals):
        state.places[row] = 1000 + time
        state.places[room + row] = row
        state.packets[row * at.PACKET + at.LABEL] = label_of(flow, seq, row % 64)

    base = arrange(state, len(arrivals), 1000)

    rows = state.places[base + room : base + room + len(arrivals)].tolist()
    assert rows == sorted(range(len(arrivals)), key=lambda row: (*arrivals[row], row))
