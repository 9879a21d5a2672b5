"""Simulated chains against waiting times, fidelities, published rates and bounds.

First pairs of independent trials are compared with closed forms within four standard errors of the
mean. Rates of streams are compared with measurements of SeQUeNCe, whose standard error is that of
its few seeds or of counting, whichever is larger.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from netsim import rng as named
from netsim.quantum import waiting
from netsim.quantum.links.kind import Hardware
from netsim.quantum.links.midpoint_source import MidpointSource
from netsim.quantum.states import werner
from netsim.registry import register
from netsim.verify.measurement import Measurement
from netsim.verify.scenarios import simulate

TRIALS = 100_000
P = 0.1
ATTEMPT = 1e9


def first_pairs(
    links: int, memory: Mapping[str, Any] | None = None, **swap: Any
) -> tuple[Any, Any, Any]:
    """Return instants (attempts), fidelities and waits (attempts) of first pairs.

    Attempts of all links last 1 ms and succeed with chance `P`; messages take no time.
    """
    result = simulate(
        {
            "workload": "quantum",
            "chain": {"routers": links + 1, "segment": "20 cm", "attenuation": "0 dB/km"},
            "classical": {"delay": "0 s"},
            "memory": {
                # Two rounds of one photon each succeed with half the square.
                "efficiency": math.sqrt(2 * P),
                "frequency": "1 kHz",
                "raw_fidelity": 0.95,
                **(memory or {}),
            },
            "detector": {"efficiency": 1.0},
            "link": {"kind": "two_round", "control": "ideal"},
            "swap": {"policy": "nested", "handshake": False, **swap},
            "request": {"mode": "one_shot", "trials": TRIALS, "fidelity": 0.25},
            "record": {"pairs": "delivered"},
        }
    )
    table = result.table("entanglements")
    created, fidelity, wait = (
        table.column(name).to_numpy() for name in ("created", "fidelity", "wait")
    )
    return np.round(created / ATTEMPT), fidelity, np.round(wait / 1e-3)


def within(name: str, sample: Any, expected: float, errors: float = 4.0) -> Measurement:
    """Return the mean of `sample` beside `expected`, allowed some standard errors."""
    tolerance = errors * float(np.std(sample)) / math.sqrt(len(sample))
    return Measurement(name, float(np.mean(sample)), expected, tolerance, "1", "absolute")


@register("check", "quantum_first_pairs")
class FirstPairs:
    """Attempts and fidelities of first pairs."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = (
        "first pairs come after the maximum of geometric numbers of attempts, and waiting costs "
        "the fidelity that the decay law says"
    )
    source: ClassVar[str] = (
        "Shchukin, Schmidt and van Loock, Phys. Rev. A 100, 032322, 2019; Brand, Coopmans and "
        "Elkouss, IEEE J-SAC 38, 619, 2020"
    )

    def run(self) -> list[Measurement]:
        """Simulate many trials each."""
        found = []
        for links in (2, 4, 8):
            attempts, _, _ = first_pairs(links)
            mean = waiting.all_links(P, links)
            found.append(within(f"all of {links} links", attempts, mean))
        attempts, _, _ = first_pairs(2, success=0.5)
        found.append(within("two links, half of the swaps", attempts, waiting.nested(P, 0.5, 1)[1]))
        return found + self._fidelities()

    @staticmethod
    def _fidelities() -> list[Measurement]:
        w, decay = ((4 * 0.95 - 1) / 3) ** 2, math.exp(-8 / 3 * 0.02)
        _, fidelity, _ = first_pairs(2, {"coherence": "50 ms"})
        mean = (1 + 3 * w * waiting.two_links_werner(P, decay)) / 4
        found = [within("fidelity after waiting", fidelity, mean)]
        # A pair waits for at most 10 attempts of the other link: it is given up after the 11th
        # from its own on.
        memory = {"coherence": "50 ms", "cutoff": "11 ms"}
        attempts, fidelity, ages = first_pairs(2, memory)
        mean = (1 + 3 * w * waiting.two_links_werner(P, decay, 10)) / 4
        found += [
            within("fidelity with cutoff 10", fidelity, mean),
            within("attempts with cutoff 10", attempts, waiting.two_links(P, 10)),
        ]
        for age, share in enumerate(waiting.two_links_ages(P, 10)):
            if age in (0, 1, 5, 10):
                found.append(within(f"share of age {age}", ages == age, float(share)))
        return found


