"""What a family of simulations is: its scenario model, its tables, how it is built and finished.

The scenario layer, the runner and the command line know families only through this module and the
registry (``workload``). A family registers a class, or an object, that is a `Family`; the way of a
scenario is then::

    model = family.Scenario(...)                validated by the scenario layer
    problems = family.check(model)              what only the family can judge (data files, ...)
    simulation = family.build(model, context)   objects wired together, processes started
    context.env.run(until)                      time passes
    columns = simulation.finish()               tables written; returns its columns of `runs`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol

from netsim.fields import Config, PositiveTime, Time, field
from netsim.fields.expect import ExpectConfig, HeadlineName
from netsim.fields.sweep import SweepConfig

if TYPE_CHECKING:
    from netsim.engine.environment import Environment
    from netsim.estimate import Estimate
    from netsim.metrics.recorder import Recorder
    from netsim.metrics.schema import Column, Headline
    from netsim.problems import Problem
    from netsim.rng import Streams

#: What a name looks like that may stand in a path and in a shell as it is.
SLUG: Final = r"^[A-Za-z0-9_.\-]*$"

Scalar = int | float | str | bool | None


class RecordConfig(Config):
    """What to write beyond the summary tables.

    A family may narrow it to a subclass with fields of its own. One that asks for rows of a table
    switches that table on by itself, and is named with it in `switches`.
    """

    #: Which field switches which table on, wherever its value is neither missing, empty nor false.
    switches: ClassVar[Mapping[str, str]] = {}

    tables: tuple[str, ...] = field(
        (), description="opt-in tables, on top of the family's default ones"
    )
    sample_every: PositiveTime | None = field(
        None, description="sampling interval of time-series tables"
    )
    warmup: Time = field("0 s", description="rows that start earlier are left out of summaries")

    def asked_for(self) -> tuple[str, ...]:
        """Return the opt-in tables that are asked for, by name or by a field of their own."""
        by_fields = [table for name, table in self.switches.items() if getattr(self, name)]
        return tuple(dict.fromkeys((*self.tables, *by_fields)))


class ScenarioModel(Config):
    """The fields that every scenario has, whatever its family."""

    netsim: Literal[1] = field(description="version of the scenario format")
    name: str = field(
        "",
        description="short name, a slug; default: the file's stem",
        pattern=SLUG,
        max_length=80,
    )
    description: str = field("", description="one sentence for readers", max_length=2000)
    workload: str = field(description="the family, which decides the other fields")
    seed: int = field(1, description="seed of all random streams", ge=0, le=2**63 - 1)
    replications: int = field(
        1, description="number of runs with independent random streams", ge=1, le=1_000_000
    )
    until: PositiveTime | None = field(
        None,
        description="stop at this simulated time (exclusive); default: when nothing is left to do",
    )
    record: RecordConfig = field({}, description="what to write beyond the summary tables")
    expect: dict[HeadlineName, ExpectConfig] = field(
        {}, description="headlines that `netsim reproduce` compares with, by TABLE.COLUMN"
    )
    sweep: SweepConfig | None = field(
        None, description="parameter sweep; `run` simulates the base point"
    )


@dataclass(frozen=True, slots=True)
class RunContext:
    """What one replication is built from.

    Parameters
    ----------
    env
        Where time passes.
    streams
        Random streams.
    recorder
        Where the tables go.
    until
        When the run is stopped (ps, exclusive), or None.
    sample_every
        Sampling interval of time-series tables (ps), or None where the scenario names none.
    keep_flows
        Whether a fabric remembers flows that are over, for a family that asks for them at the end;
        else their memory is used again, and only what is recorded of them stays.
    """

    env: Environment
    streams: Streams
    recorder: Recorder
    until: int | None = None
    sample_every: int | None = None
    keep_flows: bool = False


class Simulation(Protocol):
    """One replication, wired together."""

    def progress(self) -> float | None:
        """Return the share of the work that is done, 0 to 1, or None where it is not known."""
        ...

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables to the recorder and return the family's columns of table `runs`."""
        ...


class Family(Protocol):
    """A family of simulations, registered as ``register("workload", NAME)``."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """What it answers, in one line, for `netsim list`."""
    source: ClassVar[str]
    """The published work that it follows."""
    Scenario: type[ScenarioModel]
    """The scenario model; `workload` is narrowed to a Literal by the scenario layer."""
    tables: ClassVar[tuple[str, ...]]
    """Names of the tables written always (besides `runs` and `perf`)."""
    optional_tables: ClassVar[tuple[str, ...]]
    """Names of the tables written when `record.tables` asks."""
    run_columns: ClassVar[tuple[Column, ...]]
    """The family's columns of `runs`."""
    headlines: ClassVar[tuple[Headline, ...]]

    def check(self, scenario: Any) -> list[Problem]:
        """Return what is wrong beyond the model's validation; reads data files, runs nothing."""
        ...

    # It may also have `notes(scenario) -> list[str]`: what is left aside or not read, a line each;
    # `warnings(scenario)` and `warnings_after(scenario, rows)`: what would mislead, and what does
    # by the rows of table `runs` (`netsim.warnings`); `effective(scenario)`: what defaults that
    # depend on other fields come to (`netsim.effective`).

    def estimate(self, scenario: Any) -> Estimate:
        """Return what one replication costs, from sizes and formulas; draws nothing."""
        ...

    def describe(self, scenario: Any) -> str:
        """Return one line for the head of a run: ``leaf_spine 8x8 | permutation 4 MB``."""
        ...

    def build(self, scenario: Any, context: RunContext) -> Simulation:
        """Wire the objects of one replication together and start its processes."""
        ...
