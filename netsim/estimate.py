"""What a run will cost, told before it begins: flows, packet-hops, samples, rows, memory, time.

A family says its own numbers (`Family.estimate`), from sizes and formulas and without drawing
anything; this module holds their form, adds what every process takes, and judges them. The numbers
are for one replication, since replications run one after another. Memory and packet-hops are meant
to be within a factor of 2 of what is measured, time within what machines differ by.

A run is refused where it would need more memory than this process may use, or take more than
`MOST_SAMPLES` samples; the error names the field that asks for most of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from netsim.memory_limit import Allowed, allowed_memory
from netsim.problems import Problem

#: Samples (instants at which links or memories are looked at) that a run may take.
MOST_SAMPLES: Final = 10**7
#: Bytes of the interpreter with what every run loads, and of a table's writer.
PROCESS: Final = 110 * 10**6
#: Bytes per row of a table while its row group is gathered and written, and rows of a group.
PER_ROW: Final = 200
GATHERED: Final = 1 << 20

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one replication costs.

    Parameters
    ----------
    flows
        Flows handed to the fabric.
    packet_hops
        Data packets times links.
    samples
        Instants of time series.
    rows
        Rows of all tables.
    memory
        Bytes beyond those of an idle process, by the field that asks for them.
    seconds
        Processor time.
    sampled
        The field that decides on the number of samples.
    """

    flows: float = 0.0
    packet_hops: float = 0.0
    samples: float = 0.0
    rows: float = 0.0
    memory: Mapping[Place, float] = field(default_factory=dict)
    seconds: float = 0.0
    sampled: Place = ("record", "sample_every")

    @property
    def peak(self) -> float:
        """Bytes that the process will have at most, tables included."""
        return PROCESS + sum(self.memory.values()) + PER_ROW * min(self.rows, GATHERED)

    def facts(self) -> dict[str, int | float]:
        """Return the numbers by name, for programs."""
        return {
            "flows": round(self.flows),
            "packet_hops": round(self.packet_hops),
            "samples": round(self.samples),
            "rows": round(self.rows),
            "memory": round(self.peak),
            "cpu_time": float(f"{self.seconds:.3g}"),
        }

    def __str__(self) -> str:
        counts = {
            "flow": self.flows,
            "packet-hop": self.packet_hops,
            "sample": self.samples,
            "row": self.rows,
        }
        said = [_counted(number, thing) for thing, number in counts.items() if number >= 0.5]
        return ", ".join([*said, f"{_size(self.peak)} of memory", _lasting(self.seconds)])


class _Planned(Protocol):
    """What is read of a scenario: its family knows the cost, its written form the places."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> Any: ...
    @property
    def family(self) -> Any: ...
    @property
    def written(self) -> Any: ...


def estimate(scenario: _Planned) -> Estimate:
    """Return what one replication of `scenario` will cost."""
    said: Estimate = scenario.family.estimate(scenario.model)
    return said


def refuse_too_large(
    scenario: _Planned, cost: Estimate | None = None, allowed: Allowed | None = None
) -> None:
    """Raise if a replication of `scenario` needs more than it may have.

    Parameters
    ----------
    scenario
        What is to be run.
    cost
        Its estimate, if it is known already.
    allowed
        The memory that may be used; default: what this process may use.

    Raises
    ------
    ScenarioError
        At the field that asks for most of it.
    """
    cost = estimate(scenario) if cost is None else cost
    allowed = allowed_memory() if allowed is None else allowed
    if cost.samples > MOST_SAMPLES:
        raise _at_its_place(
            scenario,
            Problem(
                f"{_counted(cost.samples, 'sample')} are too many ({_written(cost.sampled)}): at "
                f"most {_scaled(MOST_SAMPLES)}",
                at=cost.sampled,
                hint="sample less often (record.sample_every), or end earlier (until)",
            ),
        )
    if cost.peak > allowed.size:
        place = max(cost.memory, key=lambda at: cost.memory[at], default=())
        raise _at_its_place(
            scenario,
            Problem(
                f"a run would take about {_size(cost.peak)} of memory, most of it for "
                f"{_written(place)}, and this process may use {_size(allowed.size)} "
                f"({allowed.source})",
                at=place,
                hint=f"lower {_written(place)}, or run it where there is more",
            ),
        )


def _at_its_place(scenario: _Planned, problem: Problem) -> Exception:
    """Return the error that says a problem where the scenario is written."""
    error: Exception = scenario.written.refusal(problem)
    return error


def _written(place: Place) -> str:
    """Return a place as ``--set`` takes it."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return text.lstrip(".") or "the scenario"


def _counted(number: float, thing: str) -> str:
    """Return a number of things: ``64 flows``, ``1.25 M rows``."""
    whole = round(number)
    if whole < 1000:
        return f"{whole} {thing}" + ("" if whole == 1 else "s")
    return f"{_scaled(number)} {thing}s"


def _size(size: float) -> str:
    return f"{_scaled(size)}B"


def _scaled(value: float) -> str:
    """Return a number from 1000 on in three digits: ``1.25 M``."""
    for limit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= limit:
            return f"{value / limit:.3g} {letter}"
    return f"{value / 1e3:.3g} k"


def _lasting(seconds: float) -> str:
    """Return a span of processor time in words."""
    for limit, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= limit:
            return f"about {seconds / limit:.2g} {unit}"
    return f"about {max(seconds, 0.1):.2g} s"


def summed(parts: Mapping[Place, float], more: Mapping[Place, float]) -> dict[Place, float]:
    """Return the memory of both, by field."""
    total: dict[Any, float] = dict(parts)
    for place, size in more.items():
        total[place] = total.get(place, 0.0) + size
    return total
