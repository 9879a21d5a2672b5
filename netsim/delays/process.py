"""What a delay process is, and the ways to ask one for finish times.

A registered process is a class with a `Config`, a `source`, and::

    sample(config, streams, purpose, out) -> None     fills out, (replications, rounds, workers),
                                                      with seconds

`streams` holds one `Streams` per replication; `purpose` prefixes the names of all streams that are
drawn from, so that a process that modifies another one draws apart from it. Two optional
functions::

    problems(config, rounds, workers) -> list[Problem]    what is wrong with its data files, or
                                                          with the sizes
    reference_load(config) -> float                       the load at which its times were measured
                                                          (default 0)
    measured(config, workers) -> array                    all rounds that its file holds, (rounds,
                                                          workers) in seconds, in their order
    notes(config) -> list[str]                            what it takes for granted

and an optional class attribute `taken_as_is` (default False): times are finish times already, to
which neither load, network nor decode time is added.

A process that modifies another one (`outlier`, `round_shock`) holds it in its field `base`. What
the base's times mean holds for the modified ones too: both have one reference load, and both or
neither are taken as they are. The problems of a base and of laws, and the notes of a base, are
found without its help.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Protocol

import numpy as np
from pydantic import TypeAdapter

from netsim.delays.laws.law import LawConfig, Seconds
from netsim.delays.laws.law import problems as problems_of_law
from netsim.fields import Config, OneOf, implementation
from netsim.problems import Problem
from netsim.rng import Streams

PURPOSE: Final = "compute"
_CELLS_IN_A_BLOCK: Final = 1 << 20


class DelayConfig(Config):
    """How long the workers take, round by round."""


#: Annotation of a field that holds a delay process: ``delays: Delay = field(...)``.
Delay = Annotated[DelayConfig, OneOf("delay")]


def read(block: Mapping[str, Any]) -> DelayConfig:
    """Return the block ``{kind: NAME, ...}`` as a scenario would, validated.

    >>> read({"kind": "isolated"}).kind
    'isolated'
    """
    return _adapter().validate_python(block)


@functools.cache
def _adapter() -> TypeAdapter[DelayConfig]:
    return TypeAdapter(Delay)


class DelayProcess(Protocol):
    """What a class registered under kind ``delay`` offers."""

    Config: type[DelayConfig]
    source: ClassVar[str]

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill `out` (replications, rounds, workers) with durations in seconds."""
        ...


def sample_into(
    config: DelayConfig, streams: Sequence[Streams], purpose: str, out: Seconds
) -> None:
    """Fill `out` (replications, rounds, workers) with durations in seconds."""
    implementation("delay", config).sample(config, streams, purpose, out)


def sample_many(
    config: DelayConfig,
    streams: Sequence[Streams],
    rounds: int,
    workers: int,
    purpose: str = PURPOSE,
) -> Seconds:
    """Return durations in seconds for several replications: (replications, rounds, workers)."""
    out = np.empty((len(streams), rounds, workers))
    sample_into(config, streams, purpose, out)
    return out


def sample(
    config: DelayConfig, streams: Streams, rounds: int, workers: int, purpose: str = PURPOSE
) -> Seconds:
    """Return the durations of one replication in seconds: (rounds, workers)."""
    one: Seconds = sample_many(config, (streams,), rounds, workers, purpose)[0]
    return one


def blocks(
    config: DelayConfig,
    seed: int,
    replications: int,
    rounds: int,
    workers: int,
    *,
    cells: int = _CELLS_IN_A_BLOCK,
) -> Iterator[tuple[range, Seconds]]:
    """Yield replications a few at a time, so that memory does not grow with their number.

    Yields
    ------
    range, array
        Which replications, and their durations (replications, rounds, workers), which the next
        block overwrites. Where the cuts fall changes no value.
    """
    step = max(1, cells // max(1, rounds * workers))
    # One array for all blocks: memory that is new costs as much time as filling it.
    out = np.empty((min(step, replications), rounds, workers))
    for first in range(0, replications, step):
        some = range(first, min(first + step, replications))
        streams = [Streams(seed, replication) for replication in some]
        times = out[: len(some)]
        sample_into(config, streams, PURPOSE, times)
        yield some, times


def problems(
    config: DelayConfig, rounds: int, workers: int, at: tuple[str | int, ...] = ("delays",)
) -> list[Problem]:
    """Return what keeps `config` from giving so many durations; `at`: where the scenario has it."""
    process = implementation("delay", config)
    find: Callable[[Any, int, int], list[Problem]] | None = getattr(process, "problems", None)
    found = [] if find is None else list(find(config, rounds, workers))
    for name in type(config).model_fields:
        part = getattr(config, name)
        if isinstance(part, LawConfig):
            found += problems_of_law(part, (name,))
        elif isinstance(part, DelayConfig):
            found += problems(part, rounds, workers, (name,))
    return [replace(one, at=(*at, *one.at)) for one in found]


def reference_load(config: DelayConfig) -> float:
    """Return the load at which the times of `config` were measured; 0 for pure extra delay."""
    origin = _origin(config)
    find: Callable[[Any], float] | None = getattr(
        implementation("delay", origin), "reference_load", None
    )
    return find(origin) if find is not None else 0.0


def measured(config: DelayConfig, workers: int) -> Seconds | None:
    """Return every round that was measured, (rounds, workers); None for what is generated.

    A process that modifies measured times generates new ones.
    """
    find: Callable[[Any, int], Seconds] | None = getattr(
        implementation("delay", config), "measured", None
    )
    return None if find is None else find(config, workers)


def notes(config: DelayConfig) -> list[str]:
    """Return what the process, or the one that it modifies, takes for granted."""
    origin = _origin(config)
    find: Callable[[Any], list[str]] | None = getattr(
        implementation("delay", origin), "notes", None
    )
    return [] if find is None else find(origin)


def taken_as_is(config: DelayConfig) -> bool:
    """Return whether the times of `config` are finish times, to which nothing is added."""
    return bool(getattr(implementation("delay", _origin(config)), "taken_as_is", False))


def _origin(config: DelayConfig) -> DelayConfig:
    """Return the process whose times are modified, below all that modify them."""
    base = getattr(config, "base", None)
    return _origin(base) if isinstance(base, DelayConfig) else config
