"""Asynchronous SGD: updates from the first gradients that are in, fresh or stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from netsim.family import RunContext, Simulation
from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.k_sync import KSync
from netsim.stragglers.codes.scheme import CodeConfig

if TYPE_CHECKING:
    from netsim.stragglers.schema import StragglersScenario


@register("code", "k_async")
class KAsync(KSync):
    """An update from the first k gradients, of whatever age; the other workers go on.

    With exponential times all workers are alike at every moment, so an update takes
    ``(H_n - H_{n-k}) / rate`` on average.
    """

    own_tables: ClassVar[tuple[str, ...]] = ("gradients",)

    class Config(CodeConfig):
        """How many gradients make an update."""

        k: int = field(description="gradients that make an update", ge=1)
        batch: bool = field(
            False,
            description="who has returned computes again on the model it has, and does not wait "
            "(k-batch-async)",
        )

    @property
    def delay_rounds(self) -> int:
        """How many tasks some worker does at the least."""
        k = int(self.config.k)
        later = self.jobs * k - 1 if self.config.batch else (self.jobs - 1) * k
        return _busiest(self.workers + later, self.workers)

    @classmethod
    def build(cls, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Return workers that run free."""
        from netsim.stragglers.free_running import FreeRunning

        code: Any = scenario.code
        return FreeRunning(scenario, context, code.k, "again" if code.batch else "wait")


@register("code", "async_sgd")
class AsyncSGD(KSync):
    """Fully asynchronous SGD: every gradient is an update.

    With n alike workers a gradient is on average n-1 updates old when it is applied.
    """

    own_tables: ClassVar[tuple[str, ...]] = ("gradients",)

    class Config(CodeConfig):
        """Fully asynchronous SGD has no parameters."""

    def __init__(self, config: Any, workers: int, **more: Any) -> None:
        super().__init__(KSync.Config(k=1), workers, **more)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return nothing: it is always possible."""
        return []

    @property
    def delay_rounds(self) -> int:
        """How many tasks some worker does at the least."""
        return _busiest(self.workers + self.jobs - 1, self.workers)

    @classmethod
    def build(cls, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Return workers that run free."""
        from netsim.stragglers.free_running import FreeRunning

        return FreeRunning(scenario, context, 1, "wait")


@register("code", "k_batch_sync")
class KBatchSync(KSync):
    """The first k gradients on the current model, from whichever workers; then all start anew.

    A worker that has returned computes another one at once, so fast workers may return several.
    With exponential times an update takes ``k / (n rate)`` on average.
    """

    own_tables: ClassVar[tuple[str, ...]] = ("gradients",)

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return nothing: a worker may return several."""
        return []

    def allowed(self) -> int:
        """Return that all but one may be late: the others may return several."""
        return max(self.workers - int(self.config.k), 0)

    @property
    def delay_rounds(self) -> int:
        """How many tasks some worker does at the least."""
        return _busiest(self.jobs * (self.workers + int(self.config.k) - 1), self.workers)

    @classmethod
    def build(cls, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Return workers that run free."""
        from netsim.stragglers.free_running import FreeRunning

        code: Any = scenario.code
        return FreeRunning(scenario, context, code.k, "restart")


def _busiest(tasks: int, workers: int) -> int:
    """Return how many of the tasks somebody does at the least: an n-th of them, rounded up."""
    return -(-tasks // workers)
