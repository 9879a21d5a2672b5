"""What is handed to a fabric at once: messages, and what each of them waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from netsim.fabric.flows import Flows, links_on_the_way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from netsim.topology.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class FlowBatch:
    """Columns with one entry per flow; the fabric starts each flow itself.

    A row whose `src` is its `dst` is a *calculation*: it takes its `delay`, sends nothing and uses
    no port. A *gate* is something to wait for that is no flow: whoever made it opens it
    (``gate = fabric.gate()``, later ``fabric.open(gate)``), so one batch can wait for another.

    Parameters
    ----------
    src, dst
        Host numbers.
    size
        Bytes of payload; of a calculation they mean nothing.
    start
        Earliest start (ps); earlier ones start when the batch is handed in.
    delay
        How long a calculation takes (ps); 0 for flows.
    predecessors
        Compressed rows ``(first, flows)``: flow `i` waits for ``flows[first[i]:first[i + 1]]``,
        numbered within the batch. None: no flow waits.
    lag
        Per entry of ``flows`` above: delay (ps) between the end of that predecessor and the
        earliest start. One number is for all.
    gates
        Compressed rows as `predecessors`, with the numbers of gates. None: no flow waits for any.
    trigger
        When a flow counts as done: ``rx`` when the receiver has it, ``tx`` when its sender knows.
    paths
        Links from host to host, one tuple per flow, for policies that are given paths.
    """

    src: ArrayLike
    dst: ArrayLike
    size: ArrayLike
    start: ArrayLike = 0
    delay: ArrayLike = 0
    predecessors: tuple[ArrayLike, ArrayLike] | None = None
    lag: ArrayLike = 0
    gates: tuple[ArrayLike, ArrayLike] | None = None
    trigger: Literal["rx", "tx"] = "rx"
    paths: Sequence[tuple[int, ...]] | None = None

    @classmethod
    def of(cls, flows: Flows, network: Network | None = None) -> FlowBatch:
        """Return traffic as a batch, with the paths that it names if `network` is given."""
        paths = links_on_the_way(flows, network) if network is not None else None
        return cls(flows.src, flows.dst, flows.size, flows.start, paths=paths)

    def __len__(self) -> int:
        return len(np.atleast_1d(np.asarray(self.src)))
