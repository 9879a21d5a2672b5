"""How long a flow takes at least: the yardstick of `slowdown`.

Store and forward, one port each way per host. A flow of ``P`` packets leaves its NIC back to back;
every packet crosses the core on the path that is the fastest for its size, without waiting; packets
wait for each other only at the two host ports. With ``x`` the service time of a full packet and
``y`` of the last one (at the NIC: 0, at the last link: l), and ``C`` the time through the core,
packets reach the last port no sooner than at

    F_i = (i + 1) x0 + d0 + C(x)           full packets, i = 0 .. P - 2
    Y   = (P - 1) x0 + y0 + d0 + C(y)      the last packet

A port cannot end before it has served, from any instant on, all that comes at that instant or
later. So the flow ends no sooner than at ``dl`` plus the largest of

    F_i + (P - 1 - i) xl + yl    for full packets that come before the last one, or with it
    F_i + (P - 1 - i) xl         for those that it overtakes
    Y + yl + n xl                with n the number of those

A short last packet overtakes only where several shortest paths lead through the core. With equal
links and none overtaken the largest is ``tx(all) + (k - 1) x + k d``, the textbook time of a flow
over ``k`` links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.fabric.fastest import branching, core_times, hop_delay, service_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network

    Ints = NDArray[np.int64]


def ideal_completion(
    network: Network, src: Ints, dst: Ints, size: Ints, *, payload: int, header: int
) -> Ints:
    """Return, per flow, the least time in ps that `size` bytes take from `src` to `dst`.

    Parameters
    ----------
    network
        The topology; links that are down are never used.
    src, dst, size
        One entry per flow: host indices and payload bytes.
    payload, header
        Bytes of payload in a full packet, and of header in every packet. Plain ports have neither.
    """
    if network.ports is not None:
        held, latency = network.ports.times(src, dst, size)
        return held + latency
    packets = np.maximum(1, -(-size // payload))
    full = np.full_like(size, payload + header)
    last = size - (packets - 1) * payload + header
    up, down = network.host_uplink[src], network.host_downlink[dst]
    rate, delay = network.link_rate, hop_delay(network)
    x0, xl = service_time(full, rate[up]), service_time(full, rate[down])
    y0, yl = service_time(last, rate[up]), service_time(last, rate[down])
    leaf = network.leaf_of_nic
    source, target = leaf[src], leaf[dst]
    both = [np.concatenate(pair) for pair in ((source, source), (target, target), (full, last))]
    core_full, core_last = core_times(network, *both).reshape(2, -1)
    first_comes = x0 + delay[up] + core_full
    last_comes = (packets - 1) * x0 + y0 + delay[up] + core_last
    ahead = np.clip((last_comes - first_comes) // x0 + 1, 0, packets - 1)
    ahead = np.where(branching(network, source, target), ahead, packets - 1)
    ends = _last_port(first_comes, last_comes, x0, xl, yl, ahead, packets - 1 - ahead)
    return np.asarray(ends + delay[down], dtype=np.int64)


def _last_port(
    first: Ints, last: Ints, gap: Ints, full: Ints, short: Ints, ahead: Ints, behind: Ints
) -> Ints:
    """Return when the last port has served all packets of a flow.

    Parameters
    ----------
    first, last
        When the first full packet and the last packet come.
    gap
        Time between two full packets that come one after the other.
    full, short
        Service time of a full packet and of the last one.
    ahead, behind
        Numbers of full packets that come before the last one, or with it, and after it.
    """
    fulls = ahead + behind
    # The bounds are linear in i, so those of the two ends suffice.
    early = first + fulls * full + short + np.maximum(0, ahead - 1) * np.maximum(0, gap - full)
    late = first + fulls * full + ahead * (gap - full)
    late += np.maximum(0, behind - 1) * np.maximum(0, gap - full)
    ends = last + short + behind * full
    ends = np.where(ahead > 0, np.maximum(ends, early), ends)
    return np.where(behind > 0, np.maximum(ends, late), ends)
