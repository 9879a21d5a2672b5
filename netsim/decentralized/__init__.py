"""Learning among peers on a graph that loses nodes, links and regions."""

from __future__ import annotations

from typing import Final

from netsim.registry import Kind

KINDS: Final = (
    Kind("weights", ("weights",), ("Config", "values"), "mixing weights", "weights: NAME"),
    Kind("algorithm", ("algorithms",), ("Config", "weights"), written="algorithm: NAME"),
    Kind(
        "compressor", ("compressors",), ("Config", "encode", "decode"), written="compressor: NAME"
    ),
    Kind("attack", ("attacks",), ("Config", "forge"), written="attack: {kind: NAME}"),
    Kind("defence", ("defences",), ("Config", "combine", "least"), written="defence: NAME"),
    Kind("disruption", ("disruptions",), ("Config", "spans"), written="disruption: [{kind: NAME}]"),
    Kind("partners", ("partners",), ("Config", "regroup", "contraction"), written="partners: NAME"),
    Kind("mobility", ("mobilities",), ("Config", "mover"), written="mobility: {kind: NAME}"),
    Kind("radio", ("radios",), ("Config", "reaches", "rate"), written="radio: {kind: NAME}"),
    Kind("table", ("tables",)),
)
