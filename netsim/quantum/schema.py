"""The scenario of family `quantum`: routers, memories, links, swaps, and who asks for pairs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from netsim.fabric.schema import NetworkConfig
from netsim.family import RecordConfig, ScenarioModel
from netsim.fields import (
    Attenuation,
    Config,
    FilePath,
    Frequency,
    OneOf,
    PositiveData,
    PositiveTime,
    Probability,
    Quantity,
    Ratio,
    Speed,
    Time,
    field,
    implementation,
)
from netsim.fields.choice import mark
from netsim.graphs.kind import GraphBlock
from netsim.quantum.applications.application import ApplicationConfig
from netsim.quantum.changes import Override
from netsim.quantum.links.kind import LinkConfig
from netsim.quantum.paths.rule import PathConfig
from netsim.quantum.policies.policy import GenerationConfig
from netsim.quantum.purification.scheme import PurificationConfig
from netsim.quantum.swapping.policy import SwapConfig

PositiveDuration = Annotated[float, Quantity("duration", positive=True)]
PositiveFrequency = Annotated[float, Quantity("frequency", positive=True)]
PositiveLength = Annotated[float, Quantity("length", positive=True)]
Fidelity = Annotated[float, Ratio(0.25, 1.0)]

#: Most routers of a chain, and most memories a side.
MOST_ROUTERS = 4096
MOST_MEMORIES = 1024


class FibreConfig(Config):
    """The fibres between routers."""

    attenuation: Attenuation = field("0.2 dB/km", description="loss of the fibre")
    light_speed: Speed = field("2e8 m/s", description="speed of light in the fibre")


class ChainConfig(FibreConfig):
    """Routers in a row, r0, r1, ..., with equal fibres between them."""

    routers: int = field(description="number of routers", ge=2, le=MOST_ROUTERS)
    segment: PositiveLength = field(description="length of the fibre between two neighbours")


class MemoryConfig(Config):
    """The memories of every router."""

    count: int = field(
        1,
        description="memories: in a chain on either side of a router, in a topology per router",
        ge=1,
        le=MOST_MEMORIES,
    )
    frequency: PositiveFrequency = field("80 MHz", description="how often a memory can be excited")
    efficiency: Probability = field(
        1.0, description="chance that an excited memory's photon enters the fibre"
    )
    raw_fidelity: Fidelity = field(0.85, description="fidelity of a pair at its herald")
    errors: tuple[Probability, Probability, Probability] = field(
        (1 / 3, 1 / 3, 1 / 3),
        description="shares of the errors X, Y and Z, in a new pair and in decay by `coherence`",
    )
    coherence: PositiveDuration | None = field(
        None, description="mean time between Pauli errors of a stored half; default: no decay"
    )
    t1: PositiveDuration | None = field(None, description="relaxation time, with t2")
    t2: PositiveDuration | None = field(
        None, description="coherence time, at most twice t1; alone: dephasing only"
    )
    cutoff: PositiveTime | None = field(
        None,
        description="age, from the first emission of the attempt that made it, at which a pair is "
        "given up; default: never",
    )
    cutoff_by: Literal["local_age", "end_to_end_age"] = field(
        "local_age",
        description="local_age: a half is given up at the age `cutoff`; end_to_end_age: as soon as "
        "its pair could no more be handed over at both ends within it, messages included",
    )
    cutoff_fidelity: Fidelity | None = field(
        None, description="fidelity at which a decaying pair is given up; default: none"
    )


class DetectorConfig(Config):
    """The two detectors of a heralding station."""

    efficiency: Probability = field(0.9, description="chance that an arriving photon is detected")
    dark_count: Frequency = field("0 /s", description="counts without light")
    count_rate: PositiveFrequency = field(
        "25 MHz", description="most counts per second: the inverse of the dead time"
    )
    resolution: PositiveTime = field(
        "150 ps", description="window in which a click counts for an attempt"
    )


class ClassicalConfig(Config):
    """The messages between routers."""

    delay: Time | None = field(
        None,
        description="one-way delay between any two routers; default: as long as light needs in the "
        "fibres between them",
    )
    processing: Time = field("0 s", description="added to the delay where none is given")
    file: FilePath | None = field(
        None,
        description="delays pair by pair, .yaml or .json with a list `delays` of {a, b, delay}; "
        "default: none",
    )


class ArrivalsConfig(Config):
    """When requests come up."""

    rate: PositiveFrequency = field(description="mean number a second, of a Poisson stream")


class RequestConfig(Config):
    """Who wants pairs with whom, when, and how good."""

    source: str | None = field(
        None, alias="from", description="router that asks; default: a chain's first"
    )
    target: str | None = field(
        None, alias="to", description="router at the other end; default: a chain's last"
    )
    memories: int | None = field(
        None,
        description="memories reserved on either side of every router of the path; default in a "
        "chain: all",
        ge=1,
        le=MOST_MEMORIES,
    )
    start: Time | None = field(
        None,
        description="when routers begin; default: when the approval is back at the initiator",
    )
    end: PositiveTime | None = field(
        None, description="when the reservation ends; default: with the run"
    )
    fidelity: Fidelity = field(
        0.5, description="least fidelity of a pair that is swapped or handed over; 0.25 takes any"
    )
    mode: Literal["stream", "one_shot"] = field(
        "stream",
        description="stream: pairs one after another; one_shot: first pairs of independent trials, "
        "each from idle, with times since its start",
    )
    trials: int = field(1, description="trials of one_shot", ge=1, le=10_000_000)
    pairs: int | None = field(
        None, description="pairs after which the reservation ends early", ge=1
    )
    arrivals: ArrivalsConfig | None = field(
        None,
        description="such requests arrive again and again, from `start` on, and are served one "
        "after another; default: there is one",
    )
    deadline: PositiveTime | None = field(
        None, description="time from when a request comes up until it is given up; default: none"
    )
    retry: PositiveTime | None = field(
        None,
        description="time from a refusal until the same is asked for again; default: 10 ms for "
        "those that arrive, 1 s for random ones, never for a single one",
    )
    application: Annotated[ApplicationConfig, OneOf("application", bare=True)] = field(
        {"kind": "pairs"}, description="who asks for pairs, and when"
    )
    use: Literal["keep", "measure"] = field(
        "keep",
        description="keep: the halves at both ends are stored until handed over; measure: they are "
        "measured at their herald and decay no more",
    )

    @property
    def star(self) -> bool:
        """Whether a router and its neighbours share GHZ states."""
        return getattr(self.application, "kind", "") == "ghz"

    @property
    def random(self) -> bool:
        """Whether routers draw whom they ask."""
        return getattr(self.application, "kind", "") == "random_requests"


#: Members of a union are told apart by what is written, so that errors speak of that one alone.
_ONE, _SEVERAL = mark("request", "one"), mark("request", "several")

Requests = Annotated[
    Annotated[RequestConfig, Tag(_ONE)] | Annotated[tuple[RequestConfig, ...], Tag(_SEVERAL)],
    Discriminator(lambda value: _SEVERAL if isinstance(value, list | tuple) else _ONE),
]


class PhasesConfig(Config):
    """Time slots that all routers share."""

    external: PositiveTime = field(description="first part of a slot, in which links try")
    internal: PositiveTime = field(description="second part, in which routers swap")


class MessageConfig(Config):
    """The messages of routers where there is a network."""

    size: PositiveData = field("256 B", description="size of a message")


class QuantumRecord(RecordConfig):
    """What to write of pairs."""

    pairs: Literal["all", "delivered"] = field(
        "all",
        description="rows of table `entanglements`: every pair that ever was, or those handed over",
    )


class QuantumScenario(ScenarioModel):
    """Routers that share entangled pairs over lossy fibres."""

    chain: ChainConfig | None = field(None, description="routers in a row")
    topology: GraphBlock | None = field(
        None, description="routers on a graph whose edges have lengths, in place of a chain"
    )
    fibre: FibreConfig = field({}, description="the fibres of a topology")
    memory: MemoryConfig = field({}, description="the memories of every router")
    detector: DetectorConfig = field({}, description="the detectors of every station")
    classical: ClassicalConfig = field({}, description="the messages between routers")
    overrides: tuple[Override, ...] = field(
        (), description="routers and links that differ", max_length=100_000
    )
    path: Annotated[PathConfig, OneOf("path", bare=True)] = field(
        {"kind": "length"}, description="which way a request takes in a topology"
    )
    link: Annotated[LinkConfig, OneOf("link")] = field(
        {"kind": "two_round"}, description="how neighbours make pairs"
    )
    swap: Annotated[SwapConfig, OneOf("swap", key="policy")] = field(
        {"policy": "nested"}, description="in which order, and how well, routers join pairs"
    )
    purification: Annotated[PurificationConfig, OneOf("purification", key="scheme")] | None = field(
        None, description="how pairs below the wanted fidelity are improved; default: not at all"
    )
    generation: Annotated[GenerationConfig, OneOf("generation", key="policy")] = field(
        {"policy": "on_request"}, description="whether neighbours make pairs before requests"
    )
    sharing: Literal["reserved", "statistical"] = field(
        "reserved",
        description="reserved: memories are promised to one request at a time; statistical: a "
        "link's memories serve all requests over it, and a pair is given to one when it is swapped",
    )
    phases: PhasesConfig | None = field(
        None, description="time slots, at whose ends all pairs are given up; default: none"
    )
    network: NetworkConfig | None = field(
        None,
        description="network that messages of routers travel through, router i on host i; default: "
        "they take constant delays",
    )
    message: MessageConfig = field({}, description="what travels through the network")
    request: Requests = field({}, description="who wants pairs; a list gives several requests")
    record: QuantumRecord = field({}, description="what to write beyond the summary tables")

    @property
    def standing(self) -> int:
        """How many memories of each router make pairs all the time."""
        policy = implementation("generation", self.generation, key="policy")
        return int(policy.standing(self.generation))

    def memories_of(self, request: RequestConfig) -> int:
        """Return how many memories a request wants on a side: by default all that are left."""
        return request.memories or max(1, self.memory.count - self.standing)

    @property
    def requests(self) -> tuple[RequestConfig, ...]:
        """The requests, in their order."""
        return self.request if isinstance(self.request, tuple) else (self.request,)
