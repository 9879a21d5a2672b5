"""Numeric libraries on one thread, so that equal runs give equal bytes.

A threaded BLAS may sum in an order that depends on the number of cores, and its idle threads
take time from the simulation. The libraries read these variables once, when numpy is first
imported.
"""

from __future__ import annotations

import os
import threading
from typing import Final

VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)

#: The name of a thread in which a library is called for long, while the main one hears signals.
LIBRARY_CALL: Final = "netsim-library-call"


def library_at_work() -> bool:
    """Return whether a library still computes for which nobody waits any longer."""
    return any(thread.name == LIBRARY_CALL for thread in threading.enumerate())


def one_blas_thread() -> None:
    """Make BLAS use one thread in this process and its children; call it before numpy loads.

    The command line does so for every command. A program that imports numpy before netsim
    should set ``OMP_NUM_THREADS=1`` (and the others of `VARIABLES`) itself.
    """
    for variable in VARIABLES:
        os.environ[variable] = "1"
