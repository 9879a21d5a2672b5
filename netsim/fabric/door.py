"""The doors of a network: what everything else sees of it, at whatever level of detail.

`Fabric.transfer` sends one message and returns an event for a process to wait for; `Fabric.submit`
takes whole schedules, releases each flow itself, and returns one event for all. A *fidelity* is an
implementation of these doors, registered under the kind ``fidelity``: it says what is wrong with a
scenario at its level of detail, which blocks it does not look at, and makes the fabric.
`netsim.fabric.connect` chooses it. Families see nothing else of a network, so each of them runs at
every fidelity.

There is one fabric per environment; all that communicate in a simulation share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from simpy.events import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from netsim.engine.clock import Time
    from netsim.engine.environment import Environment
    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.flows import Flows
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.schema import NetworkConfig
    from netsim.family import RunContext
    from netsim.metrics.recorder import Recorder
    from netsim.problems import Problem
    from netsim.topology.network import Network

    Columns = Mapping[str, Any]


class Transfer(Event):
    """One message on its way; succeeds with its flow's number when the receiver has it all."""

    def __init__(self, env: Environment, fabric: Fabric, flow: int) -> None:
        super().__init__(env)
        self.flow = flow
        self._fabric = fabric

    def cancel(self) -> None:
        """Send nothing more; the event fails with `TransferCancelled`.

        What is on its way drains and is not counted for the flow. A transfer that is over stays as
        it is.
        """
        if not self.triggered:
            self._fabric.cancel(self.flow)


class Fabric(Protocol):
    """A network on an environment's clock."""

    env: Environment
    network: Network
    traffic_flows: int
    """Flows of the scenario's own traffic, which are the first ones."""

    @property
    def packet(self) -> PacketConfig:
        """Sizes of a packet's parts."""
        ...

    def transfer(
        self, src: int, dst: int, size: int, *, path: tuple[int, ...] | None = None
    ) -> Transfer:
        """Send `size` bytes from host `src` to host `dst`, from now on.

        The event succeeds with the flow's number when the last byte is there, and fails with
        `TransferFailed` if that cannot be. `path` is for policies that are given paths: links from
        host to host.
        """
        ...

    def submit(self, flows: FlowBatch) -> Event:
        """Hand in many flows; the event succeeds with their numbers (a range) when all are done.

        It fails with `TransferFailed` as soon as one of them fails; the others go on.
        """
        ...

    def gate(self) -> int:
        """Return a new gate, for flows to wait for until somebody opens it."""
        ...

    def open(self, gate: int) -> None:
        """Let flows go on that wait for `gate`, and all that will; once open it stays so."""
        ...

    def cancel(self, flow: int) -> None:
        """Send nothing more of `flow`.

        The event of its transfer or batch fails with `TransferCancelled`, and so do, with their
        reason, the flows that wait for it. What is over stays as it is.
        """
        ...

    @property
    def received(self) -> NDArray[Any]:
        """Bytes of each flow that its receiver has, by flow number.

        Of a flow that was cancelled or failed it is what was there by then.
        """
        ...

    @property
    def received_beside_traffic(self) -> int:
        """Bytes that receivers have of all flows numbered from `traffic_flows` on."""
        ...

    @property
    def delivered(self) -> float | None:
        """Share of the packets of all flows so far that are delivered; None without flows."""
        ...

    @property
    def packet_hops(self) -> int:
        """Data packets times the links that they crossed, as far as this fidelity has links."""
        ...

    @property
    def last_activity(self) -> Time:
        """Up to when links have had something to do."""
        ...

    def flow_columns(self, *, nics: bool = False) -> dict[str, NDArray[Any]]:
        """Return the flows' columns, by flow number; what never came is masked.

        Their ends are hosts, or with `nics` the NICs that they took.
        """
        ...

    def link_columns(self) -> dict[str, NDArray[Any]]:
        """Return totals up to now of each link that this fidelity has, by link number."""
        ...

    def finish(self, recorder: Recorder) -> Mapping[str, Columns]:
        """Write the tables that `recorder` wants and this fidelity has; return those of the run.

        They are `flows`, `link_totals`, `hosts`, `links` and `packets`. The first two are returned,
        by name, where they are wanted.
        """
        ...


class Fidelity(Protocol):
    """A level of detail, registered as ``register("fidelity", NAME)``."""

    source: ClassVar[str]
    tables: ClassVar[tuple[str, ...]]
    """The tables that its fabric writes if they are wanted."""
    ignores: ClassVar[tuple[str, ...]]
    """Blocks of the network that it does not look at."""

    @staticmethod
    def problems(config: NetworkConfig, network: Network) -> list[Problem]:
        """Return what is wrong with network and policies, before flows are looked at."""
        ...

    @staticmethod
    def flow_problems(
        config: NetworkConfig, network: Network, flows: Flows, sizes: str
    ) -> list[Problem]:
        """Return what is wrong with the flows of one traffic block, with places below it.

        Its field `sizes` says how large they are.
        """
        ...

    # It may also have `extent_problems(config, network, extent, sizes) -> list[Problem] | None`,
    # which judges flows without their being drawn; None says that each has to be looked at.

    # And `warnings(config, network, seed, below) -> list[Caution]`: what would mislead, and
    # `effective(config, network, seed) -> Mapping[str, Effective]`: what defaults come to.

    @staticmethod
    def largest_transfer(config: NetworkConfig, network: Network) -> int:
        """Return the most bytes that one transfer may have."""
        ...

    @staticmethod
    def describe(config: NetworkConfig) -> str:
        """Return in a few words what decides how bytes travel."""
        ...

    @staticmethod
    def connect(
        config: NetworkConfig,
        network: Network,
        context: RunContext,
        flows: Flows,
        hosts: Sequence[int] = (),
    ) -> Fabric:
        """Return the fabric, joined to the environment, with the scenario's `flows` submitted.

        `hosts` are those that will have transfers, besides those of the flows.
        """
        ...
