"""Tables of entanglement: pairs, requests, keys, and memories over time."""

from __future__ import annotations

from typing import Final

from netsim.metrics.schema import Column, Table
from netsim.registry import register

#: What ended a pair.
CAUSES: Final = ("delivered", "swapped", "measured", "expired", "failed", "ended")

ENTANGLEMENTS: Final = Table(
    name="entanglements",
    version=1,
    row="one row per pair that ever was, or per delivered one",
    key=("pair",),
    joins=(("request", "requests.request"),),
    columns=(
        Column("pair", "int64", "1", "number of the pair, in the order of creation"),
        Column("request", "int64", "1", "request that it was made for", nullable=True),
        Column("trial", "int64", "1", "one-shot trial, 0 in streams"),
        Column("node_a", "enum", "", "router of the half nearer the initiator"),
        Column("node_b", "enum", "", "router of the other half"),
        Column("level", "int64", "1", "elementary links joined, 1 for a link's own pair"),
        Column("created", "int64", "ps", "herald, or measurement that swapped it together"),
        Column(
            "ended", "int64", "ps", "when it was consumed, given up or handed over at both ends"
        ),
        Column("fidelity", "float64", "1", "fidelity at its end"),
        Column(
            "cause",
            "enum",
            "",
            "delivered, swapped (consumed by a successful swap), measured (given up in a "
            "successful purification), expired, failed (a swap or purification failed), ended "
            "(still there when the reservation ended)",
        ),
        Column("attempts", "int64", "1", "attempts made for it and its parts"),
        Column("purifications", "int64", "1", "successful purifications of it and its parts"),
        Column(
            "wait", "float64", "s", "how long the older of its two parts waited, 0 for a link's"
        ),
        Column("age", "float64", "s", "from its first emission, or its oldest part's, to its end"),
    ),
)

REQUESTS: Final = Table(
    name="requests",
    version=1,
    row="one row per request",
    key=("request",),
    columns=(
        Column("request", "int64", "1", "number of the request, from 0"),
        Column("src", "string", "", "router that asks"),
        Column("dst", "string", "", "router at the other end"),
        Column(
            "arrival", "int64", "ps", "when it came up; of a single request the start it asks for"
        ),
        Column("start", "int64", "ps", "start of the reservation"),
        Column("end", "int64", "ps", "end of the reservation, or of what was served of it"),
        Column("first_pair", "int64", "ps", "when the first pair was delivered", nullable=True),
        Column("accepted", "bool", "1", "whether all routers had the memories"),
        Column("refusals", "int64", "1", "how often it was refused"),
        Column("hops", "int64", "1", "links on its path"),
        Column("pairs_wanted", "int64", "1", "pairs after which it is served", nullable=True),
        Column("pairs", "int64", "1", "pairs delivered"),
        Column("rate", "float64", "1/s", "pairs delivered over end - start"),
        Column("fidelity_mean", "float64", "1", "mean fidelity of the pairs", nullable=True),
        Column("wait", "float64", "s", "from start to the first pair", nullable=True),
        Column(
            "time_to_serve",
            "float64",
            "s",
            "from arrival to the last of the pairs wanted",
            nullable=True,
        ),
        Column(
            "teleportation",
            "float64",
            "1",
            "mean fidelity of a qubit teleported over a pair: (2 F + 1) / 3",
            nullable=True,
        ),
        Column(
            "chsh",
            "float64",
            "1",
            "largest CHSH value of the mean state; above 2 no local theory explains it",
            nullable=True,
        ),
    ),
)

KEYS: Final = Table(
    name="keys",
    version=1,
    row="one row per accepted request and protocol",
    key=("request", "protocol"),
    joins=(("request", "requests.request"),),
    columns=(
        Column("request", "int64", "1", "number of the request"),
        Column("protocol", "enum", "", "bb84 (of pairs: BBM92) or six_state"),
        Column("pairs", "int64", "1", "pairs delivered"),
        Column("raw_rate", "float64", "1/s", "pairs delivered over end - start"),
        Column("qber_z", "float64", "1", "share of Z bits that differ", nullable=True),
        Column("qber_x", "float64", "1", "share of X bits that differ", nullable=True),
        Column("fraction", "float64", "1", "secret bits per sifted pair of the mean state"),
        Column(
            "rate",
            "float64",
            "bit/s",
            "secret bits: pairs times fraction, with nearly all pairs measured in one basis",
        ),
        Column(
            "bound",
            "float64",
            "bit/s",
            "what no protocol on this path can exceed: the least, over the arms of its links, of "
            "emissions times -log2(1 - eta)",
            nullable=True,
        ),
    ),
)

MEMORIES: Final = Table(
    name="memories",
    version=1,
    row="one row per reserved memory and sample",
    key=("t", "node", "memory"),
    columns=(
        Column("node", "enum", "", "router"),
        Column("memory", "int64", "1", "index of the memory at its router"),
        Column("t", "int64", "ps", "when it was looked at"),
        Column("state", "enum", "", "raw, occupied (making a pair), entangled or purified"),
        Column("fidelity", "float64", "1", "of the pair that it holds, by then", nullable=True),
        Column("age", "float64", "s", "of the pair that it holds", nullable=True),
    ),
)

GHZ: Final = Table(
    name="ghz",
    version=1,
    row="one row per GHZ state of a star's leaves",
    key=("state",),
    joins=(("request", "requests.request"),),
    columns=(
        Column("state", "int64", "1", "number of the state, from 0"),
        Column("request", "int64", "1", "request that it was made for"),
        Column("leaves", "int64", "1", "routers that share it"),
        Column("created", "int64", "ps", "when the star's router measured"),
        Column("ended", "int64", "ps", "when the last leaf heard of it"),
        Column("fidelity", "float64", "1", "fidelity with GHZ, once each leaf has heard of it"),
        Column("attempts", "int64", "1", "attempts made for its pairs"),
        Column("wait", "float64", "s", "how long the first of its pairs waited for the last"),
    ),
)

for _table in (ENTANGLEMENTS, REQUESTS, KEYS, MEMORIES, GHZ):
    register("table", _table.name)(_table)
