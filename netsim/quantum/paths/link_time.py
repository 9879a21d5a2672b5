"""The way whose links' mean times of a pair sum to the least.

The sum stands for the time that an end-to-end pair takes. A link of twice the length takes much
more than twice the time, so this rule goes round long fibres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


@register("path", "link_time")
class LinkTime:
    """The least sum of mean times per pair."""

    source: ClassVar[str] = (
        "R. Van Meter et al., Path selection for quantum repeater networks, 2013"
    )

    class Config(PathConfig):
        """The least sum of mean times per pair."""

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the way of the least time."""
        return ways.shortest(source, target, ways.seconds)
