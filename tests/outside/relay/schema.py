"""What a scenario of the family holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from netsim.delays.laws.law import TimeOrLaw
from netsim.fabric.schema import NetworkConfig
from netsim.family import RecordConfig, ScenarioModel
from netsim.fields import OneOf, PositiveData, field
from netsim.graphs.kind import GraphBlock
from relay.orders.order import OrderConfig


class RelayRecord(RecordConfig):
    """Whose times are written, too."""

    switches: ClassVar[Mapping[str, str]] = {"runners": "holdings"}

    runners: tuple[int, ...] = field((), description="runners whose holding times are written")


class RelayScenario(ScenarioModel):
    """A baton that goes from runner to runner."""

    runners: int = field(description="how many run", ge=2)
    laps: int = field(1, description="how often each runs", ge=1)
    hold: TimeOrLaw = field("1 us", description="how long a runner holds the baton")
    order: Annotated[OrderConfig, OneOf("order", bare=True)] = field(
        "forward", description="who runs after whom"
    )
    network: NetworkConfig | None = field(
        None, description="network through which the baton goes; default: it takes no time"
    )
    course: GraphBlock | None = field(
        None, description="roads that join the runners; default: each to each"
    )
    baton: PositiveData = field("1 kB", description="size of the baton")
    record: RelayRecord = field({}, description="what to write beyond the summary tables")
