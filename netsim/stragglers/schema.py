"""What a scenario of the family `stragglers` holds, and what makes one impossible."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import netsim.delays.process as delays
from netsim.delays.process import Delay
from netsim.fabric.schema import NETWORK_TABLES, NetworkConfig
from netsim.family import ScenarioModel
from netsim.fields import Config, Duration, OneOf, Time, field, implementation
from netsim.problems import Problem
from netsim.rng import Streams
from netsim.stragglers.codes.scheme import MOST_WORKERS, CodeConfig, Scheme
from netsim.stragglers.learning.schema import LearningConfig
from netsim.stragglers.network import MessageConfig
from netsim.stragglers.pattern_file import PatternConfig
from netsim.stragglers.waiting import WaitConfig

_PAPER = "Sequential Gradient Coding For Straggler Mitigation, ICLR 2023, section 2"


class ComputeConfig(Config):
    """How compute time grows with the work."""

    per_load: Duration = field(
        "0 s",
        description="time of one worker for the full data set; a worker's share of it is added to "
        "its delay",
        source=_PAPER,
    )


class StragglersScenario(ScenarioModel):
    """Jobs (gradients) computed in rounds by workers of whom some are late."""

    workers: int = field(description="number of workers n", ge=1, le=MOST_WORKERS)
    jobs: int = field(description="number of jobs J, one started per round", ge=1, le=10_000_000)
    models: int | None = field(
        None,
        description="models trained in turn, M; job r needs the update of job r-M, so T <= M-1; "
        "default: T+1",
        source=_PAPER,
        ge=1,
    )
    code: Annotated[CodeConfig, OneOf("code", key="scheme")] = field(
        {"scheme": "uncoded"}, description="the coding scheme"
    )
    wait: WaitConfig = field({}, description="when the master ends a round")
    load_mode: Literal["constant", "exact"] = field(
        "constant",
        description="charge every worker the code's load in every round, or what it really does",
        source=_PAPER,
    )
    delays: Delay | None = field(None, description="how long the workers take")
    stragglers: PatternConfig | None = field(
        None, description="a given straggler pattern, in place of delays"
    )
    compute: ComputeConfig = field({}, description="how compute time grows with the work")
    learning: LearningConfig | None = field(
        None, description="train models on the decoded gradients"
    )
    network: NetworkConfig | None = field(
        None,
        description="network that the model and the results travel through, with the master on the "
        "host after the last worker; default: they take no time",
    )
    message: MessageConfig = field({}, description="sizes of what travels through the network")
    decode_time: Time = field("0 s", description="time that the master takes to decode a job")


def scheme_of(scenario: StragglersScenario, streams: Streams | None = None) -> Scheme:
    """Return the scenario's coding scheme, for one replication."""
    made: Scheme = implementation("code", scenario.code, key="scheme")(
        scenario.code, scenario.workers, rule=scenario.wait.rule, streams=streams
    )
    return made


def problems(scenario: StragglersScenario) -> list[Problem]:
    """Return what makes the scenario impossible: its code, its delay T, its data files."""
    chosen = implementation("code", scenario.code, key="scheme")
    found: list[Problem] = chosen.problems(scenario.code, scenario.workers)
    if found:
        return found + _source_problems(scenario, rounds=None)
    scheme = scheme_of(scenario)
    search = getattr(chosen, "search_problems", None)
    if search is not None:
        scheme.T = chosen.longest_delay(scenario.code, scenario.models)
        found += search(scenario.code, scenario)
    scheme.begin(scenario.jobs)
    return [
        *found,
        *_delay_problems(scenario, scheme),
        *_source_problems(scenario, rounds=scheme.delay_rounds),
        *_company_problems(scenario, chosen),
    ]


