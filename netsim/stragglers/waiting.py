"""When the master ends a round.

The fastest worker sets the scale: kappa is the first result's time and the threshold is (1+mu)
kappa. At the threshold the workers still out are candidates; if the code's rule bears their loss,
the round is over and they are its stragglers. Otherwise the master waits them out: for all of them,
or for the fewest, in the order in which they finish. Results at the very end of a round are in
time.

`RoundEnd` is fed with arrivals in the order of time and needs no knowledge of later ones, so that
it serves drawn delays and results that travel through a network alike.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from netsim.fields import Config, field
from netsim.stragglers.codes.scheme import Assignment, Flags, Integers, Scheme

_PAPER = "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023, section 2"


class WaitConfig(Config):
    """When the master ends a round."""

    mu: float = field(
        1.0,
        description="threshold: (1+mu) times the time of the round's fastest worker",
        source=_PAPER,
        ge=0,
        le=1e6,
    )
    policy: Literal["minimal", "all"] = field(
        "minimal",
        description="beyond the threshold wait for as few workers as the rule allows, or for all",
        source=_PAPER,
    )
    rule: Literal["model", "decodable"] = field(
        "model",
        description="whose loss is borne: what the code's straggler model allows, or whatever "
        "leaves all jobs decodable",
        source=_PAPER,
    )
    stop: Literal["threshold", "first_decodable"] = field(
        "threshold",
        description="end a round at the threshold, or as soon as the rule holds (codes without "
        "delay only)",
        source="Tandon et al., Gradient Coding, ICML 2017",
    )


class RoundEnd:
    """The end of one round, found online.

    Times are picoseconds since the start of the round. After every instant at which results came
    in, and at `threshold`, call `judge`.

    Parameters
    ----------
    scheme
        The scheme, with the round assigned.
    assignment
        What it assigned.
    wait
        How to wait.
    """

    def __init__(self, scheme: Scheme, assignment: Assignment, wait: WaitConfig) -> None:
        self._scheme = scheme
        self._wait = wait
        self._eager = scheme.eager or wait.stop == "first_decodable"
        self._collecting = assignment.collecting
        self._tested = False
        #: Timed workers whose results are not in.
        self.late: Flags = np.array(assignment.timed)
        self._out = int(np.count_nonzero(self.late))
        #: Time of the first result; None before it, and where a round only collects.
        self.kappa: int | None = None
        self.threshold: int | None = None
        #: Workers later than the threshold.
        self.candidates = 0
        #: Whether the rule failed at the threshold.
        self.waited = scheme.always_waits

    def arrive(self, elapsed: int, workers: Integers) -> None:
        """Take in the results of `workers`, each once."""
        self.late[workers] = False
        self._out -= len(workers)
        if self.kappa is None and not self._collecting:
            self.kappa = elapsed
            self.threshold = elapsed + round(self._wait.mu * elapsed)

    @property
    def wake(self) -> int | None:
        """When to judge next even if nothing comes in: the threshold, until it has passed."""
        return None if self._tested else self.threshold

    def judge(self, elapsed: int) -> bool:
        """Return whether the round ends now."""
        if not self._out:
            return True
        if self._collecting or self.threshold is None:
            return False
        if elapsed < self.threshold:
            return self._eager and self._scheme.admits(self.late)
        if not self._tested:
            self._tested = True
            self.candidates = self._out
            admitted = self._scheme.admits(self.late)
            self.waited |= not admitted
            return admitted
        if self._wait.policy == "all" and not self._eager:
            return False
        return self._scheme.admits(self.late)
