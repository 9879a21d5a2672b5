"""What an application is: it asks for pairs, and hears what became of each request.

A registered application is a class with a `Config`, a `source` and::

    begin(request, block, demand)     called at time 0 with the block `request` number `block`

It asks by `Demand.ask`, whenever it likes, and is told when a request is through or refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from netsim.fields import Config

if TYPE_CHECKING:
    from netsim.quantum.demand import Demand
    from netsim.quantum.schema import RequestConfig


class ApplicationConfig(Config):
    """Who asks for pairs, and when."""


class Application(Protocol):
    """What a class registered under kind ``application`` offers."""

    Config: type[ApplicationConfig]
    source: ClassVar[str]

    @staticmethod
    def begin(request: RequestConfig, block: int, demand: Demand) -> None:
        """Ask for the first pairs, or say when."""
        ...
