"""Simulated links of every kind against the closed forms of their attempts, in slots and in stars.

The mean time between pairs of a plain link is ``(S1 + a S2) / p``: spacings of attempts by the
timing rules, chances by the kind's closed form. In time slots of k attempts each, n links and their
swaps deliver with chance ``(1 - (1 - p)^k)^n s^(n-1)`` a slot.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

import numpy as np

from netsim.quantum import waiting
from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

PAIRS: Final = 20_000
#: An arm of 10 km: memory, fibre, detector.
ARM: Final = 0.75 * 0.8 * 10**-0.2
WHOLE: Final = 0.75 * 0.8 * 10**-0.4

#: By kind, with its parameters: the chance of an attempt, worked out by hand from those of photons.
CHANCES: Final[tuple[tuple[dict[str, Any], float], ...]] = (
    ({"kind": "two_round"}, ARM**2 / 2),
    (
        {"kind": "single_click", "bright": 0.05},
        2 * 0.05 * 0.95 * ARM + 0.05**2 * ARM * (2 - ARM),
    ),
    ({"kind": "two_click"}, ARM**2 / 2),
    (
        {"kind": "midpoint_source", "pair": 0.1, "slots": 20},
        ARM / (2 - ARM) * (1 - (1 - 0.1 * ARM * (2 - ARM)) ** 20),
    ),
    ({"kind": "absorptive_source", "pair": 0.3}, 0.3 * ARM**2),
    # One arm of 20 km, the other of none.
    ({"kind": "sender_receiver"}, 0.5 * WHOLE * 0.6),
    ({"kind": "memory_memory", "absorption": 0.5}, 0.5 * WHOLE),
)
#: From an emission until both ends know, in delays of 100 us; otherwise one.
FLIGHTS: Final = {
    "sender_receiver": 2.0,
    "memory_memory": 2.0,
    "midpoint_source": 1.5,
    "absorptive_source": 1.5,
}


@register("check", "quantum_links")
class Links:
    """Times between pairs of every kind of link, deliveries in time slots, and stars."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = (
        "links of every kind make pairs as often as their photons say, in slots and stars as well"
    )
    source: ClassVar[str] = (
        "the kinds' own sources; Shchukin, Schmidt and van Loock, Phys. Rev. A 100, 032322, 2019"
    )

    def run(self) -> list[Measurement]:
        """Simulate a stream of each kind, slots, and a star."""
        found = [self._link(block, chance) for block, chance in CHANCES]
        return found + self._slots() + self._star()

    @staticmethod
    def _link(block: dict[str, Any], chance: float) -> Measurement:
        kind = block["kind"]
        delay = 100e-6
        flight = FLIGHTS.get(kind, 1.0) * delay
        if kind == "midpoint_source":
            flight += 20 * 12.5e-9
        # Memories rest for 500 us; the request, the negotiation and the reply take three delays.
        spacing = max(500e-6, flight + 2 * delay) + delay
        mean = spacing / chance
        if kind == "two_round":
            passed = ARM / 2 + (2 * ARM * (1 - ARM) + ARM**2 / 2) / 4
            mean += passed * (max(500e-6, flight + delay) + delay) / chance
        result = simulate(
            {
                "workload": "quantum",
                "chain": {"routers": 2, "segment": "20 km"},
                "memory": {"frequency": "2 kHz", "efficiency": 0.75},
                "detector": {"efficiency": 0.8},
                "link": block,
                "request": {"end": "100000 s", "pairs": PAIRS, "fidelity": 0.25},
                "record": {"pairs": "delivered"},
            }
        )
        created = np.sort(result.table("entanglements").column("created").to_numpy())
        times = np.diff(created) * 1e-12
        error = 4 * float(times.std()) / math.sqrt(len(times))
        return Measurement(
            f"{kind}, time of a pair", float(times.mean()), mean, error, "s", "absolute"
        )

    @staticmethod
    def _slots() -> list[Measurement]:
        """Ten attempts of 1 ms a slot; pairs are joined in the millisecond after them."""
        found = []
        for routers, success in ((2, 1.0), (3, 0.7), (5, 1.0)):
            slots, p = 4000, 0.1
            result = simulate(
                {
                    "workload": "quantum",
                    "chain": {"routers": routers, "segment": "20 cm", "attenuation": "0 dB/km"},
                    "classical": {"delay": "0 s"},
                    "memory": {"frequency": "1 kHz", "efficiency": 1.0},
                    "detector": {"efficiency": 1.0},
                    "link": {"kind": "two_click", "bell": p, "control": "ideal"},
                    "swap": {"policy": "nested", "success": success},
                    "phases": {"external": "10 ms", "internal": "1 ms"},
                    "request": {"end": f"{11 * slots} ms", "pairs": 10**6, "fidelity": 0.25},
                    "record": {"pairs": "delivered"},
                }
            )
            # With ten attempts and one memory, a link may deliver again within a slot.
            ended = result.table("entanglements").column("ended").to_numpy()
            share = len(np.unique(ended // 11_000_000_000)) / slots
            chance = (1 - (1 - p) ** 10) ** (routers - 1) * success ** (routers - 2)
            error = 4 * math.sqrt(chance * (1 - chance) / slots)
            name = f"slots that deliver, {routers} routers, swaps {success:g}"
            found.append(Measurement(name, share, chance, error, "1", "absolute"))
        return found

    @staticmethod
    def _star() -> list[Measurement]:
        result = simulate(
            {
                "workload": "quantum",
                "topology": {"kind": "star", "nodes": 4, "length": "20 cm"},
                "fibre": {"attenuation": "0 dB/km"},
                "classical": {"delay": "0 s"},
                "memory": {
                    "frequency": "1 kHz",
                    "efficiency": 1.0,
                    "raw_fidelity": 0.9,
                    "count": 3,
                },
                "detector": {"efficiency": 1.0},
                "link": {"kind": "two_click", "bell": 0.1, "control": "ideal"},
                "request": {"application": "ghz", "end": "100 s", "fidelity": 0.25},
                "record": {"pairs": "delivered", "tables": ["ghz"]},
            }
        )
        table = result.table("ghz")
        created = table.column("created").to_numpy()
        attempts = np.round(np.diff(created) / 1e9)
        error = 4 * float(attempts.std()) / math.sqrt(len(attempts))
        mean = waiting.all_links(0.1, 3)
        fidelity = float(table.column("fidelity").to_numpy().mean())
        return [
            Measurement(
                "GHZ of three leaves, attempts",
                float(attempts.mean()),
                mean,
                error,
                "1",
                "absolute",
            ),
            Measurement("GHZ of three W(0.9)", fidelity, 0.732148148148148, 1e-12, "1", "absolute"),
        ]
