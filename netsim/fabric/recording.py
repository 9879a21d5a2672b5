"""The tables of a network, written for every family and at every fidelity by the same hand.

What a fabric knows of its flows and links comes as columns; what follows from them (completion
times, slowdowns, means) is computed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.fabric.ideal import ideal_completion
from netsim.fabric.nics import at_hosts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.fabric.door import Fabric
    from netsim.metrics.recorder import Recorder
    from netsim.topology.network import Network

SECOND: Final = 1e12


def write_network(fabric: Fabric, recorder: Recorder) -> Mapping[str, Mapping[str, Any]]:
    """Write `flows`, `link_totals` and `hosts` as far as they are wanted; return the first two."""
    tables: dict[str, Mapping[str, Any]] = {}
    if recorder.wants("flows"):
        tables["flows"] = flow_table(fabric, fabric.flow_columns(nics=True))
    if recorder.wants("link_totals"):
        tables["link_totals"] = _link_table(fabric)
    for name, columns in tables.items():
        recorder.write(name, columns)
    if recorder.wants("hosts"):
        recorder.write("hosts", _host_table(fabric.network))
    return tables


def flow_table(fabric: Fabric, columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of table `flows`: the fabric's, and what follows from them.

    `columns` name the NICs of flows, between which the least time is known; the table names hosts.
    """
    ideal = ideal_completion(
        fabric.network,
        columns["src"],
        columns["dst"],
        columns["size"],
        payload=fabric.packet.payload,
        header=fabric.packet.header,
    )
    start = columns["start"]
    columns["fct"] = (columns["end_rx"] - start) / SECOND
    columns["fct_tx"] = (columns["end_tx"] - start) / SECOND
    columns["ideal_fct"] = ideal / SECOND
    columns["slowdown"] = (columns["end_rx"] - start) / ideal
    return at_hosts(fabric.network, columns)


def _link_table(fabric: Fabric) -> dict[str, Any]:
    """Return the columns of table `link_totals`: the fabric's sums as means and shares."""
    columns = fabric.link_columns()
    elapsed = max(1, fabric.last_activity)
    waited, packets = columns.pop("wait_sum"), columns.pop("data_packets")
    columns["utilization_mean"] = columns.pop("busy") / elapsed
    columns["wait_mean"] = waited / np.maximum(1, packets) / SECOND
    columns["wait_max"] = columns["wait_max"] / SECOND
    return columns


def _host_table(network: Network) -> dict[str, Any]:
    leaves = network.leaf_switches[network.leaf_of_host].tolist()
    return {
        "host": np.arange(network.host_count),
        "name": list(network.hosts),
        "leaf": [network.switches[leaf] for leaf in leaves],
    }
