"""Tables of networks: flows, hosts, links over a run and over time, and packets hop by hop."""

from __future__ import annotations

from netsim.metrics.schema import Column, Table
from netsim.registry import register

FLOWS = Table(
    name="flows",
    version=1,
    row="one row per requested flow, in the order of the traffic",
    key=("flow",),
    joins=(("src", "hosts.host"), ("dst", "hosts.host")),
    brings=("hosts",),
    columns=(
        Column("flow", "int64", "1", "index of the flow, in the order of the traffic, from 0"),
        Column("src", "int64", "1", "index of the sending host"),
        Column("dst", "int64", "1", "index of the receiving host"),
        Column("size", "int64", "B", "payload to be delivered"),
        Column("start", "int64", "ps", "when the flow was handed to the sender"),
        Column("end_rx", "int64", "ps", "arrival of the last payload byte", nullable=True),
        Column(
            "end_tx",
            "int64",
            "ps",
            "when the sender saw the last acknowledgement; empty where it never did",
            nullable=True,
        ),
        Column("fct", "float64", "s", "flow completion time at the receiver", nullable=True),
        Column("fct_tx", "float64", "s", "flow completion time at the sender", nullable=True),
        Column("ideal_fct", "float64", "s", "completion time alone, with a core that never blocks"),
        Column("slowdown", "float64", "1", "fct / ideal_fct", nullable=True),
        Column("pieces", "int64", "1", "pieces that the flow was cut into, each with a path, or 1"),
        Column("packets", "int64", "1", "data packets of the flow, retransmissions not counted"),
        Column("retransmits", "int64", "1", "data packets sent again"),
        Column("timeouts", "int64", "1", "retransmission timeouts"),
        Column("drops", "int64", "1", "data packets of the flow lost in the network"),
        Column("out_of_order", "int64", "1", "packets that arrived after one of a higher index"),
        Column(
            "max_reorder", "int64", "1", "largest distance to the highest index that came before"
        ),
        Column(
            "status", "enum", "", "done (the receiver has it all), failed, cancelled or unfinished"
        ),
        Column("reason", "string", "", "why the flow failed", nullable=True),
    ),
)

HOSTS = Table(
    name="hosts",
    version=1,
    row="one row per host of the network",
    key=("host",),
    columns=(
        Column("host", "int64", "1", "index of the host, as in flows.src and flows.dst"),
        Column("name", "enum", "", "name of the host, as in link_totals.src and link_totals.dst"),
        Column("leaf", "enum", "", "name of the switch that the host is joined to", nullable=True),
    ),
)

LINK_TOTALS = Table(
    name="link_totals",
    version=1,
    row="one row per directed link, over the whole run",
    key=("index",),
    brings=("hosts",),
    columns=(
        Column("index", "int64", "1", "index of the link in the topology"),
        Column("link", "enum", "", "name of the directed link, a->b"),
        Column("src", "enum", "", "node that the link leaves"),
        Column("dst", "enum", "", "node that the link enters"),
        Column("rate", "int64", "bit/s", "rate of the link"),
        Column("tx", "int64", "B", "bytes accepted for transmission, headers included"),
        Column(
            "packets", "int64", "1", "packets accepted for transmission, acknowledgements included"
        ),
        Column("utilization_mean", "float64", "1", "busy share of the run"),
        Column(
            "wait_mean",
            "float64",
            "s",
            "mean time of data packets from arrival at the port to start of service",
        ),
        Column(
            "wait_max",
            "float64",
            "s",
            "longest time of a data packet from arrival at the port to start of service",
        ),
        Column(
            "queue_max",
            "int64",
            "B",
            "largest backlog, unsent part of the packet in service included",
        ),
        Column(
            "drops",
            "int64",
            "1",
            "packets lost at the port, acknowledgements too: a full queue, or a link that failed",
        ),
        Column("ecn_marks", "int64", "1", "data packets marked with congestion experienced"),
    ),
)

LINKS = Table(
    name="links",
    version=1,
    row="one row per directed link and sampling instant; the end of the run is the last; while "
    "no link sends, loses, marks or holds anything only the first and the last instant",
    key=("t", "index"),
    joins=(("index", "link_totals.index"),),
    brings=("hosts",),
    columns=(
        Column("t", "int64", "ps", "sampling instant"),
        Column("index", "int64", "1", "index of the link in the topology"),
        Column("link", "enum", "", "name of the directed link, a->b"),
        Column("utilization", "float64", "1", "busy share since the last sample"),
        Column("queue", "float64", "B", "unsent bytes at the port"),
        Column(
            "queue_max",
            "int64",
            "B",
            "largest backlog since the start of the run, as in link_totals",
        ),
        Column("tx", "int64", "B", "bytes accepted for transmission since the last sample"),
        Column("drops", "int64", "1", "packets dropped since the last sample, as in link_totals"),
        Column("ecn_marks", "int64", "1", "packets marked since the last sample"),
        Column("up", "bool", "1", "whether the link works"),
        Column("rate", "int64", "bit/s", "rate of the link"),
    ),
)

PACKETS = Table(
    name="packets",
    version=1,
    row="one row per packet and event at a node",
    key=("t", "row"),
    joins=(("flow", "flows.flow"),),
    brings=("hosts",),
    columns=(
        Column("row", "int64", "1", "order of the events within the run"),
        Column(
            "packet",
            "int64",
            "1",
            "the packet: the same in all its rows, another for a retransmission or acknowledgement",
        ),
        Column("flow", "int64", "1", "index of the flow"),
        Column("seq", "int64", "1", "index of the packet in its flow"),
        Column("ack", "bool", "1", "whether it is an acknowledgement"),
        Column("node", "enum", "", "node at which it happened"),
        Column("t", "int64", "ps", "instant"),
        Column("event", "enum", "", "enq, deq, drop or deliver"),
        Column(
            "queue",
            "int64",
            "B",
            "unsent bytes at the port: at enq with this packet, at drop without it; else empty",
            nullable=True,
        ),
    ),
)

for _table in (FLOWS, HOSTS, LINK_TOTALS, LINKS, PACKETS):
    register("table", _table.name)(_table)
