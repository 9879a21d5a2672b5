"""Round robin at the switch: the equal ports in turn, in an order shuffled now and then.

Each switch keeps one turn per destination leaf. Data packets take the ports in turn; after `rounds`
rounds the order is drawn anew. Acknowledgements are hashed by flow, as in the public UEC simulator.

Instead of storing a permutation, turn `i` of a round goes to port ``(a i + b) mod n`` with `a` and
`n` coprime, all such pairs equally likely: a few draws decide it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.fabric.balancing.ecmp import choose as hashed
from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.kernel.hashing import below, draw, mix
from netsim.fabric.kernel.label import TARGET_MASK, is_ack
from netsim.fabric.kernel.packet import label_at
from netsim.fabric.kernel.state import HOME, HOST, LEAVES, PACKET, POLICY_KEY, ROUTE, State
from netsim.fabric.transports.transport import Numbers
from netsim.fields import field
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.topology.network import Network

_LEAF_MASK = (1 << 24) - 1


def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor."""
    while b != 0:
        a, b = b, a % b
    return a


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return the port whose turn it is."""
    if is_ack(label_at(state, packet)):
        return int(hashed(state, packet, switch, first, n, now))
    target = state.packets[packet * PACKET + ROUTE] & TARGET_MASK
    leaf = state.hosts[target * HOST + HOME] & _LEAF_MASK
    row = switch * state.fixed[LEAVES] + leaf
    count = state.policy_switches[row]
    state.policy_switches[row] = count + 1
    epoch = count // (n * state.policy[0])
    entity = 1 << 62 | row
    bits = draw(state.fixed[POLICY_KEY], entity, 2 * epoch)
    step = 1 + below(bits, n)
    while gcd(step, n) != 1:
        # Drawn again rather than moved on to the next coprime, which would favour some.
        bits = mix(bits)
        step = 1 + below(bits, n)
    shift = below(draw(state.fixed[POLICY_KEY], entity, 2 * epoch + 1), n)
    return int(first + (step * (count % n) + shift) % n)


@register("routing", "rr")
class RoundRobin:
    """Deal data packets to the equal ports of each switch in turn, in an order drawn anew."""

    source: ClassVar[str] = (
        "A. Dixit et al., On the Impact of Packet Spraying in Data Center Networks, INFOCOM 2013; "
        "re-permutation as in the UEC htsim simulator"
    )
    switch_row: ClassVar[int] = 1
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """How long an order lasts."""

        rounds: int = field(
            1,
            description="rounds over the ports before the order is drawn anew",
            ge=1,
            le=1_000_000,
        )

    @staticmethod
    def pack(config: Config, network: Network) -> Numbers:
        """Return the rounds that an order lasts."""
        return Numbers(whole=(config.rounds,))

    choose = staticmethod(choose)
