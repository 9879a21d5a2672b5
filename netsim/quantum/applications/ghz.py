"""GHZ states over a star: a router shares one pair with each leaf and measures all halves at once.

The leaves then hold one state of as many qubits as they are, whose fidelity follows from those of
the pairs. The router's measurement is a chain of gates from each half to the next: with n leaves
``n - 1`` gates must work, one phase and ``n - 1`` parities must be read right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netsim.fields import field
from netsim.quantum.applications.application import ApplicationConfig
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.quantum.demand import Demand
    from netsim.quantum.schema import RequestConfig


@register("application", "ghz")
class Ghz:
    """GHZ states of the neighbours of one router."""

    source: ClassVar[str] = (
        "A. Zeilinger, M. A. Horne, H. Weinfurter and M. Zukowski, Phys. Rev. Lett. 78, 3031, 1997"
    )

    class Config(ApplicationConfig):
        """GHZ states of the neighbours of one router, `from`."""

        leaves: tuple[str, ...] = field(
            (), description="which neighbours; default: all of them", max_length=64
        )

    @staticmethod
    def begin(request: RequestConfig, block: int, demand: Demand) -> None:
        """Ask the router and its leaves for memories."""
        demand.star(request)
