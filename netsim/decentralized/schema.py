"""What a scenario of the family `decentralized` holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import model_validator

from netsim.decentralized.algorithm import AlgorithmConfig
from netsim.decentralized.attack import AttackConfig
from netsim.decentralized.clock.energy import EnergyConfig
from netsim.decentralized.clock.timing import LinksBlock, TimingConfig
from netsim.decentralized.compressor import CompressorConfig
from netsim.decentralized.defence import DefenceConfig
from netsim.decentralized.disruption import DisruptionConfig
from netsim.decentralized.local import LocalConfig
from netsim.decentralized.mobility import MobilityBlock
from netsim.decentralized.partner import PartnersConfig
from netsim.decentralized.radio import RadioBlock
from netsim.decentralized.variance import AggregateConfig
from netsim.decentralized.weights.rule import WeightsBlock
from netsim.engine.clock import SECOND
from netsim.fabric.schema import NetworkConfig
from netsim.family import RecordConfig, ScenarioModel
from netsim.fields import Config, OneOf, PositiveData, Probability, Quantity, field, problem
from netsim.graphs.kind import GraphBlock
from netsim.learning.data_set import DataBlock
from netsim.learning.peer_model import PeerModelConfig

_STUDY = "arXiv 2310.02986"


PositiveSeconds = Annotated[float, Quantity("duration", positive=True)]

DEFAULT_EVERY: Final = 10


class EvalConfig(Config):
    """When models are scored, and on what."""

    every: int | PositiveSeconds | None = field(
        None,
        description="rounds between evaluations, or a time where nobody waits; they are also "
        "before the first round, after the last, and just before and after each disruption; "
        "default: 10 rounds, or a twentieth of `until`",
    )
    on: Literal["global_test"] = field("global_test", description="samples that all are scored on")

    @model_validator(mode="after")
    def _check_it_is_positive(self) -> Self:
        if isinstance(self.every, int) and self.every < 1:
            raise problem("out-of-range", f"{self.every} must not be below 1", at=("every",))
        return self

    @property
    def rounds(self) -> int:
        """Rounds between evaluations."""
        return self.every if isinstance(self.every, int) else DEFAULT_EVERY


#: Most rounds of a run.
MOST_ROUNDS: Final = 10_000_000
DEFAULT_ROUNDS: Final = 200


class LimitsConfig(Config):
    """What a run may take."""

    memory: PositiveData = field("8 GiB", description="largest estimate of memory that is run")


class DecentralizedRecord(RecordConfig):
    """What to write beyond the default tables."""

    switches: ClassVar[Mapping[str, str]] = {"vectors": "vectors"}

    vectors: tuple[int, ...] = field(
        (), description="numbers of completed rounds at which all models are written"
    )


class DecentralizedScenario(ScenarioModel):
    """Nodes with data and a model each, who talk to their neighbours on a graph."""

    nodes: int | None = field(
        None, description="number of nodes; default: as the topology says", ge=1, le=1_000_000
    )
    topology: GraphBlock = field(description="who talks to whom", source=_STUDY)
    data: DataBlock | None = field(
        None,
        description="what there is to learn; default: digits, or equal sizes for a quadratic model",
    )
    model: Annotated[PeerModelConfig, OneOf("peer_model", bare=True)] = field(
        {"kind": "mlp"}, description="what every node trains"
    )
    local: LocalConfig = field({}, description="how a node trains between exchanges")
    algorithm: Annotated[AlgorithmConfig, OneOf("algorithm", bare=True)] = field(
        {"kind": "decavg"}, description="how peers learn together"
    )
    weights: WeightsBlock | None = field(
        None, description="how much a node takes of each neighbour; default: the algorithm's rule"
    )
    partners: Annotated[PartnersConfig, OneOf("partners", bare=True)] | None = field(
        None, description="who of those that the topology joins talks in a round; default: all"
    )
    aggregate: AggregateConfig = field({}, description="what is done to averages")
    compressor: Annotated[CompressorConfig, OneOf("compressor", bare=True)] = field(
        {"kind": "none"}, description="how messages are made shorter"
    )
    attack: Annotated[AttackConfig, OneOf("attack")] | None = field(
        None, description="what some nodes send, or train on, to do harm; default: nobody does"
    )
    defence: Annotated[DefenceConfig, OneOf("defence", bare=True)] | None = field(
        None, description="how models of which some may be forged are combined; default: weighted"
    )
    timing: TimingConfig = field({}, description="when things happen")
    disruption: tuple[Annotated[DisruptionConfig, OneOf("disruption")], ...] = field(
        (), description="what goes wrong, and when"
    )
    links: LinksBlock | None = field(
        None, description="links between peers, where they have a clock; default: they take no time"
    )
    network: NetworkConfig | None = field(
        None, description="packet network that messages travel through, peer i on host i"
    )
    energy: EnergyConfig | None = field(
        None, description="batteries, and what uses them up; default: nobody counts"
    )
    radio: RadioBlock | None = field(
        None,
        description="who hears whom over the air, in place of the topology's links; it takes the "
        "places of its nodes",
    )
    mobility: MobilityBlock | None = field(
        None, description="how nodes move, which have a radio; default: they stay where they are"
    )
    rounds: int | None = field(
        None,
        description="rounds of the run, of each node where nobody waits; default: 200, or as many "
        "as fit where `until` is given",
        ge=1,
        le=MOST_ROUNDS,
    )
    target_accuracy: Probability | None = field(
        None, description="stop when the mean accuracy of live nodes reaches it at an evaluation"
    )
    execution: Literal["replay", "lockstep"] = field(
        "replay",
        description="make the schedule ahead and learn from it in pieces, or both round by round; "
        "the models are the same",
    )
    dtype: Literal["float32", "float64"] = field(
        "float32", description="precision of models; quadratic ones are always in float64"
    )
    eval: EvalConfig = field({}, description="when models are scored")
    limits: LimitsConfig = field({}, description="what a run may take")
    record: DecentralizedRecord = field({}, description="what to write beyond the default tables")

    @property
    def looks_every(self) -> int | None:
        """Time between evaluations (ps) where nobody waits; None: only at both ends."""
        if isinstance(self.eval.every, float):
            return max(1, round(self.eval.every * SECOND))
        return None if self.until is None else max(1, self.until // 20)

    @property
    def round_count(self) -> int:
        """Rounds of the run."""
        if self.rounds is not None:
            return self.rounds
        return DEFAULT_ROUNDS if self.until is None else MOST_ROUNDS
