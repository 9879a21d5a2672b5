"""What an algorithm of collective operations has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Formula, Task


class Algorithm(Protocol):
    """An algorithm, registered as ``register("collective_algorithm", NAME)``."""

    source: ClassVar[str]
    ops: ClassVar[tuple[str, ...]]
    """The operations that it performs."""

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return who sends what to whom; without messages if there is one rank."""
        ...

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return the closed form of the completion time on ports alone."""
        ...

    # It may also have `problem(task) -> str | None`, what of the task it cannot do, and flags:
    # `pipelined`, `chunks` means something to it; `many_channels`, so do `channels`;
    # `takes_matrix`; `grouped`, it needs groups.
