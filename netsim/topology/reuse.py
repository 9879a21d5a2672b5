"""Work that the points of a sweep share: equal networks are built once, what follows from them too.

Points mostly differ in a seed or a policy, and a network with its routes costs more than all else
that is judged of a small point. A network is a value: its arrays cannot be written to, so points
may share it. Only small ones are kept, and few of them; what was worked out of a network is kept as
long as the network itself, and nowhere else.
"""

from __future__ import annotations

import functools
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from netsim.topology.network import Network

#: Networks that are kept of one kind, and the links that each may have (about 1 MB).
MOST_KEPT: Final = 8
MOST_LINKS: Final = 4096

_Config = TypeVar("_Config", bound=Hashable)
_R = TypeVar("_R")


def reused(build: Callable[[_Config], Network]) -> Callable[[_Config], Network]:
    """Return `build` such that equal blocks give one network, while it is among the last few.

    `build` must depend on its block alone: not for networks that are read from files.
    """
    kept: OrderedDict[_Config, Network] = OrderedDict()

    @functools.wraps(build)
    def last(config: _Config) -> Network:
        network = kept.pop(config, None)
        if network is None:
            network = build(config)
        if network.link_count <= MOST_LINKS:
            kept[config] = network
        if len(kept) > MOST_KEPT:
            kept.popitem(last=False)
        return network

    return last


def once_per_network(
    work: Callable[[Network, *tuple[Any, ...]], _R],
) -> Callable[[Network, *tuple[Any, ...]], _R]:
    """Return `work` such that it is done once for a network and equal further arguments."""
    known: weakref.WeakKeyDictionary[Network, dict[tuple[Any, ...], _R]]
    known = weakref.WeakKeyDictionary()

    @functools.wraps(work)
    def remembered(network: Network, *others: Any) -> _R:
        found = known.setdefault(network, {})
        if others not in found:
            found[others] = work(network, *others)
        return found[others]

    return remembered
