"""Choose pairs of hosts: never a host and itself, and on request never two of one leaf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network


def enough_hosts(network: Network) -> list[Problem]:
    """Return the problem that there are not two hosts, if so."""
    if network.host_count >= 2:
        return []
    return [Problem("traffic needs two hosts", code="unsatisfiable", hint="enlarge the topology")]


def leaves_balance(network: Network) -> list[Problem]:
    """Return the problem that not every host can send to another leaf in a permutation, if so.

    It can if and only if no leaf has more than half of the hosts.
    """
    largest = int(np.bincount(network.leaf_of_host).max())
    if 2 * largest <= network.host_count:
        return []
    message = f"{largest} of {network.host_count} hosts sit on one leaf: some must stay on it"
    hint = "leave 'inter_leaf' away, or spread the hosts over more leaves"
    return [Problem(message, ("inter_leaf",), "unsatisfiable", hint)]


def several_leaves(network: Network) -> list[Problem]:
    """Return the problem that all hosts sit on one leaf, if so."""
    if len(network.leaf_switches) > 1:
        return []
    hint = "leave 'inter_leaf' away, or add leaves"
    return [Problem("there is only one leaf", ("inter_leaf",), "unsatisfiable", hint)]


def derangement(count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return a uniformly random permutation without fixed points, by rejection."""
    own = np.arange(count)
    while True:
        to = generator.permutation(count)
        if not np.any(to == own):
            return to.astype(np.int64)


def random_destinations(
    network: Network, src: NDArray[np.int64], generator: np.random.Generator, *, inter_leaf: bool
) -> NDArray[np.int64]:
    """Return for each of `src` a uniformly random other host, or one of another leaf."""
    if not inter_leaf:
        other = generator.integers(network.host_count - 1, size=len(src), dtype=np.int64)
        return other + (other >= src)
    by_leaf = np.argsort(network.leaf_of_host, kind="stable")
    members = np.bincount(network.leaf_of_host)
    first = np.cumsum(members) - members
    leaf = network.leaf_of_host[src]
    other = generator.integers(network.host_count - members[leaf], dtype=np.int64)
    return by_leaf[other + np.where(other >= first[leaf], members[leaf], 0)]
