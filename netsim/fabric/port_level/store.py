"""The executor's arrays between its calls: made, grown by doubling, and extended by slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.fabric.kernel.arrays import longer
from netsim.fabric.port_level import state as at
from netsim.fabric.port_level.state import PortState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


#: The arrays of 32-bit numbers, with one entry per message.
_NUMBERS: Final = (
    *("sender_of", "slot_of"),
    *("sender_next", "sender_last", "slot_next", "slot_last"),
)


class Store:
    """Owner of an executor's `PortState`: hands it out, and replaces arrays that are too small.

    Parameters
    ----------
    hosts
        Number of hosts.
    """

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._slots: dict[tuple[int, int], int] = {}
        self._successors = 0
        self.state = _empty(hosts)

    def rows(self) -> Ints:
        """Return the messages as rows and columns, without copying."""
        return self.state.messages.reshape(-1, at.MESSAGE)

    def reserve_messages(self, count: int) -> None:
        """Make room for `count` messages in all."""
        widths = {"messages": at.MESSAGE, "later": at.ENTRY, "fresh": 1}
        widths |= dict.fromkeys(_NUMBERS, 1)
        if len(self.state.back):
            widths["back"] = 1
        self._reserve(count, widths)

    def reserve_back(self) -> None:
        """Make room for the times after which senders know."""
        room = len(self.state.fresh)
        self.state = self.state._replace(back=longer(self.state.back, room))

    def reserve_batches(self, count: int) -> None:
        """Make room for `count` batches in all."""
        self._reserve(count, {"batches": at.BATCH, "finished": 1})

    def add_successors(self, messages: Ints, lags: Ints) -> int:
        """Append who waits, and how long; return where they begin."""
        first = self._successors
        self._successors += len(messages)
        self._reserve(self._successors, {"successors": 1, "lags": 1})
        self.state.successors[first : self._successors] = messages
        self.state.lags[first : self._successors] = lags
        return first

    def slots(self, receiver: Ints, lead: Ints) -> Ints:
        """Return the slot of each message, given its receiver and its lead; new ones are made."""
        order = np.lexsort((-lead, receiver))
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (np.diff(receiver[order]) != 0) | (np.diff(lead[order]) != 0)
        firsts = order[fresh]
        kinds = zip(receiver[firsts].tolist(), lead[firsts].tolist(), strict=True)
        numbers = np.array([self.slot(*kind) for kind in kinds], np.int64)
        found = np.empty(len(order), np.int64)
        found[order] = numbers[np.cumsum(fresh) - 1] if len(order) else numbers
        return found

    def slot(self, receiver: int, lead: int) -> int:
        """Return the slot of `receiver` with that lead, a new one if there is none."""
        number = self._slots.get((receiver, lead))
        if number is None:
            number = self._slots[receiver, lead] = len(self._slots)
            self._add_slot(number, receiver, lead)
        return number

    def _add_slot(self, number: int, receiver: int, lead: int) -> None:
        """Put a new slot among those of its receiver, whose leads fall."""
        self._reserve(number + 1, {"slots": at.SLOT, "opened": 1})
        self._reserve(self._hosts + number + 1, {"candidates": at.ENTRY})
        slots, receivers = self.state.slots, self.state.receivers
        first = receiver * at.RECEIVER + at.FIRST_SLOT
        before, following = at.NOBODY, int(receivers[first])
        while following != at.NOBODY and slots[following * at.SLOT + at.LEAD] > lead:
            before, following = following, int(slots[following * at.SLOT + at.NEXT_SLOT])
        row = number * at.SLOT
        slots[row : row + at.RECEIVER_OF + 1] = lead, at.NOBODY, at.NOBODY, following, receiver
        if before == at.NOBODY:
            receivers[first] = number
        else:
            slots[before * at.SLOT + at.NEXT_SLOT] = number

    def _reserve(self, count: int, widths: dict[str, int]) -> None:
        """Let the arrays hold `count` rows of these widths, twice as many as now at least."""
        grown: dict[str, Any] = {}
        for name, width in widths.items():
            array = getattr(self.state, name)
            if len(array) < count * width:
                grown[name] = longer(array, max(count * width, 2 * len(array)))
        if grown:
            self.state = self.state._replace(**grown)


def _empty(hosts: int) -> PortState:
    """Return the state of a network in which nothing has happened."""
    arrays: dict[str, Any] = {name: np.zeros(0, np.int64) for name in PortState._fields}
    arrays |= {name: np.zeros(0, np.int32) for name in _NUMBERS}
    leaf = 1 << max(1, (at.LEAVES * hosts - 1).bit_length())
    arrays["tree"] = np.full(2 * leaf, at.NEVER, np.int64)
    arrays["clock"] = np.zeros(at.CLOCK, np.int64)
    arrays["clock"][at.STOP_AT] = at.NEVER
    arrays["fixed"] = np.array([hosts, leaf], np.int64)
    senders = np.zeros((hosts, at.SENDER), np.int64)
    senders[:, [at.FIRST, at.LAST]] = at.NOBODY
    receivers = np.zeros((hosts, at.RECEIVER), np.int64)
    receivers[:, [at.FIRST_SLOT, at.FLYING_FIRST, at.FLYING_LAST]] = at.NOBODY
    arrays["senders"] = longer(senders.reshape(-1), senders.size)
    arrays["receivers"] = longer(receivers.reshape(-1), receivers.size)
    arrays["touched"] = np.zeros(hosts, np.int64)
    return PortState(**arrays)
