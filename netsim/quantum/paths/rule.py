"""What a rule for paths is.

A registered rule is a class with a `Config`, a `source` and::

    find(config, ways, source, target, asked) -> list of routers, or None where there is no way

and optionally::

    since(config, ways, source, target) -> ps   from when on a way is known; else always

`ways` knows the network, `asked` the request as far as it is known: its fidelity, and from when to
when it wants memories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from netsim.fields import Config

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


class PathConfig(Config):
    """Which way a request takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a path is wanted for: fidelity, start and end (ps) of the reservation."""

    fidelity: float = 0.0
    start: int = 0
    end: int = 0


class PathRule(Protocol):
    """What a class registered under kind ``path`` offers."""

    Config: type[PathConfig]
    source: ClassVar[str]

    @staticmethod
    def find(config: Any, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the routers of the way, or None."""
        ...
