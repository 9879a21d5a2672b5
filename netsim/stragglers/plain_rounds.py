"""Tables of rounds that follow each other at once, each of them the whole of its job."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netsim.engine.clock import SECOND
from netsim.family import RunContext, Scalar
from netsim.stragglers.codes.scheme import Scheme


def write_plain_rounds(
    context: RunContext,
    scheme: Scheme,
    jobs: int,
    ends: Sequence[int],
    unused: Sequence[int],
    decode_time: int = 0,
) -> dict[str, Scalar]:
    """Write `rounds` and `jobs`; return the run's figures that follow from them.

    Parameters
    ----------
    context
        With the recorder of the replication.
    scheme
        The scheme.
    jobs
        How many rounds were to be played; if fewer are over, the next one is open.
    ends
        When each round was over (ps), decoding included.
    unused
        For each round, workers none of whose results was used.
    decode_time
        Part of every round (ps).
    """
    load = scheme.load()
    over = len(ends)
    starts = np.array([0, *ends], dtype=np.int64)
    if over:
        context.recorder.write(
            "rounds",
            {
                "round": np.arange(over),
                "start": starts[:-1],
                "end": starts[1:],
                "duration": np.diff(starts) / SECOND,
                "waited": np.zeros(over, dtype=np.bool_),
                "stragglers": np.array(unused),
                "candidates": np.zeros(over, dtype=np.int64),
                "load": np.full(over, float(load)),
                "decode_time": np.full(over, decode_time / SECOND),
            },
        )
    started = min(over + 1, jobs)
    done: list[bool] = [job < over for job in range(started)]
    context.recorder.write(
        "jobs",
        {
            "job": np.arange(started),
            "decoded": done,
            "start": starts[:started],
            "completion": [ends[job] if met else None for job, met in enumerate(done)],
            "completion_round": [job if met else None for job, met in enumerate(done)],
            # Whether an open round would have met it is not known.
            "deadline_met": [met or None for met in done],
        },
    )
    figures: dict[str, Scalar] = {
        "load_numerator": load.numerator,
        "load_denominator": load.denominator,
        "total_time": int(starts[-1]) / SECOND,
        "rounds": over,
        "waits": 0,
        "jobs_decoded": over,
    }
    return figures if over == jobs else figures | {"status": "unfinished"}
