"""The interface of a coding scheme: who computes what, when to stop, how to decode.

A scheme is one class in one file of this package (or of a plug-in), registered as kind ``code``; a
scenario chooses it by ``code: {scheme: NAME, ...}``::

    @register("code", "gc")
    class GradientCode(Scheme):
        '''Random cyclic gradient code: any n-s results give the gradient.'''

        source = "Tandon et al., Gradient Coding, ICML 2017"

        class Config(CodeConfig):
            s: int = field(1, description="stragglers tolerated in every round", ge=0)

One object of the class lives through one replication and is driven in this order, round after
round from 0::

    scheme = GradientCode(config, workers=64, rule="model", streams=streams)
    scheme.begin(jobs=480)
    assignment = scheme.assign(r, history)  # what each worker does in round r
    scheme.admits(late)  # any number of times: may the round end without these workers?
    done = scheme.settle(late)  # it ended without them; the jobs that became decodable
    decoding = scheme.decode(done[0])  # weights of the returned results, and their error

What to fill in: `problems` (is the block possible for n workers), `T`, `load`, `bound`,
`tolerates`, `begin`, `assign`, `limits` (the admission rule), `settle`, `partitions`, `message` and
`decode` (the arithmetic of the gradients). What comes for free: `admits` and `earliest`, both
derived from `limits`; the event-driven rounds, the tables, the training on real gradients and
`netsim describe`.

**Admission as data.** All known rules have the form "among these workers at most so many may be
late", several of them at once (a tuple of `Limit`), or one such tuple *or* another. `limits`
returns the alternatives. From them follow the online question (`admits`) and the closed form of the
earliest conforming time (`earliest`): within a tuple the latest, over the limits, of the
(allowed+1)-th largest finish time among the members; over alternatives the earliest of these. A
rule of another form overrides `admits`, which must be monotone: who may be late may also be in
time.

**Arithmetic as data.** The data set is cut into `partitions`; the result of a task is the sum of
coefficient times partition gradient given by `message`; `decode` names the results and the weight
of each. So learning needs to know nothing of a scheme, and exactness of a scheme can be checked
against ones.

A scheme whose rounds are not "every worker returns one result" (asynchronous SGD, partial results)
also defines the class method ``build(cls, scenario, context) -> Simulation``, which then replaces
the round engine.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.errors import ScenarioError, UsageError
from netsim.fields import Config
from netsim.rng import Streams

if TYPE_CHECKING:
    from netsim.problems import Problem

Rule = Literal["model", "decodable"]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

#: What a task is, in the coding of `Assignment.kind` and in words.
FRESH: Final = 0
RETRY: Final = 1
CODED: Final = 2
IDLE: Final = 3
KINDS: Final = ("fresh", "retry", "coded", "idle")

#: Largest number of workers n: a code's matrix has n * n entries.
MOST_WORKERS: Final = 16384


class CodeConfig(Config):
    """The block ``code``; each scheme adds its parameters."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What every worker does in one round.

    Parameters
    ----------
    job
        Shape (workers, tasks per worker): the job of each task, -1 for none. The slot of a task is
        round - job.
    kind
        Same shape: `FRESH`, `RETRY`, `CODED` or `IDLE`.
    chunk
        Same shape: what part of the job, in the scheme's own numbering, -1 where a job has no
        parts.
    timed
        Shape (workers,): whom the round may wait for. The others have nothing to do and return
        nothing.
    load
        Shape (workers,): share of the data set that each worker really processes in this round.
    collecting
        The round only collects outstanding work: it lasts until the last timed worker returns (0 if
        there is none), without threshold, wait-out or stragglers.
    """

    job: Integers
    kind: Integers
    chunk: Integers
    timed: Flags
    load: Floats
    collecting: bool = False


@dataclass(slots=True)
class History:
    """What the master has seen of the closed rounds, oldest first: for schemes that adapt.

    `late` holds the effective stragglers of each round; `finish` the times in seconds after the
    start of the round at which results came in, infinite for results that were not awaited.
    """

    late: list[Flags] = field(default_factory=list)
    finish: list[Floats] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limit:
    """Among the workers of `members` at most `allowed` may be late; below 0: impossible."""

    members: Flags
    allowed: int


#: Alternatives of limits that hold together. ``((),)`` allows everything.
Limits = tuple[tuple[Limit, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """The result of one task: the sum of coefficient times gradient sum over `partitions`."""

    partitions: Integers
    coefficients: Floats


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the gradient of a job comes from returned results: a weighted sum of results.

    Result k is that of worker ``worker[k]`` for its task of kind ``kind[k]`` and part ``chunk[k]``
    of the job; a retried task returns the same as a fresh one and stands here as `FRESH`.
    `residual` is the largest error of the combined coefficients against 1, `largest` the largest
    absolute weight. `squared_error` is the sum of the squares of these errors, ``|a' B - 1|^2``, by
    which approximate codes are judged; None where nobody asks for it.
    """

    job: int
    worker: Integers
    kind: Integers
    chunk: Integers
    weight: Floats
    residual: float
    largest: float
    squared_error: float | None = None


