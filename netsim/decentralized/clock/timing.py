"""The blocks `timing` and `links`: whether peers have a clock, and how fast they and links are."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from netsim.delays.laws.law import TimeOrLaw
from netsim.delays.process import Delay
from netsim.fields import (
    Config,
    Data,
    FilePath,
    PositiveData,
    PositiveTime,
    Quantity,
    Rate,
    Ratio,
    Time,
    field,
    problem,
)

FlopRate = Annotated[float, Quantity("compute", positive=True)]
Loss = Annotated[float, Ratio()]

#: Time of a node's work where neither `compute` nor `speed` says it: one second, in ps.
DEFAULT_COMPUTE = 10**12


class TimingConfig(Config):
    """When things happen."""

    mode: Literal["rounds", "sync_neighbours", "sync_global", "async"] = field(
        "rounds",
        description="rounds: all in step, without a clock; sync_neighbours: a round begins when "
        "one's neighbours' models are in; sync_global: when everybody is through; async: nobody "
        "waits",
    )
    compute: PositiveTime | tuple[PositiveTime, ...] | Delay | None = field(
        None,
        description="time of a node's local training: one for all, one per node, or a block of "
        "delays; default: 1 s",
    )
    speed: FlopRate | tuple[FlopRate, ...] | None = field(
        None,
        description="floating-point operations a second of a node, or one per node, in place of "
        "compute: training takes 6 operations a parameter and sample",
    )
    message: PositiveData | None = field(
        None, description="size of a message; default: what the compressor makes of a model"
    )
    timeout: PositiveTime | None = field(
        None,
        description="how long a node waits for others after its own training; default: until all "
        "are in",
    )
    detect: Time | Literal["never"] = field(
        "0 s", description="time until a loss or a death is known to those who wait; or never"
    )

    @model_validator(mode="after")
    def _check_one_is_given(self) -> Self:
        if self.compute is not None and self.speed is not None:
            hint = "give one of compute and speed"
            message = "how long does training take? both compute and speed say it"
            raise problem("unsatisfiable", message, at=("speed",), hint=hint)
        return self


class ArcConfig(Config):
    """One direction of a link."""

    arc: tuple[int, int] = field(description="from which node to which")
    delay: TimeOrLaw | None = field(None, description="in place of the links' delay")
    rate: Rate | None = field(None, description="in place of the links' rate")
    loss: Loss | None = field(None, description="in place of the links' loss")


class NodeConfig(Config):
    """What joins one node to the network."""

    node: int = field(description="which node", ge=0)
    up: Rate | None = field(None, description="rate at which it sends")
    down: Rate | None = field(None, description="rate at which it receives")


class DevicesConfig(Config):
    """Measured rates of nodes."""

    file: FilePath = field(
        description="CSV or Parquet file with columns node, up, down (bit/s); nodes that it does "
        "not name have the links' rates"
    )


class LinksBlock(Config):
    """The family's own links between peers."""

    delay: TimeOrLaw = field("0 s", description="time on the way, besides that of sending")
    rate: Rate | None = field(None, description="rate of a link; default: as fast as one likes")
    loss: Loss = field(0.0, description="probability that a message, or a packet of it, is lost")
    up: Rate | None = field(None, description="rate at which a node sends, over all its links")
    down: Rate | None = field(None, description="rate at which a node receives, over all links")
    share: Literal["none", "fifo"] = field(
        "none",
        description="none: messages do not hinder each other; fifo: one at a time through a "
        "node's up and down, which are its links' rate unless given",
    )
    header: Data = field("0 B", description="bytes that every message carries besides its model")
    packet: PositiveData | None = field(
        None,
        description="size of the packets of a message, each of which may be lost; default: a "
        "message is lost as a whole",
    )
    resend: bool = field(
        False,
        description="true: what is lost is sent again until it comes, at most max_tries times",
    )
    max_tries: int = field(
        10, description="times that a message is sent at the most", ge=1, le=1000
    )
    per_arc: tuple[ArcConfig, ...] = field((), description="links that differ", max_length=1000)
    per_node: tuple[NodeConfig, ...] | DevicesConfig = field(
        (), description="nodes that differ, or a file of measured rates"
    )


def default_links() -> LinksBlock:
    """Return links that take no time and lose nothing."""
    fields: dict[str, Any] = {}
    return LinksBlock.model_validate(fields)
