"""A family without physics for tests of the runner and the commands: a process that counts.

`install` registers it in this process; `write_plugin` makes it a plug-in for other processes.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any, ClassVar

from netsim import registry
from netsim.errors import SimulationError
from netsim.estimate import Estimate
from netsim.family import ScenarioModel
from netsim.fields import PositiveTime, field
from netsim.metrics.schema import Column, Headline, Table

#: With this variable in the environment nothing fails.
WELL = "TOY_IS_WELL"
#: Seconds of real time that each count takes more.
NAP = "TOY_NAPS"

TICKS = Table(
    "ticks",
    1,
    "one row per tick",
    (
        Column("tick", "int64", "1", "index of the tick"),
        Column("t", "int64", "ps", "when it happened"),
        Column("drawn", "float64", "1", "a random number"),
    ),
    ("tick",),
)


class ToyScenario(ScenarioModel):
    """Count to a number."""

    ticks: int = field(description="how far to count", ge=1)
    every: PositiveTime = field("1 us", description="time between two ticks")
    fail_in: int | None = field(None, description="replication that fails")
    trouble: str = field(
        "model", description="model, bug, stall, interrupt, library, deaf or sleep"
    )


class Toy:
    """Counts to a number."""

    name: ClassVar[str] = "toy"
    summary: ClassVar[str] = "counts to a number"
    source: ClassVar[str] = "Peano, Arithmetices principia, 1889"
    Scenario = ToyScenario
    tables: ClassVar[tuple[str, ...]] = ("ticks",)
    optional_tables: ClassVar[tuple[str, ...]] = ()
    run_columns: ClassVar[tuple[Column, ...]] = (
        Column("last", "int64", "ps", "time of the last tick"),
        Column("sum", "float64", "1", "sum of the random numbers"),
    )
    headlines: ClassVar[tuple[Headline, ...]] = (Headline("last", "time of the last tick"),)

    def check(self, scenario):
        return []

    def estimate(self, scenario):
        return Estimate(rows=scenario.ticks, seconds=1e-5 * scenario.ticks)

    def describe(self, scenario):
        return f"{scenario.ticks} ticks"

    def explain(self, scenario):
        return [f"counts to {scenario.ticks}"]

    def build(self, scenario, context):
        return Counting(scenario, context)


class Counting:
    """One count, on its way."""

    def __init__(self, scenario, context):
        self._scenario = scenario
        self._context = context
        self._generator = context.streams.generator("toy")
        self._rows: list[tuple[int, int, float]] = []
        self._done = context.env.process(self._count())

    def progress(self):
        return len(self._rows) / self._scenario.ticks

    def finish(self):
        ticks, times, drawn = zip(*self._rows, strict=True)
        self._context.recorder.write(
            "ticks", {"tick": list(ticks), "t": list(times), "drawn": list(drawn)}
        )
        return {"last": times[-1], "sum": sum(drawn)}

    def _count(self):
        env = self._context.env
        time.sleep(float(os.environ.get(NAP, "0")))
        for tick in range(self._scenario.ticks):
            yield env.timeout(self._scenario.every)
            self._rows.append((tick, env.now, float(self._generator.random())))
            well = WELL in os.environ
            if self._context.streams.replication == self._scenario.fail_in and not well:
                yield from self._trouble()

    def _trouble(self) -> Any:
        env = self._context.env
        match self._scenario.trouble:
            case "model":
                raise SimulationError(f"the count broke at t={env.now} ps")
            case "bug":
                raise ZeroDivisionError("division by zero")
            case "interrupt":
                raise KeyboardInterrupt
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hog":
                held = []
                while True:
                    held.append(bytearray(os.urandom(1 << 24)))
            case "loop":
                while True:
                    pass
            case "library" | "deaf":
                # A call that comes back for no signal; a deaf one keeps the interpreter as well.
                lib = (ctypes.CDLL if self._scenario.trouble == "library" else ctypes.PyDLL)(None)
                mutex = ctypes.create_string_buffer(64)
                lib.pthread_mutex_lock(mutex)
                print("asleep", flush=True)
                lib.pthread_mutex_lock(mutex)
            case "sleep":
                print("asleep", flush=True)
                time.sleep(60)
            case _:
                waiting = env.event()
                env.expect(waiting, "counter: one more finger")
                yield waiting


def install() -> None:
    """Register the family and its table."""
    registry.register("workload", "toy")(Toy())
    registry.register("table", "ticks")(TICKS)


def write_plugin(site: Path) -> Path:
    """Make `site` a folder for PYTHONPATH in which the family is an installed plug-in."""
    information = site / "toy_plugin-1.0.dist-info"
    information.mkdir(parents=True)
    shutil.copy(__file__, site / "toy_family.py")
    (site / "toy_plugin.py").write_text("import toy_family\n\ntoy_family.install()\n")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[netsim.plugins]\ntoy = toy_plugin\n")
    return site


def uninstall() -> None:
    """Forget the family again."""
    registry._entries["workload"].pop("toy", None)
    registry._entries["table"].pop("ticks", None)
