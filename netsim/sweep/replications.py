"""The replications of one scenario as a sweep of one point, so that workers can share them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netsim.errors import NetsimError, SimulationError
from netsim.scenario import Scenario
from netsim.simulate import Spread
from netsim.sweep.points import Points
from netsim.sweep.study import Executor, Study
from netsim.sweep.worker import Job

if TYPE_CHECKING:
    from netsim.metrics.marks import Key
    from netsim.metrics.rundir import RunDirectory


class OnePoint(Points):
    """A scenario as the only point of a sweep of nothing."""

    def __init__(self, scenario: Scenario) -> None:
        self.file, self.overrides = str(scenario.path), ()
        self.base = scenario

    def __len__(self) -> int:
        return 1

    identity = property(lambda self: self.base.hash)
    fields = ()
    rule = None
    metric = ("", "")

    @property
    def replications(self) -> int:
        """Replications of the scenario."""
        return self.base.model.replications

    def values(self, index: int) -> dict[str, Any]:
        """Return nothing: no field is swept."""
        return {}

    def name(self, index: int) -> str:
        """Return the name of the scenario."""
        return self.base.name

    def scenario(self, index: int) -> Scenario:
        """Return the scenario."""
        return self.base


def spread(points: OnePoint, execute: Executor) -> Spread:
    """Return what simulates replications by `execute`."""

    def fill(directory: RunDirectory, keys: Sequence[Key]) -> list[tuple[int, NetsimError]]:
        study = Study(points, directory.path)
        outcome = execute(study, [Job(0, tuple(key.replication for key in keys))])
        if outcome.stopped:
            raise KeyboardInterrupt
        return [(number, SimulationError(why)) for _, number, why in outcome.failed]

    return fill
