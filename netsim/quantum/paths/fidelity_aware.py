"""The fastest way that is good enough: whose pairs, swapped when new, reach the wanted fidelity.

Among k ways by the sum of their links' times the first whose fidelity reaches the request's is
taken, else the best one. Decay while pairs wait is left out, so it is the most that a way can give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.fields import field
from netsim.quantum.paths.rule import PathConfig, Wish
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.ways import Ways


@register("path", "fidelity_aware")
class FidelityAware:
    """The fastest way whose pairs are good enough."""

    source: ClassVar[str] = (
        "J. Li et al., Fidelity-guaranteed entanglement routing in quantum networks, 2022"
    )
    #: Whether the way depends on what is asked for.
    changes: ClassVar[bool] = True

    class Config(PathConfig):
        """The fastest way whose pairs are good enough."""

        k: int = field(8, description="ways that are looked at, by mean times", ge=1, le=64)

    @staticmethod
    def find(config: Config, ways: Ways, source: int, target: int, wish: Wish) -> list[int] | None:
        """Return the first way that is good enough, else the best."""
        found = ways.cheapest(source, target, ways.seconds, config.k)
        good = [way for way in found if ways.fidelity(way) >= wish.fidelity]
        return good[0] if good else max(found, key=ways.fidelity, default=None)
