"""Oblivious packet spraying: the host gives each packet an entropy, switches hash it.

As hosts of the Ultra Ethernet transport do, the host walks all `entropies` values once, in an order
made by XOR with a random mask, and draws the mask anew for the next walk. A retransmission draws an
entropy of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.kernel.hashing import below, draw
from netsim.fabric.kernel.label import TAG_BITS, counter_of, flow_of, is_ack, retry_of, seq_of
from netsim.fabric.kernel.packet import label_at, tag_at
from netsim.fabric.kernel.state import POLICY_KEY, State
from netsim.fabric.transports.transport import Numbers
from netsim.fields import field, problem
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.topology.network import Network

_HASH = 1 << 61
_MASK = 1 << 60


def tag(state: State, flow: int, label: int, now: int) -> int:
    """Return the packet's entropy: its masked place in the walk, below the flow's upper bits."""
    entropies = state.policy[0]
    seq = seq_of(label)
    key = state.fixed[POLICY_KEY]
    side = 1 if is_ack(label) else 0
    if retry_of(label) != 0:
        place = below(draw(key, _MASK | flow_of(label), counter_of(label)), entropies)
    else:
        walk = seq // entropies
        mask = below(draw(key, _MASK | flow_of(label), 1 << 62 | walk << 1 | side), entropies)
        place = (seq % entropies) ^ mask
    upper = below(
        draw(key, _MASK | flow_of(label), 1 << 61 | side), (1 << TAG_BITS - 2) // entropies
    )
    return int(upper * entropies + place)


def choose(state: State, packet: int, switch: int, first: int, n: int, now: int) -> int:
    """Return the port that the hash of flow, entropy and switch picks."""
    flow = flow_of(label_at(state, packet))
    return first + below(
        draw(state.fixed[POLICY_KEY], _HASH | switch, flow << 32 | tag_at(state, packet)), n
    )


@register("routing", "ops")
class ObliviousPacketSpraying:
    """Give each packet the next of a shuffled set of entropies, which switches hash."""

    source: ClassVar[str] = "Ultra Ethernet Consortium, Ultra Ethernet Specification 1.0, 2025"
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """Size of the set."""

        entropies: int = field(
            64,
            description="entropy values that a walk visits once each, a power of two",
            ge=2,
            le=65536,
        )

        @field_validator("entropies")
        @classmethod
        def _power_of_two(cls, value: int) -> Any:
            if value & (value - 1):
                near = 1 << value.bit_length() - 1
                raise problem("out-of-range", f"{value} is not a power of two", hint=f"{near}")
            return value

    @staticmethod
    def pack(config: Config, network: Network) -> Numbers:
        """Return the number of entropies."""
        return Numbers(whole=(config.entropies,))

    tag = staticmethod(tag)
    choose = staticmethod(choose)
