"""A code chosen from a probe: uncoded rounds first, then the best parameter set found on them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

import netsim.delays.process as delays
from netsim.family import RunContext, Simulation
from netsim.fields import field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.rng import Streams
from netsim.stragglers.codes.k_sync import KSync
from netsim.stragglers.codes.scheme import CodeConfig, Rule, Scheme

if TYPE_CHECKING:
    from netsim.stragglers.schema import StragglersScenario

#: Bootstraps of a probe unless the scenario says.
_RESAMPLES: Final = 8
#: Loads at which the time per load is measured.
LOADS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


@register("code", "auto")
class Auto(KSync):
    """Uncoded for `probe` rounds, then the scheme and parameters that were best on these.

    With `probe: all` there is no probe, and the whole run is played with what is best on all that
    was measured: the answer for a trace of one's own.

    Every parameter set of the listed schemes is played on the measured times, shifted by what its
    load adds; with `resamples`, the best of them also on block bootstraps of the probe. Column
    `chosen` of table `runs` and table `selection` say what came out; `regret` compares the rounds
    after the probe with the best set in hindsight.
    """

    own_tables: ClassVar[tuple[str, ...]] = ("worker_rounds", "tasks", "selection")
    source: ClassVar[str] = (
        "Krishnan et al., Sequential Gradient Coding For Straggler Mitigation, ICLR 2023 "
        "(parameters from an uncoded probe)"
    )
    exact: ClassVar[bool] = True
    eager: bool = False

    class Config(CodeConfig):
        """Probe and search."""

        probe: Annotated[int, Field(ge=2, le=100_000)] | Literal["all"] = field(
            80,
            description="uncoded rounds to measure; all: none, since the sets are played on every "
            "round of the measured trace or matrix, or where delays are generated on all rounds "
            "of the run",
        )
        schemes: tuple[Literal["uncoded", "gc", "sr_sgc", "m_sgc"], ...] = field(
            ("uncoded", "gc", "sr_sgc", "m_sgc"), description="what is searched", min_length=1
        )
        t_max: int | None = field(
            None, description="largest delay T; default: models - 1, or 3", ge=0, le=64
        )
        w_max: int = field(9, description="largest W of sr_sgc", ge=1, le=256)
        resamples: int | None = field(
            None,
            description="bootstraps of the probe that the best sets are played on; default: 8, or "
            "0 with probe: all, where what was measured decides alone",
            ge=0,
            le=1000,
        )
        block: int = field(5, description="consecutive rounds that a bootstrap keeps", ge=1)
        finalists: int = field(100, description="sets that are played on bootstraps", ge=1)
        calibrate: int = field(
            0,
            description="rounds at each of the loads 0, 1/4, ... 1 from which the time per load is "
            "fitted; 0: it is known",
            ge=0,
            le=10_000,
        )
        hindsight: bool = field(True, description="search again after the run, for the regret")

    def __init__(
        self, config: Any, workers: int, *, rule: Rule = "model", streams: Streams | None = None
    ) -> None:
        super().__init__(KSync.Config(k=workers), workers, rule=rule, streams=streams)
        self.search = config
        #: The scheme that was chosen, once it is.
        self.chosen: Scheme | None = None
        self.T = config.t_max or 0

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return nothing: uncoded is always among the possible ones."""
        return []

    @classmethod
    def explain(cls, config: Any, workers: Any = None) -> list[str]:
        """Return what is known before the choice, and where the rest will stand."""
        delay = "models - 1 (else 3)" if config.t_max is None else str(config.t_max)
        searched = ", ".join(config.schemes)
        if workers is not None:
            super().explain(config, workers)  # refuses what is no number of workers
        first = f"first {config.probe} rounds uncoded, then the best that is found among"
        if config.probe == "all":
            first = "the best on all that was measured, among"
        return [
            f"{first}: {searched}",
            "  load, least load of any scheme and tolerance are those of the code that is chosen:",
            "  see `chosen`, `load_numerator` and `bound_numerator` in table runs",
            f"  delay T: that of the chosen code, at most {delay}",
        ]

    @staticmethod
    def bootstraps(config: Any) -> int:
        """Return how many bootstraps the best sets are played on."""
        if config.resamples is not None:
            return int(config.resamples)
        return 0 if config.probe == "all" else _RESAMPLES

    @staticmethod
    def longest_delay(config: Any, models: int | None) -> int:
        """Return the largest delay T that is searched: as given, or `models` - 1, or 3."""
        if config.t_max is not None:
            return int(config.t_max)
        return 3 if models is None else models - 1

    @classmethod
    def search_problems(cls, config: Any, scenario: StragglersScenario) -> list[Problem]:
        """Return a problem if the probe leaves no job to choose for, or too little to search."""
        jobs = scenario.jobs
        delay = cls.longest_delay(config, scenario.models)
        if config.probe == "all":
            return cls._short_trace(scenario, delay)
        if config.probe >= jobs:
            message = f"a probe of {config.probe} rounds leaves none of {jobs} jobs to choose for"
            hint = f"the probe must be shorter than the run: jobs={config.probe + 1} at least"
            if jobs - 1 > max(delay, 1):
                hint += f", or code.probe={jobs - 1} at most"
            return [Problem(message, ("code", "probe"), hint=hint, also=("jobs",))]
        if config.probe > delay:
            return []
        message = f"a probe of {config.probe} rounds is too short for T up to {delay}"
        hint = (
            f"measure {delay + 1} rounds at least (80 are usual), or take t_max={config.probe - 1}"
        )
        return [Problem(message, ("code", "probe"), hint=hint)]

    @staticmethod
    def _short_trace(scenario: StragglersScenario, delay: int) -> list[Problem]:
        """Return a problem if all that was measured is too short to search."""
        if scenario.delays is None:
            return []
        try:
            known = delays.measured(scenario.delays, scenario.workers)
        except ProblemsFound:
            return []  # told where the delays are checked
        if known is None or len(known) > delay:
            return []
        message = f"{len(known)} measured rounds are too few for T up to {delay}"
        hint = f"measure {delay + 1} rounds at least, or take t_max={len(known) - 1}"
        return [Problem(message, ("code", "probe"), hint=hint, also=("delays", "file"))]

    @property
    def delay_rounds(self) -> int:
        """How many rounds of delays a run needs at the least; loads are measured before it."""
        measured: int = self.search.calibrate * len(LOADS)
        return max(self.rounds, measured)

    def choose(self, chosen: Scheme) -> None:
        """Note which scheme was chosen: load, bound and tolerance are its own from now on."""
        self.chosen = chosen

    def load(self) -> Fraction:
        """Return the load of the chosen scheme, before the choice 1/n."""
        return Fraction(1, self.workers) if self.chosen is None else self.chosen.load()

    def bound(self) -> Fraction | None:
        """Return the bound of the chosen scheme."""
        return None if self.chosen is None else self.chosen.bound()

    def tolerates(self) -> str:
        """Return the model of what was chosen."""
        return "what the chosen code tolerates" if self.chosen is None else self.chosen.tolerates()

    @classmethod
    def build(cls, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Return a run that probes, chooses and switches."""
        from netsim.stragglers.selection.run import AutoRun

        scheme = cls(scenario.code, scenario.workers, rule=scenario.wait.rule)
        return AutoRun(
            scenario,
            context,
            scheme=scheme,
            t_max=cls.longest_delay(scenario.code, scenario.models),
            loads=LOADS,
            resamples=cls.bootstraps(scenario.code),
            choose=scheme.choose,
        )
