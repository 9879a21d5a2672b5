"""From the blocks of a scenario to a working fabric: topology, flows, and what is wrong with them.

`connect` is how any family gets a network, at the fidelity that the scenario asks for: one fabric
per environment, shared by its own transfers and by the background `traffic` of the scenario.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim import registry, units
from netsim.fabric.extent import extent_of
from netsim.fabric.flows import MOST_FLOWS, Flows, concatenate, too_many
from netsim.fabric.limits import below
from netsim.fabric.schema import NETWORK_TABLES
from netsim.fields import Config, implementation
from netsim.problems import Problem, ProblemsFound
from netsim.rng import Streams
from netsim.warnings import Caution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.effective import Effective
    from netsim.fabric.door import Fabric, Fidelity
    from netsim.fabric.schema import NetworkConfig
    from netsim.family import RunContext
    from netsim.topology.network import Network


#: Most flows of a block that are drawn to be judged.
MOST_DRAWN: Final = 1 << 20


def connect(config: NetworkConfig, context: RunContext, hosts: Sequence[int] = ()) -> Fabric:
    """Return the fabric that `config` describes, joined to the environment of `context`.

    The scenario's `traffic` is submitted at once; each flow starts at its own time. Whoever will
    transfer between `hosts` names them: defaults of queues are measured by hosts that have traffic.
    """
    network = build_network(config)
    flows = generate_flows(config, network, context.streams)
    return fidelity(config).connect(config, network, context, flows, hosts)


def fidelity(config: NetworkConfig) -> type[Fidelity]:
    """Return the level of detail at which the network is simulated."""
    chosen: type[Fidelity] = registry.lookup("fidelity", config.fidelity)
    return chosen


def notes(config: NetworkConfig) -> list[str]:
    """Return what the user should know though nothing is wrong, one line each.

    That is what is not read of the topology, and what the fidelity does not look at.
    """
    topology = implementation("topology", config.topology)
    found = list(topology.notes(config.topology)) if hasattr(topology, "notes") else []
    level = fidelity(config)
    given = {name for name in config.model_fields_set if getattr(config, name) is not None}
    blocks = [name for name in level.ignores if name in given]
    said = [f"fidelity '{config.fidelity}' ignores {', '.join(blocks)}"] if blocks else []
    return [*found, *said]


def warnings(
    config: NetworkConfig, tables: Sequence[str] = (), *, seed: int = 0, below: str = ""
) -> list[Caution]:
    """Return what would mislead in a run of the network.

    Parameters
    ----------
    config
        The network.
    tables
        Names of the opt-in tables that are asked for.
    seed
        Of the scenario.
    below
        What stands before the paths of the network's fields.
    """
    level = fidelity(config)
    empty = [name for name in tables if name in NETWORK_TABLES and name not in level.tables]
    found = []
    if empty:
        message = (
            f"fidelity '{config.fidelity}' has no rows for {', '.join(empty)}; leave it out of "
            f"record.tables, or take another {below}fidelity"
        )
        found.append(Caution("empty-table", message, "record.tables"))
    judge = getattr(level, "warnings", None)
    return found + (judge(config, build_network(config), seed, below) if judge else [])


def effective(config: NetworkConfig, *, seed: int = 0, below: str = "") -> dict[str, Effective]:
    """Return what defaults of the network come to, by dotted paths behind `below`."""
    from netsim.fabric.effective import of_links

    found = dict(of_links(config))
    judge = getattr(fidelity(config), "effective", None)
    if judge is not None:
        found |= judge(config, build_network(config), seed)
    return {f"{below}{path}": value for path, value in found.items()}


def build_network(config: NetworkConfig) -> Network:
    """Return the network of the block `topology`.

    Raises
    ------
    ProblemsFound
        If a topology file is wrong, located in the file.
    """
    return implementation("topology", config.topology).build(config.topology)  # type: ignore[no-any-return]


def generate_flows(config: NetworkConfig, network: Network, streams: Streams) -> Flows:
    """Return the flows of all traffic blocks, in their order; each block has its own stream."""
    return concatenate(
        [_generated(block, network, streams, index) for index, block in enumerate(config.traffic)]
    )


def _generated(block: Config, network: Network, streams: Streams, index: int) -> Flows:
    """Return the flows of the traffic block with that index."""
    pattern = implementation("traffic", block, key="pattern")
    flows: Flows = pattern.generate(block, network, streams.generator("traffic", index))
    return flows


def largest_transfer(config: NetworkConfig) -> int:
    """Return the most bytes that one transfer may have."""
    return fidelity(config).largest_transfer(config, build_network(config))


def problems(config: NetworkConfig, seed: int = 0) -> list[Problem]:
    """Return what is wrong with topology, traffic and paths, each with its place.

    Where links are missing, so that some flows may find no way, flows are judged as the first
    replication under `seed` draws them, unless they are very many; else nothing is drawn.
    """
    try:
        network = build_network(config)
    except ProblemsFound as found:
        return below(("topology",), list(found.problems))
    wrong = fidelity(config).problems(config, network)
    for index, block in enumerate(config.traffic):
        pattern = implementation("traffic", block, key="pattern")
        wrong += below(("traffic", index), pattern.check(block, network))
    return wrong or _of_flows(config, network, Streams(seed))


def _of_flows(config: NetworkConfig, network: Network, streams: Streams) -> list[Problem]:
    """Return what is wrong with the flows themselves, once their blocks are right.

    Nothing is drawn where every flow finds a way in any case.
    """
    level, wrong, count = fidelity(config), [], 0.0
    judge = getattr(level, "extent_problems", None)
    for index, block in enumerate(config.traffic):
        sizes = "size" if hasattr(block, "size") else "file"
        given = getattr(block, "pattern", "") == "file"
        extent = None if given else extent_of(block, network)
        found = None
        if extent is not None:
            found = judge(config, network, extent, sizes) if judge is not None else None
            if found is None and extent.flows > MOST_DRAWN:
                found = []
        if found is None or extent is None:
            flows = _generated(block, network, streams, index)
            found = level.flow_problems(config, network, flows, sizes)
        count += extent.flows if extent is not None else len(flows)
        wrong += below(("traffic", index), found)
    return [too_many(round(count), ("traffic",))] if count > MOST_FLOWS else wrong


def headline(config: NetworkConfig) -> str:
    """Return topology, policies and traffic in one line."""
    network = build_network(config)
    shape = f"{network.leaves}x{network.spines}, " if network.kind == "leaf_spine" else ""
    traffic = ", ".join(_in_words(block) for block in config.traffic)
    policy = fidelity(config).describe(config)
    hosts = f"{network.host_count} hosts, {_rates(network)}"
    return " | ".join(filter(None, [f"{network.kind} {shape}{hosts}", policy, traffic]))


def _rates(network: Network) -> str:
    """Return the rates of both tiers, and the oversubscription of the leaf that has most of it.

    That is what its hosts can send over what its links upwards can carry. Where links of a tier
    differ, the rate that most of them have is named.
    """
    rate = _commonest(network.link_rate[network.host_uplink])
    rises = (network.link_source >= network.nic_count) & network.link_up
    rises &= network.link_target >= network.nic_count
    if network.kind != "leaf_spine" or not rises.any():
        return rate
    leaf = network.link_source[rises] - network.nic_count
    leaves = int(network.leaves or 0)
    up = np.bincount(leaf[leaf < leaves], network.link_rate[rises][leaf < leaves], leaves)
    down = np.bincount(network.leaf_of_nic, network.link_rate[network.host_uplink], leaves)
    with np.errstate(divide="ignore"):
        over = float((down / up).max())
    return f"{rate}, fabric {_commonest(network.link_rate[rises])}, {over:.4g}:1"


def _commonest(rates: Any) -> str:
    counted = Counter(rates.tolist())
    return units.readable(counted.most_common(1)[0][0], "rate") if counted else ""


def _in_words(block: object) -> str:
    pattern = str(getattr(block, "pattern", ""))
    if pattern == "file":
        return str(getattr(getattr(block, "file", ""), "written", "file"))
    size = getattr(block, "size", None)
    return f"{pattern} {units.readable(size, 'data')}" if isinstance(size, int) else pattern
