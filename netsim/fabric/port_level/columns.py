"""Rows of the executor's arrays as columns of the tables, with what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.port_level import state as at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

    Ints = NDArray[np.int64]

_STATUS = np.array(["unfinished"] * 5 + ["done", "failed", "cancelled"])


def flow_columns(
    rows: Ints, sizes: Ints, back: Ints, now: int, payload: int, reasons: Mapping[int, str]
) -> dict[str, NDArray[Any]]:
    """Return the columns of table `flows`; a row that is a calculation is no flow.

    `back` holds, where senders learn of arrivals, how long after them.
    """
    src, dst = rows[:, at.ENDS] & at.LOW, rows[:, at.ENDS] >> at.HIGH
    flows = np.flatnonzero(src != dst)
    rows, sizes = rows[flows], sizes[flows]
    state = rows[:, at.STATUS] & at.STATUS_MASK
    there = (state == at.DONE) | (state == at.UNCONFIRMED)
    end = np.where(there, rows[:, at.END], -1)
    after = back[flows] if len(back) else np.zeros_like(flows)
    known = there & (after > 0) & (state == at.DONE)
    status = _STATUS[state]
    status[there] = "done"
    nothing = np.zeros_like(flows)
    return {
        "flow": flows,
        "src": src[flows],
        "dst": dst[flows],
        "size": sizes.copy(),
        "start": rows[:, at.READY].copy(),
        "end_rx": np.ma.masked_equal(end, -1),
        "end_tx": np.ma.masked_equal(np.where(known, end + after, -1), -1),
        "pieces": np.ones(len(sizes), np.int64),
        "packets": np.maximum(1, -(-sizes // payload)),
        "retransmits": nothing,
        "timeouts": nothing,
        "drops": nothing,
        "out_of_order": nothing,
        "max_reorder": nothing,
        "status": status,
        "reason": np.array([reasons.get(flow) for flow in flows.tolist()], object),
    }


def received_bytes(rows: Ints, sizes: Ints, now: int, stopped: Mapping[int, int]) -> Ints:
    """Return the bytes of each message that its receiver has: they come evenly, at its port."""
    held = rows[:, at.RECEIVING]
    until = np.full(len(rows), now)
    until[list(stopped)] = list(stopped.values())
    sent = (rows[:, at.END] >= 0) & (rows[:, at.ENDS] & at.LOW != rows[:, at.ENDS] >> at.HIGH)
    passed = np.clip(until - (rows[:, at.END] - held), 0, held)
    share = passed / np.maximum(1, held)
    some = np.where(passed >= held, sizes, np.floor(sizes * share).astype(np.int64))
    bytes_in: Ints = np.where(sent, some, 0)
    return bytes_in


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """Messages that have started, as columns.

    Parameters
    ----------
    src, dst, size
        Hosts, and bytes of payload.
    sending, receiving
        How long (ps) each has held either port up to now.
    """

    src: Ints
    dst: Ints
    size: Ints
    sending: Ints
    receiving: Ints


def started(
    rows: Ints, sizes: Ints, leads: Ints, slots: Any, now: int, stopped: Mapping[int, int]
) -> Started:
    """Return the messages that have started by `now`; `leads` are those of the `slots`."""
    src, dst = rows[:, at.ENDS] & at.LOW, rows[:, at.ENDS] >> at.HIGH
    chosen = np.flatnonzero((rows[:, at.END] >= 0) & (src != dst))
    until = np.full(len(rows), now)
    until[list(stopped)] = list(stopped.values())
    rows, until = rows[chosen], until[chosen]
    received_from = rows[:, at.END] - rows[:, at.RECEIVING]
    sent_from = received_from - leads[slots[chosen]]
    return Started(
        src[chosen],
        dst[chosen],
        sizes[chosen],
        np.clip(until - sent_from, 0, rows[:, at.SENDING]),
        np.clip(until - received_from, 0, rows[:, at.RECEIVING]),
    )


def link_columns(sent: Started, network: Network, packet: PacketConfig) -> dict[str, NDArray[Any]]:
    """Return totals of the links of hosts, by the topology's link number.

    Packets never wait at a port or in the core: a message that has to wait does so at its sender,
    before it starts.
    """
    packets = np.maximum(1, -(-sent.size // packet.payload))
    wire = sent.size + packets * packet.header
    totals = {name: np.zeros(network.link_count, np.int64) for name in ("busy", "tx", "packets")}
    for links, held in (
        (network.host_uplink[sent.src], sent.sending),
        (network.host_downlink[sent.dst], sent.receiving),
    ):
        for name, amount in (("busy", held), ("tx", wire), ("packets", packets)):
            np.add.at(totals[name], links, amount)
    index = np.sort(np.concatenate([network.host_uplink, network.host_downlink]))
    found = {name: total[index] for name, total in totals.items()}
    names = np.array(network.nodes)
    nothing = np.zeros_like(index)
    return {
        "index": index,
        "link": np.array(network.link_names)[index],
        "src": names[network.link_source[index]],
        "dst": names[network.link_target[index]],
        "rate": network.link_rate[index],
        "tx": found["tx"],
        "packets": found["packets"],
        "data_packets": found["packets"],
        "busy": found["busy"],
        **dict.fromkeys(("wait_sum", "wait_max", "queue_max", "drops", "ecn_marks"), nothing),
    }
