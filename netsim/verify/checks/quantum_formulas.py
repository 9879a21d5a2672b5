"""Formulas of repeaters against values worked out by hand or by independent means.

States, purification and swapping have values that follow from explicit circuits of qubits; waiting
times from Markov chains; bounds and key fractions from their closed forms at given distances.
"""

from __future__ import annotations

import math
from typing import ClassVar

from netsim.quantum import bounds, keys, waiting
from netsim.quantum.decay import pauli
from netsim.quantum.links.kind import Hardware
from netsim.quantum.links.single_click import SingleClick
from netsim.quantum.links.two_round import TwoRound
from netsim.quantum.purification.bbpssw import Bbpssw
from netsim.quantum.purification.dejmps import Dejmps
from netsim.quantum.purification.double_selection import DoubleSelection
from netsim.quantum.purification.scheme import compare
from netsim.quantum.states import State, ghz_fidelity, swapped, werner
from netsim.registry import register
from netsim.verify.measurement import Measurement


def near(name: str, measured: float, expected: float, tolerance: float = 1e-12) -> Measurement:
    """Return a comparison with a printed value, whose last digit may be rounded."""
    return Measurement(name, measured, expected, tolerance, "1", "absolute")


def all_near(
    name: str, state: State, expected: State, tolerance: float = 1e-12
) -> list[Measurement]:
    """Return a comparison of the four weights of a state."""
    return [
        near(f"{name}, {error}", weight, right, tolerance)
        for error, weight, right in zip("IZXY", state, expected, strict=True)
    ]


@register("check", "quantum_states")
class States:
    """Purification, swapping and decay of Bell-diagonal states."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = "what repeaters do to pairs has the fidelities of its circuits"
    source: ClassVar[str] = (
        "Bennett et al. 1996; Deutsch et al. 1996; Duer and Briegel, Rep. Prog. Phys. 70, 1381, "
        "2007; noise by explicit circuits of four qubits"
    )

    def run(self) -> list[Measurement]:
        """Compute known cases."""
        found = []
        for fidelity, chance, better in (
            (0.85, 0.82, 0.884146341463415),
            (0.6, 0.608888888888889, 0.62043795620438),
        ):
            p, state = Bbpssw.purify(Bbpssw.Config(), (werner(fidelity), werner(fidelity)))
            found += [near(f"BBPSSW p, F={fidelity}", p, chance)]
            found += [near(f"BBPSSW F', F={fidelity}", state[0], better)]
        raw = werner(0.9349367588934053)
        found.append(
            near(
                "BBPSSW F', F=0.93494",
                Bbpssw.purify(Bbpssw.Config(), (raw, raw))[1][0],
                0.953724942601327,
            )
        )
        _, once = Bbpssw.purify(Bbpssw.Config(), (werner(0.85), werner(0.85)))
        p, twice = Bbpssw.purify(Bbpssw.Config(), (once, once))
        found += [near("BBPSSW second p", p, 0.857459184347941)]
        found += [near("BBPSSW second F'", twice[0], 0.913403353247254)]
        _, once = Dejmps.purify(Dejmps.Config(), (werner(0.85), werner(0.85)))
        first = (0.884146341463, 0.103658536585, 0.00609756097561, 0.00609756097561)
        found += all_near("DEJMPS first", once, first)
        p, twice = Dejmps.purify(Dejmps.Config(), (once, once))
        found.append(near("DEJMPS second p", p, 0.804580606781677))
        second = (0.971626617375, 0.013401109057, 0.013401109057, 0.001571164510)
        found += all_near("DEJMPS second", twice, second)
        p, twice = DoubleSelection.purify(DoubleSelection.Config(), [werner(0.85)] * 3)
        found += [near("double selection p", p, 0.666)]
        found += [near("double selection F'", twice[0], 0.925675675675676)]
        p, noisy = compare(werner(0.9), werner(0.85), 0.98, 0.99 * 0.97 + 0.01 * 0.03)
        found.append(near("noisy purification p", p, 0.812962346666667))
        expected = (0.89307050481518, 0.0902096064276925, 0.00835994437856376, 0.00835994437856376)
        found += all_near("noisy purification", noisy, expected)
        return found + self._swapped() + self._decayed()

    @staticmethod
    def _swapped() -> list[Measurement]:
        half = swapped(werner(0.9), werner(0.9))
        # W(F) has Werner parameter (4F-1)/3, and parameters multiply: w = (13/15)^n here.
        return [
            near("two links W(0.9)", half[0], (1 + 3 * (13 / 15) ** 2) / 4),
            near("four links W(0.9)", swapped(half, half)[0], (1 + 3 * (13 / 15) ** 4) / 4),
            *all_near(
                "noisy swap",
                swapped(werner(0.95), werner(0.9), 0.99, 0.99),
                (0.83466408, 0.05772792, 0.05772792, 0.04988008),
            ),
            near("GHZ of three W(0.9)", ghz_fidelity(*[werner(0.9)] * 3), 0.732148148148148),
        ]

    @staticmethod
    def _decayed() -> list[Measurement]:
        one = pauli(1.0).after(werner(0.95), 0.1)
        # F = 1/4 + (F0 - 1/4) exp(-4 t / 3T) for each half.
        return [
            near("depolarised, one half", one[0], 0.862621323330063),
            near("depolarised, both", pauli(1.0).after(one, 0.1)[0], 0.786149836855254),
        ]


@register("check", "quantum_waiting")
class Waiting:
    """Means of waiting times, and the odds of an attempt."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = "links wait for each other as Markov chains of attempts say"
    source: ClassVar[str] = (
        "Shchukin, Schmidt and van Loock, Phys. Rev. A 100, 032322, 2019; Barrett and Kok, Phys. "
        "Rev. A 71, 060310(R), 2005; chains of states solved by hand"
    )

    def run(self) -> list[Measurement]:
        """Compute known cases."""
        found = []
        for links, means in (
            (2, (2.6667, 14.7368, 149.7487)),
            (4, (3.5048, 20.2734, 207.7899)),
            (8, (4.4211, 26.2958, 270.9245)),
        ):
            for p, mean in zip((0.5, 0.1, 0.01), means, strict=True):
                measured = waiting.all_links(p, links)
                found.append(near(f"all of {links} links, p={p}", measured, mean, 5e-5))
        levels = (10.0, 29.47368421, 84.81758041, 242.3483724)
        for level, (mean, measured) in enumerate(
            zip(levels, waiting.nested(0.1, 0.5, 3), strict=True)
        ):
            found.append(near(f"nested, level {level}", measured, mean, 5e-8))
        for p, cutoff, mean in ((0.1, 5, 20.75117247), (0.1, 20, 15.35343999)):
            found.append(near(f"cutoff {cutoff}", waiting.two_links(p, cutoff), mean, 1e-8))
        found.append(near("cutoff 50", waiting.two_links(0.01, 50), 224.9861147, 5e-8))
        w, decay = ((4 * 0.95 - 1) / 3) ** 2, math.exp(-8 / 3 * 0.02)
        for limit, fidelity in ((None, 0.684271382), (10, 0.776338130)):
            mean = w * waiting.two_links_werner(0.1, decay, limit)
            found.append(near(f"waiting F, cutoff {limit}", (1 + 3 * mean) / 4, fidelity, 5e-10))
        return found + self._attempts()

    @staticmethod
    def _attempts() -> list[Measurement]:
        eta = 0.75 * 0.8 * bounds.transmissivity(10e3, 0.2)
        model = TwoRound.model(TwoRound.Config(), Hardware((eta, eta), werner(0.99)))
        weak = SingleClick.model(SingleClick.Config(), Hardware((0.01, 0.01), werner(1.0)))
        begun = model.success + (1 - model.success) * model.second
        return [
            near("arm of 20 km", eta, 0.378574, 5e-7),
            near("two rounds, p", model.success, eta * eta / 2),
            near("two rounds, second begun", begun, 0.3248299, 5e-8),
            near("single click, p", weak.success, 0.00099975),
            near("single click, F", weak.state[0], 0.950237559, 5e-10),
        ]