class Scheme(abc.ABC):
    """One coding scheme with n workers, through one replication.

    Parameters
    ----------
    config
        The validated block ``code``.
    workers
        n.
    rule
        ``model``: the pattern of stragglers must conform to the scheme's straggler model.
        ``decodable``: every active job must stay decodable if later rounds are clean.
    streams
        Random streams, for schemes with random codes. Left out: streams of seed 0.

    Raises
    ------
    ScenarioError
        If `problems` finds any.
    """

    Config: ClassVar[type[CodeConfig]]
    source: ClassVar[str]
    #: Delay: job r must be decoded by the end of round r+T. Set by the constructor.
    T: int = 0
    #: Whether a decoded gradient is the full gradient.
    exact: ClassVar[bool] = True
    #: The round ends as soon as the rule holds, without waiting for the threshold.
    eager: bool = False
    #: Every round counts as a wait-out (uncoded work has no other rounds).
    always_waits: ClassVar[bool] = False

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        found = self.problems(config, workers)
        if found:
            raise ScenarioError("; ".join(problem.message for problem in found), found)
        self.config = config
        self.workers = workers
        self.rule: Rule = rule
        self.streams = streams
        self.jobs = 0

    # -- what it is

    @classmethod
    @abc.abstractmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return what makes the block impossible for so many workers, with `at` below ``code``."""

    @abc.abstractmethod
    def load(self) -> Fraction:
        """Return the share of the data set that one worker processes per round."""

    def load_in_words(self) -> str:
        """Return the load for people; a scheme whose load is drawn, or changes, says so."""
        return in_words(self.load())

    def bound(self) -> Fraction | None:
        """Return the least load of any scheme that tolerates the same, if it is defined."""
        return None

    @abc.abstractmethod
    def tolerates(self) -> str:
        """Return in words which straggler patterns it always decodes."""

    @classmethod
    def explain(cls, config: Any, workers: Any = None) -> list[str]:
        """Return load, bound, delay and tolerance of a block, as lines for people.

        Without a number of workers, what depends on it is left out.
        """
        if workers is None:
            return ["with --set workers=N: its load, bound, delay and what it tolerates"]
        if not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
            raise UsageError(f"workers={workers}: a whole number from 1 to {MOST_WORKERS}")
        found = cls.problems(config, workers)
        if found:
            return [f"not possible with {workers} workers: {found[0].message}; {found[0].hint}"]
        scheme = cls(config, workers)
        bound = scheme.bound()
        least = "none is known" if bound is None else f"{bound} = {float(bound):.6f}"
        return [
            f"with {workers} workers:",
            f"  load per worker and round: {scheme.load_in_words()}",
            f"  least load of any scheme for the same stragglers (long runs): {least}",
            f"  delay T: {scheme.T}; models trained in turn: {scheme.T + 1} or more",
            f"  tolerates: {scheme.tolerates()}",
        ]

    def generator(self) -> np.random.Generator:
        """Return the random generator from which the scheme draws its code."""
        streams = self.streams if self.streams is not None else Streams(0)
        return streams.generator("stragglers.code")

    def conforms(self, pattern: Flags) -> Flags:
        """Return whether patterns (..., rounds, workers) are of the model that it tolerates."""
        return np.asarray(~np.any(pattern, axis=(-2, -1)))

    # -- what happens in a round

    def begin(self, jobs: int) -> None:
        """Forget everything and start a run of that many jobs; `rounds` rounds follow."""
        self.jobs = jobs

    @property
    def rounds(self) -> int:
        """How many rounds a run has."""
        return self.jobs + self.T

    @property
    def delay_rounds(self) -> int:
        """How many rounds of delays a run needs at the least."""
        return self.rounds

    @abc.abstractmethod
    def assign(self, r: int, history: History) -> Assignment:
        """Return what the workers do in round `r`; called once per round, in order."""

    @abc.abstractmethod
    def limits(self) -> Limits:
        """Return the admission rule of the assigned round, under `rule`."""

    def admits(self, late: Flags) -> bool:
        """Return whether the assigned round may end without the results of the workers `late`."""
        return any(
            all(np.count_nonzero(late & limit.members) <= limit.allowed for limit in together)
            for together in self.limits()
        )

    def earliest(self, finish: Floats) -> float:
        """Return the earliest time at which the assigned round may end, given all finish times.

        It is one of the finish times, minus infinity where nobody need return, and infinity where
        no end is admitted (the round then lasts until the slowest worker).
        """
        return min(
            max((_kept_from(limit, finish) for limit in together), default=-np.inf)
            for together in self.limits()
        )

    @abc.abstractmethod
    def settle(self, late: Flags) -> list[int]:
        """Close the round without the results of `late`; return the jobs now decodable."""

    # -- what is computed

    @abc.abstractmethod
    def partitions(self) -> list[Fraction]:
        """Return the share of the data set in each partition, in order; they sum to 1."""

    @abc.abstractmethod
    def message(self, worker: int, kind: int, chunk: int) -> Message:
        """Return what a worker's task computes, in terms of the job's partition gradients."""

    @abc.abstractmethod
    def decode(self, job: int) -> Decoding:
        """Return how to combine the results of a decodable job.

        Called at most once per job, before the next round is settled.

        Raises
        ------
        SimulationError
            If the combination leaves an error above 1e-6 in an exact scheme.
        """


def in_words(load: Fraction) -> str:
    """Return a load as fraction and number: ``1/32 = 0.031250 of the data set``."""
    return f"{load} = {float(load):.6f} of the data set"


def _kept_from(limit: Limit, finish: Floats) -> float:
    """Return when the limit is kept: at the (allowed+1)-th largest finish among its members."""
    if limit.allowed < 0:
        return np.inf
    among = finish[limit.members]
    if among.size <= limit.allowed:
        return -np.inf
    return float(
        np.partition(among, among.size - 1 - limit.allowed)[among.size - 1 - limit.allowed]
    )
