"""Recycled entropy packet spraying: use again the paths whose packets came through unmarked.

A sender keeps a ring of `ENTROPIES` entropies. A reply without a mark puts its packet's entropy
into the ring; each packet takes the oldest that has not been used yet, and a random one if there is
none.

In the variant `paper` a timeout *freezes* the ring, as long as it is not frozen and nothing is to
be explored: entropies that were used are taken again, from the place of the next one on, and none
is drawn. The first unmarked reply after `freeze` ends that, and the next bandwidth-delay product of
packets explores: each takes a random entropy.

In the variant `htsim` a ring freezes only where losses are seen as trimmed packets. Queues here
drop whole packets, so it goes on recycling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from netsim.fabric.balancing.ops import choose
from netsim.fabric.balancing.policy import RoutingConfig
from netsim.fabric.kernel.hashing import below, draw
from netsim.fabric.kernel.label import counter_of, flow_of, is_ack
from netsim.fabric.kernel.packet import echo_at, marked_at
from netsim.fabric.kernel.state import HEADER, PAYLOAD, POLICY_KEY, PRODUCT, SCALE, State
from netsim.fabric.transports.transport import Numbers
from netsim.fields import PositiveTime, field
from netsim.registry import register

if TYPE_CHECKING:
    from typing import Any

    from netsim.topology.network import Network

ENTROPIES = 8
#: Behind the ring, in the row of a flow: entries ever filled (at most `ENTROPIES`), where the next
#: one goes, how many are unused, packets that still explore, and when freezing may end (0: it is
#: not frozen).
FILLED = ENTROPIES
NEXT = ENTROPIES + 1
UNUSED = ENTROPIES + 2
EXPLORE = ENTROPIES + 3
THAW = ENTROPIES + 4
ROW = ENTROPIES + 5

# Numbers of state.policy
RANGE = 0
FREEZE = 1

_DRAW = 3 << 59


def tag(state: State, flow: int, label: int, now: int) -> int:
    """Return the packet's entropy: recycled, or random; that of a reply is random."""
    if is_ack(label):
        return drawn(state, flow, label)
    cells = state.policy_flows
    row = flow * ROW
    if cells[row + EXPLORE] > 0:
        cells[row + EXPLORE] -= 1
        return drawn(state, flow, label)
    if cells[row + UNUSED] > 0:
        place = (cells[row + NEXT] - cells[row + UNUSED]) % ENTROPIES
        cells[row + UNUSED] -= 1
        return cells[row + place]
    if cells[row + THAW] == 0 or cells[row + FILLED] == 0:
        return drawn(state, flow, label)
    place = cells[row + NEXT] % cells[row + FILLED]
    cells[row + NEXT] = (place + 1) % ENTROPIES
    return cells[row + place]


def drawn(state: State, flow: int, label: int) -> int:
    """Return a random entropy, another for each sending."""
    bits = draw(state.fixed[POLICY_KEY], _DRAW | flow_of(label), counter_of(label))
    return below(bits, state.policy[RANGE])


def feedback(state: State, flow: int, packet: int, now: int) -> None:
    """Keep the entropy of a packet that was not marked."""
    if marked_at(state, packet):
        return
    cells = state.policy_flows
    row = flow * ROW
    place = cells[row + NEXT]
    cells[row + place] = echo_at(state, packet)
    cells[row + NEXT] = (place + 1) % ENTROPIES
    cells[row + UNUSED] = min(cells[row + UNUSED] + 1, ENTROPIES)
    cells[row + FILLED] = max(cells[row + FILLED], place + 1)
    if cells[row + THAW] != 0 and now > cells[row + THAW]:
        cells[row + THAW] = 0
        cells[row + EXPLORE] = window(state, flow)


def setback(state: State, flow: int, now: int) -> None:
    """Freeze the ring after a timeout, in the variant that does so."""
    cells = state.policy_flows
    row = flow * ROW
    if state.policy[FREEZE] > 0 and cells[row + THAW] == 0 and cells[row + EXPLORE] == 0:
        cells[row + THAW] = now + state.policy[FREEZE]


def window(state: State, flow: int) -> int:
    """Return the flow's bandwidth-delay product in packets, rounded up."""
    kind: Any = int(state.class_of[flow])
    wire = state.fixed[PAYLOAD] + state.fixed[HEADER]
    return (state.scales[kind * SCALE + PRODUCT] + wire - 1) // wire


@register("routing", "reps")
class RecycledEntropies:
    """Send packets over paths again whose acknowledgements came back without a mark."""

    source: ClassVar[str] = (
        "T. Bonato et al., REPS: Recycled Entropy Packet Spraying for Adaptive Load Balancing and "
        "Failure Mitigation, arXiv 2407.21625"
    )
    flow_row: ClassVar[int] = ROW
    reads_no_ports: ClassVar[bool] = True

    class Config(RoutingConfig):
        """How many entropies there are, and what a loss does."""

        entropies: int = field(
            65536, description="number of entropy values that are drawn from", ge=2, le=1 << 30
        )
        variant: Literal["htsim", "paper"] = field(
            "htsim", description="whether a timeout freezes the ring (paper) or not (htsim)"
        )
        freeze: PositiveTime = field(
            "10 ms", description="how long a ring stays frozen at least, in the variant paper"
        )

    @staticmethod
    def pack(config: Config, network: Network) -> Numbers:
        """Return the number of entropies, and how long a ring is frozen: 0 if it never is."""
        frozen = config.freeze if config.variant == "paper" else 0
        return Numbers(whole=(config.entropies, frozen))

    tag = staticmethod(tag)
    choose = staticmethod(choose)
    feedback = staticmethod(feedback)
    setback = staticmethod(setback)