def _delay_problems(scenario: StragglersScenario, scheme: Scheme) -> list[Problem]:
    found = []
    if scenario.models is not None and scenario.models - 1 < scheme.T:
        found.append(
            Problem(
                f"with {scenario.models} models a job must be decoded after "
                f"{scenario.models - 1} rounds at most, and the code takes T={scheme.T}",
                at=("models",),
                hint=f"train at least {scheme.T + 1} models in turn, or take a code with T <= "
                f"{scenario.models - 1}",
                also=("code",),
            )
        )
    if scenario.wait.stop == "first_decodable" and scheme.T > 0:
        found.append(
            Problem(
                f"'first_decodable' needs a code without delay, and this one has T={scheme.T}",
                at=("wait", "stop"),
                hint="leave it at 'threshold'",
                also=("code",),
            )
        )
    return found


def _company_problems(scenario: StragglersScenario, chosen: type[Scheme]) -> list[Problem]:
    """Return what network or learning ask for and the rest of the scenario does not give."""
    if scenario.stragglers is not None and hasattr(chosen, "build"):
        message = f"'{scenario.code.scheme}' needs delays, not a straggler pattern"  # type: ignore[attr-defined]
        return [Problem(message, ("stragglers",), hint="give delays in its place")]
    if scenario.learning is not None and hasattr(chosen, "build"):
        message = f"'{scenario.code.scheme}' has no rounds whose gradients could be learnt from"  # type: ignore[attr-defined]
        return [Problem(message, ("learning",), hint="take another scheme, or leave it out")]
    if scenario.network is None:
        return [
            Problem(
                f"table '{name}' is of a network, and there is none",
                ("record", "tables", index),
                hint="add 'network', or leave the table out",
            )
            for index, name in enumerate(scenario.record.tables)
            if name in NETWORK_TABLES
        ]
    if hasattr(chosen, "build"):
        message = f"'{scenario.code.scheme}' is simulated without a network"  # type: ignore[attr-defined]
        return [Problem(message, ("network",), hint="take another scheme, or leave it out")]
    if scenario.delays is None or delays.taken_as_is(scenario.delays):
        message = "given finish times or stragglers leave nothing for a network to do"
        return [Problem(message, ("network",), hint="leave one of the two out")]
    return _network_problems(scenario, scenario.network)


def _network_problems(scenario: StragglersScenario, network: NetworkConfig) -> list[Problem]:
    """Return what is wrong with a network, or with what is to travel through it."""
    from netsim.fabric.connect import build_network, largest_transfer
    from netsim.fabric.connect import problems as network_problems

    if found := network_problems(network, scenario.seed):
        return [_below("network", problem) for problem in found]
    most = largest_transfer(network)
    hint = f"at most {most:,} B with this network.packet.payload"
    sizes = {"gradient": scenario.message.gradient, "model": scenario.message.model}
    found = [
        Problem(f"{size:,} B are too large for one transfer", ("message", name), hint=hint)
        for name, size in sizes.items()
        if size > most
    ]
    hosts = build_network(network).host_count
    if hosts <= scenario.workers:
        message = f"{scenario.workers} workers and a master need {scenario.workers + 1} hosts"
        hint = f"the topology has {hosts}"
        found.append(Problem(message, ("network", "topology"), hint=hint, also=("workers",)))
    return found


def _below(block: str, problem: Problem) -> Problem:
    """Return `problem` with its places below `block`."""
    also = (block, *problem.also) if problem.also else ()
    return replace(problem, at=(block, *problem.at), also=also)


def _source_problems(scenario: StragglersScenario, rounds: int | None) -> list[Problem]:
    """Return what is wrong with delays or pattern; without `rounds` only whether one is given."""
    if scenario.delays is None and scenario.stragglers is None:
        hint = "for example delays: {kind: gilbert_elliott}"
        return [
            Problem("'delays' is missing: how long do workers take?", (), "missing-field", hint)
        ]
    if scenario.delays is not None and scenario.stragglers is not None:
        hint = "remove one of the two"
        message = "a given straggler pattern takes the place of delays"
        return [Problem(message, ("stragglers",), "unsatisfiable", hint)]
    if rounds is None:
        return []
    if scenario.delays is not None:
        return delays.problems(scenario.delays, rounds, scenario.workers)
    if scenario.stragglers is None:
        return []
    found = scenario.stragglers.problems(rounds, scenario.workers)
    return [replace(problem, at=("stragglers", "file")) for problem in found]
