"""What hooks may answer, and what becomes of an answer that they may not give.

A position beyond the ports, a label of another flow or a deadline in the past would send compiled
code to memory that is not its own, or keep it at one instant for ever. Such an answer is noted,
the event ends with a harmless one in its place, and the call ends before the next event; then
Python names the hook (`netsim.fabric.hooks.wrong_answer`). The checks compare what is at hand, so
they cost a few instructions where a hook is asked.
"""

from __future__ import annotations

from typing import Final

from netsim.fabric.kernel.label import ACK, TAG_BITS, flow_of, seq_of
from netsim.fabric.kernel.lives import flow_number
from netsim.fabric.kernel.options import OWN_PATHS
from netsim.fabric.kernel.state import (
    FLOW,
    KNOWN_PORTS,
    PACKETS,
    SETUP,
    SOURCE_NODE,
    STOP_AT,
    WRONG,
    WRONG_PLACE,
    WRONG_VALUE,
    State,
)

# Hooks, as the column `WRONG` of the clock names them.
CHOOSE: Final = 1
TAG: Final = 2
TAKE: Final = 3
EXPIRE: Final = 4
RECEIVE: Final = 5
ADMIT: Final = 6
NEXT_TIME: Final = 8
PICK: Final = 7


def refuse(state: State, hook: int, place: int, value: int) -> None:
    """Note that `hook` answered `value` at `place`, and end the call soon.

    A place is a switch, a flow or a link.
    """
    clock = state.clock
    if clock[WRONG] == 0:
        clock[WRONG] = hook
        clock[WRONG_PLACE] = place
        clock[WRONG_VALUE] = value
    clock[STOP_AT] = -1


def leads_on(state: State, position: int, node: int, first: int, n: int) -> bool:
    """Return whether a packet may leave the switch `node` by the port at `position`.

    Of a policy with paths of its own any port of this switch will do.
    """
    if OWN_PATHS:
        if position < 0 or position >= state.clock[KNOWN_PORTS]:
            return False
        return state.setup[state.ports[position] * SETUP + SOURCE_NODE] == node
    return position >= first and position < first + n


def is_tag(value: int) -> bool:
    """Return whether a packet can carry `value`."""
    return value >> TAG_BITS == 0


def belongs(state: State, flow: int, label: int) -> bool:
    """Return whether `label` is one of a data packet of `flow`."""
    if flow_of(label) != flow or label & ACK != 0:
        return False
    return seq_of(label) < state.flows[flow * FLOW + PACKETS]


def answers(state: State, flow: int, reply: int) -> bool:
    """Return whether `reply` is the label of an answer to `flow`."""
    of = flow_of(reply)
    return (of == flow or of == flow_number(state, flow)) and reply & ACK != 0
