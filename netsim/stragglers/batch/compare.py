"""Several codes over common delays: replications in blocks, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np

import netsim.delays.process as delays
from netsim.stragglers.batch.play import BatchResult, Play, play_all, scheme_for
from netsim.stragglers.waiting import WaitConfig

#: Cells (replications x rounds x workers) in a block: 256 MiB of delays.
_CELLS: Final = 1 << 25


def compare(
    codes: Mapping[str, Any],
    process: delays.DelayConfig,
    *,
    workers: int,
    jobs: int,
    replications: int,
    seed: int = 1,
    wait: WaitConfig | None = None,
    per_load: float = 0.0,
    load_mode: Literal["constant", "exact"] = "constant",
    cells: int = _CELLS,
) -> dict[str, BatchResult]:
    """Return, by label, what each code made of the same delays.

    Parameters
    ----------
    codes
        Validated blocks ``code``, by label.
    process
        A validated block ``delays``.
    workers, jobs, replications, seed, wait, per_load, load_mode
        As in a scenario.
    cells
        Size of a block; it changes no value.
    """
    waiting = wait if wait is not None else WaitConfig()
    schemes = {label: scheme_for(code, workers, waiting) for label, code in codes.items()}
    rounds = jobs + max((scheme.T for scheme in schemes.values()), default=0)
    parts: dict[str, list[BatchResult]] = {label: [] for label in schemes}
    as_is = delays.taken_as_is(process)
    blocks = delays.blocks(process, seed, replications, rounds, workers, cells=cells)
    for some, times in blocks:
        plays = {
            label: Play(
                scheme,
                jobs,
                len(some),
                waiting,
                0.0 if as_is else per_load,
                delays.reference_load(process),
                load_mode,
            )
            for label, scheme in schemes.items()
        }
        play_all(list(plays.values()), times)
        for label, play in plays.items():
            parts[label].append(play.result)
    return {label: _joined(results) for label, results in parts.items()}


def _joined(results: list[BatchResult]) -> BatchResult:
    return BatchResult(
        np.concatenate([part.duration for part in results]),
        np.concatenate([part.waited for part in results]),
        np.concatenate([part.stragglers for part in results]),
        np.concatenate([part.candidates for part in results]),
    )
