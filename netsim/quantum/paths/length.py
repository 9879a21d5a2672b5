"""The shortest way by the length of its fibres."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


@register("path", "length")
class Length:
    """The least fibre between the ends."""

    source: ClassVar[str] = "E. W. Dijkstra, A note on two problems in connexion with graphs, 1959"

    class Config(PathConfig):
        """The least fibre between the ends."""

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the way with the least fibre."""
        return ways.shortest(source, target, ways.length)
