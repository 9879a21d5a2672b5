"""Which host a text means: a host's number or its name, by one rule wherever hosts are named.

A text of digits is the number of a host, unless a host bears it as its name. Where the two mean
different hosts the text is ambiguous and refused, so that its meaning depends on the network alone,
and never on what stands beside it in a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from netsim.problems import Problem, ProblemsFound

if TYPE_CHECKING:
    from netsim.topology.network import Network

_WHOLE: Final = re.compile("[+-]?[0-9]{1,18}")
_FIRST: Final = frozenset("+-0123456789")


def find_host(network: Network, text: str) -> int | None:
    """Return the number of the host that `text` means, None if it is neither number nor name.

    A number is returned as it is, whether or not the network has so many hosts.

    Raises
    ------
    ProblemsFound
        If `text` is the name of one host and the number of another.
    """
    named = network.node_numbers.get(text, network.host_count)
    number = int(text) if _WHOLE.fullmatch(text) else None
    if named >= network.host_count:
        return number
    if number is not None and number != named and 0 <= number < network.host_count:
        other = network.hosts[number]
        message = f"'{text}' is the name of host {named} and the number of host '{other}'"
        hint = "name the hosts of the topology with a letter: such a name is never a number"
        raise ProblemsFound(Problem(message, code="bad-value", hint=hint))
    return named


def numbers_suffice(network: Network) -> bool:
    """Return whether no host's name is a number other than its own."""
    written = [(number, name) for number, name in enumerate(network.hosts) if name[:1] in _FIRST]
    return all(int(name) == number for number, name in written if _WHOLE.fullmatch(name))
