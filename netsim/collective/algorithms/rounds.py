"""Pieces that algorithms share: rings, and the folding of ranks beyond a power of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.collective.draft import Draft

    Ints = NDArray[np.int64]


def ring_reduce_scatter(
    draft: Draft, members: Ints, blocks: Ints, round: int, *, link_class: int = 0, channel: int = 0
) -> int:
    """Reduce around rings until member `i` of each has block `i`; return the next round.

    Parameters
    ----------
    draft
        Where the messages go.
    members
        Ranks, (rings, members of each).
    blocks
        Chunks of each block, (rings, members, chunks of a block).
    round
        The first round.
    link_class, channel
        Of all messages.
    """
    return _around(draft, members, blocks, round, -1, True, link_class, channel)


def ring_all_gather(
    draft: Draft, members: Ints, blocks: Ints, round: int, *, link_class: int = 0, channel: int = 0
) -> int:
    """Pass blocks around rings, block `i` from member `i` on; return the next round.

    The parameters are those of `ring_reduce_scatter`.
    """
    return _around(draft, members, blocks, round, 0, False, link_class, channel)


def _around(
    draft: Draft,
    members: Ints,
    blocks: Ints,
    round: int,
    shift: int,
    reduce: bool,
    link_class: int,
    channel: int,
) -> int:
    rings, count = (int(length) for length in members.shape)
    position = np.arange(count)
    to = np.roll(members, -1, axis=1).reshape(-1)
    for step in range(count - 1):
        sent = blocks[:, (position + shift - step) % count].reshape(rings * count, -1)
        draft.send(
            members.reshape(-1),
            to,
            sent,
            round + step,
            reduce=reduce,
            link_class=link_class,
            channel=channel,
        )
    return round + max(0, count - 1)


def fold(ranks: int) -> tuple[int, int, Ints]:
    """Return the largest power of two, how many ranks are beyond it, and who goes on.

    Of the first ``2 r`` ranks the odd ones hand their data to their even neighbours.
    """
    power = 1 << (ranks.bit_length() - 1)
    rest = ranks - power
    active = np.arange(power)
    return power, rest, np.where(active < rest, 2 * active, active + rest)


def fold_in(draft: Draft, rest: int, chunks: Ints, round: int) -> int:
    """Let the odd ones of the first ``2 r`` ranks hand over all chunks; return the next round."""
    if not rest:
        return round
    even = 2 * np.arange(rest)
    draft.send(even + 1, even, np.tile(chunks, (rest, 1)), round, reduce=True)
    return round + 1


def fold_out(draft: Draft, rest: int, chunks: Ints, round: int) -> None:
    """Hand the result back to those who handed their data over."""
    if rest:
        even = 2 * np.arange(rest)
        draft.send(even, even + 1, np.tile(chunks, (rest, 1)), round)
