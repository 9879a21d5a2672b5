"""Rows of the kernel's arrays as columns of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.label import ACK, FLOW_SHIFT, SEQ_MASK, SEQ_SHIFT, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netsim.fabric.kernel.layout import Layout
    from netsim.fabric.kernel.state import Ints, State
    from netsim.topology.network import Network

_STATUS = np.array(["unfinished", "unfinished", "done", "failed", "cancelled"])
_EVENTS = np.array(["enq", "deq", "drop", "deliver"])


def flow_columns(rows: Ints, reasons: Mapping[int, str]) -> dict[str, NDArray[Any]]:
    """Return what the kernel knows of table `flows`; instants that never came are masked.

    A flow is done when the receiver has it all, also if the sender never learns of it and gives up.
    A row that is a calculation is no flow.
    """
    rows = rows[(rows[:, at.ENDS] & at.LOW) != rows[:, at.ENDS] >> at.HIGH]
    state = rows[:, at.STATUS] & at.STATUS_MASK
    status = _STATUS[state]
    status[rows[:, at.END_RX] >= 0] = "done"
    why = np.full(len(rows), None, object)
    for index in np.flatnonzero(status == "failed").tolist():
        why[index] = reasons[int(rows[index, at.STATUS]) >> at.REASON_SHIFT]
    return {
        "flow": rows[:, at.IDENTITY] & at.LOW,
        "src": rows[:, at.ENDS] & at.LOW,
        "dst": rows[:, at.ENDS] >> at.HIGH,
        "size": rows[:, at.SIZE].copy(),
        "start": rows[:, at.START].copy(),
        "end_rx": np.ma.masked_equal(rows[:, at.END_RX], -1),
        "end_tx": np.ma.masked_equal(rows[:, at.END_TX], -1),
        "pieces": np.ones(len(rows), np.int64),
        "packets": rows[:, at.PACKETS].copy(),
        "retransmits": rows[:, at.RESENT] & at.LOW,
        "timeouts": rows[:, at.RESENT] >> at.HIGH & 0xFFFFFF,
        "drops": rows[:, at.DISORDER] >> at.HIGH,
        "out_of_order": rows[:, at.DISORDER] & at.LOW,
        "max_reorder": rows[:, at.ORDER] >> at.HIGH,
        "status": status,
        "reason": why,
    }


def received_bytes(rows: Ints, payload: int) -> Ints:
    """Return the bytes of each flow that its receiver has, every packet counted once.

    All packets carry `payload` bytes but the last, which is the shorter by what is missing there.
    """
    arrived = rows[:, at.ARRIVED] & at.LOW
    has_last = (rows[:, at.ORDER] & at.LOW) == rows[:, at.PACKETS]
    missing = rows[:, at.PACKETS] * payload - rows[:, at.SIZE]
    bytes_in: Ints = arrived * payload - has_last * missing
    return bytes_in


def link_columns(
    state: State, layout: Layout, network: Network, now: int
) -> dict[str, NDArray[Any]]:
    """Return totals per link, by the topology's link number.

    `busy` is the time (ps) that the link has been sending up to `now`; `wait_sum` and `wait_max`
    (ps) are over the `data_packets`, of which there are fewer than `packets` by the
    acknowledgements.
    """
    links, setup = (rows[layout.link] for rows in link_rows(state))
    data = links[:, at.PACKETS_SENT]
    return {
        "index": np.arange(len(links)),
        "link": np.array(network.link_names),
        "src": np.array(network.nodes)[network.link_source],
        "dst": np.array(network.nodes)[network.link_target],
        "rate": setup[:, at.RATE],
        "tx": links[:, at.BYTES],
        "packets": data + links[:, at.ACKS_SENT],
        "data_packets": data,
        "busy": links[:, at.BUSY] - np.maximum(0, links[:, at.FREE_AT] - now),
        "wait_sum": _wait_sums(links, setup),
        "wait_max": links[:, at.WAIT_MAX],
        "queue_max": as_bytes(links[:, at.QUEUE_MAX], links, setup).astype(np.int64),
        "drops": links[:, at.DROPS].copy(),
        "ecn_marks": setup[:, at.MARKS].copy(),
    }


def _wait_sums(links: Ints, setup: Ints) -> NDArray[Any]:
    """Return the sum of waits (ps) of each link: Python's integers where 64 bits are too few."""
    sums, carries = links[:, at.WAIT_SUM], setup[:, at.WAIT_CARRIES]
    if not carries.any():
        return sums.copy()
    exact: NDArray[Any] = sums.astype(object) + carries.astype(object) * at.CARRY
    return exact


def link_rows(state: State) -> tuple[Ints, Ints]:
    """Return `links` and `setup` as rows and columns."""
    return state.links.reshape(-1, at.LINK), state.setup.reshape(-1, at.SETUP)


def waiting_times(state: State) -> Ints:
    """Return the time that each link takes to send what waits at it, 0 for plain ports.

    What a plain port has accepted counts as being sent: it is in ``free_at``.
    """
    count = len(state.links) // at.LINK
    if len(state.queues) == 0:
        return np.zeros(count, np.int64)
    return state.queues.reshape(count, -1)[:, at.TO_SEND]


def as_bytes(time: Ints, links: Ints, setup: Ints) -> NDArray[np.float64]:
    """Return the bytes that each link sends in `time`; exact if a byte takes whole picoseconds."""
    pace = links[:, at.PACE]
    exact = np.where(pace > 0, time / np.maximum(pace, 1), 0.0)
    rated = np.round(time * (setup[:, at.RATE] / 8e12), 6)
    return np.where(pace > 0, exact, rated)


def packet_columns(rows: Ints, first: int, network: Network) -> dict[str, Any]:
    """Return traced rows as columns of table `packets`; the first one has number `first`."""
    label, queue = rows[:, at.TRACE_LABEL], rows[:, at.TRACE_QUEUE]
    ack = (label & ACK) != 0
    return {
        "row": np.arange(first, first + len(rows)),
        "packet": number_of(label >> FLOW_SHIFT, rows[:, at.TRACE_SENDING], ack),
        "flow": label >> FLOW_SHIFT,
        "seq": (label >> SEQ_SHIFT) & SEQ_MASK,
        "ack": ack,
        "node": np.array(network.nodes)[rows[:, at.TRACE_NODE]],
        "t": rows[:, at.TRACE_TIME],
        "event": _EVENTS[rows[:, at.TRACE_EVENT]],
        "queue": np.ma.masked_equal(queue, -1),
    }