PUBLISHED: tuple[tuple[str, dict[str, Any], float, float, int, float], ...] = (
    ("one link of 20 km", {"routers": 2, "segment": "20 km"}, 91.30, 10.0, 3, 0.62),
    ("two links of 20 km", {"routers": 3, "segment": "20 km"}, 62.06, 6.0, 3, 2.55),
)


@register("check", "quantum_streams")
class Streams:
    """Rates of streams beside measurements of SeQUeNCe, and the exact mean of a link."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = "streams have the rates of the timing rules and of SeQUeNCe"
    source: ClassVar[str] = (
        "X. Wu et al., SeQUeNCe, Quantum Sci. Technol. 6, 045027, 2021; measured"
    )

    def run(self) -> list[Measurement]:
        """Simulate each published case for longer."""
        found = []
        for name, chain, rate, seconds, seeds, deviation in PUBLISHED:
            row = stream(chain)
            error = max(deviation, math.sqrt(rate / seconds)) / math.sqrt(seeds)
            found.append(Measurement(name, row["rate"], rate, 3 * error, "1/s", "absolute"))
        purified = stream(
            {"routers": 2, "segment": "10 km"},
            memory={"count": 10, "raw_fidelity": 0.85},
            link={"kind": "two_round", "slot": "50 ns"},
            purification={"scheme": "bbpssw"},
            fidelity=0.88,
            end="20 s",
        )
        error = max(3.54, math.sqrt(579.5)) / math.sqrt(2)
        found += [
            Measurement(
                "purified, ten memories", purified["rate"], 579.5, 3 * error, "1/s", "absolute"
            ),
            Measurement(
                "purified, fidelity", purified["fidelity_mean"], 0.884146341, 1e-9, "1", "absolute"
            ),
        ]
        # 600 us for either round; eta = 0.378574, p = eta^2 / 2, a = 0.3248299: 11.0927 ms a pair.
        row = stream({"routers": 2, "segment": "20 km"}, end="560 s")
        error = 4 * 0.0107 / math.sqrt(row["pairs"])
        mean = 1 / row["rate"]
        found.append(Measurement("time of a pair", mean, 11.0927e-3, error, "s", "absolute"))
        return found


def stream(
    chain: Mapping[str, Any],
    memory: Mapping[str, Any] | None = None,
    fidelity: float = 0.5,
    end: str = "100 s",
    **blocks: Any,
) -> dict[str, Any]:
    """Return the row of `runs` of a stream with the parameters of the published cases."""
    result = simulate(
        {
            "workload": "quantum",
            "chain": dict(chain),
            "memory": {
                "frequency": "2 kHz",
                "efficiency": 0.75,
                "raw_fidelity": 0.99,
                **(memory or {}),
            },
            "detector": {"efficiency": 0.8, "count_rate": "50 MHz", "resolution": "100 ps"},
            "swap": {"policy": "nested", "degradation": 0.99},
            "request": {"end": end, "fidelity": fidelity},
            "record": {"pairs": "delivered"},
            **blocks,
        }
    )
    return dict(result.runs[0])


LINKS: tuple[dict[str, Any], ...] = (
    {"kind": "two_round"},
    {"kind": "single_click"},
    {"kind": "two_click"},
    {"kind": "midpoint_source"},
    {"kind": "absorptive_source"},
    {"kind": "sender_receiver"},
    {"kind": "memory_memory"},
)


@register("check", "quantum_keys")
class Keys:
    """Key rates of every kind of link below the bound of their arms, and a source that latches."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = "no link gives more key than its arms allow"
    source: ClassVar[str] = "Pirandola et al., Nat. Commun. 8, 15043, 2017; stations are nodes"

    def run(self) -> list[Measurement]:
        """Simulate a link of each kind with either engine."""
        found = []
        for link in LINKS:
            row = stream({"routers": 2, "segment": "20 km"}, link=link, end="2 s")
            bound = row["key_bound"]
            name = f"key of {link['kind']}"
            found.append(Measurement(name, row["key_rate"], (1e-9, bound), 0, "bit/s", "interval"))
        streams = named.Streams(7)
        for pair, arm, slots, chance in ((0.1, 0.3, 20, 0.114527), (0.05, 0.1, 100, 0.032369)):
            config = MidpointSource.Config(pair=pair, slots=slots)
            hardware = Hardware((arm, arm), werner(1.0))
            model = MidpointSource.model(config, hardware)
            name = f"midpoint source, {slots} slots"
            found.append(Measurement(name, model.success, chance, 5e-7, "1", "absolute"))
            play = MidpointSource.play(config, hardware, streams.generator("quantum.heralding"))
            heralds = [play.first()[0] for _ in range(50_000)]
            found.append(within(f"{name}, played", heralds, chance))
        return found