@register("check", "quantum_bounds")
class Bounds:
    """Capacities of lines with and without repeaters, and key fractions."""

    family: ClassVar[str] = "quantum"
    claim: ClassVar[str] = "no protocol exceeds -log2(1 - eta) a mode between two nodes"
    source: ClassVar[str] = (
        "Pirandola et al., Nat. Commun. 8, 15043, 2017; Shor and Preskill, Phys. Rev. Lett. 85, "
        "441, 2000; Bennett et al., Phys. Rev. A 54, 3824, 1996 (hashing)"
    )

    def run(self) -> list[Measurement]:
        """Compute known cases."""
        found = []
        # -log2(1 - 1e-10) is 1e-10 / ln 2 to ten digits.
        lines = ((50, 0.152003093), (100, 0.0144995697), (200, 1.44276718e-4))
        for km, capacity in (*lines, (500, 1e-10 / math.log(2))):
            measured = bounds.plob(bounds.transmissivity(km * 1e3, 0.2))
            found.append(Measurement(f"{km} km", measured, capacity, 5e-9, "1", "relative"))
        for km, values in (
            (100, (0.152003093, 0.548412255, 1.192121929)),
            (500, (1.44270225e-5, 0.00456943102, 0.0834990994)),
        ):
            eta = bounds.transmissivity(km * 1e3, 0.2)
            for count, capacity in zip((1, 3, 7), values, strict=True):
                name = f"{km} km, {count} repeaters"
                measured = bounds.repeaters(eta, count)
                found.append(Measurement(name, measured, capacity, 5e-9, "1", "relative"))
        for station, limit, far in (
            (0.5, 1.0, 0.619082841),
            (0.8, math.log2(5), 1.178745211),
            (0.9, math.log2(10), 1.426809802),
        ):
            found.append(near(f"stations of {station}, limit", bounds.plob(station), limit))
            measured = bounds.lossy_stations(1e-10, 63, station)
            found.append(near(f"stations of {station}, 500 km", measured, far, 1e-9))
        for fidelity, bb84, hashing in (
            (0.95, 0.578315399, 0.634354918),
            (0.9, 0.293281330, 0.372508156),
            (0.85, 0.062008813, 0.152415320),
        ):
            found.append(near(f"BB84, F={fidelity}", keys.bb84(werner(fidelity)), bb84, 5e-10))
            measured = keys.six_state(werner(fidelity))
            found.append(near(f"hashing, F={fidelity}", measured, hashing, 5e-10))
        return found
