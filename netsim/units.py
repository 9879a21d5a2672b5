"""Quantities with units: ``"100 Gbps"`` to SI and back, exactly.

A quantity is a number, white space, and a unit: ``500 ns``, ``4096 B``, ``1.5 GB/s``. Case matters:
``b`` is a bit and ``B`` a byte. Inside netsim values are SI (s, bit/s, bytes, m, 1/s), except that
simulated time is an integer number of picoseconds. Conversion is exact (rational arithmetic) and
rounds once.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

_NUMBER: Final = re.compile(
    r"([+-]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(.*)", re.DOTALL
)
_LONGEST: Final = 64
_LARGEST: Final = 10**300


class UnitError(ValueError):
    """A text is not a quantity of the wanted dimension; `hint` says how to write one."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


#: How bits and bytes, alone or per second, are written elsewhere.
_BITS: Final = re.compile(
    r"(?P<prefix>[kMGT]?)(?P<what>b|bits?|Bits?|B|[bB]ytes?)(?P<per>ps|/s|/sec)?"
)

#: Units that are read and never shown.
_NOT_SHOWN: Final = re.compile(r".iB|.?bit|.?B/s|min|h|d|/h|/s|Wh")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A kind of quantity.

    Parameters
    ----------
    name
        With its article, as errors say it: ``a rate``.
    unit
        The unit that values have inside netsim and in tables.
    units
        Every unit that may be written, in terms of `unit`.
    hint
        How to write one, for errors.
    whole
        Whether values are integers in `unit` (picoseconds, bytes, bits per second).
    """

    name: str
    unit: str
    units: dict[str, Fraction]
    hint: str
    whole: bool = False

    def longest_first(self) -> list[str]:
        """Return the units, so ordered that none hides another that it begins."""
        return sorted(self.units, key=lambda unit: (-len(unit), unit))


def _scaled(prefixes: str, base: str, step: int = 1000) -> dict[str, Fraction]:
    """Return `base` with each prefix (a space stands for none), a factor `step` apart."""
    powers = {" ": 0, "k": 1, "M": 2, "G": 3, "T": 4}
    return {(p + base).strip(): Fraction(step) ** powers[p] for p in prefixes}


def _times(factor: Fraction | int, units: dict[str, Fraction]) -> dict[str, Fraction]:
    return {unit: scale * factor for unit, scale in units.items()}


_SECONDS: Final[dict[str, Fraction]] = {
    "ps": Fraction(1, 10**12),
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
}
_BYTES: Final = (
    _scaled(" kMGT", "B")
    | {p + "iB": Fraction(1024) ** n for n, p in enumerate("KMGT", start=1)}
    | _times(Fraction(1, 8), _scaled(" kMG", "bit"))
)

DIMENSIONS: Final[dict[str, Dimension]] = {
    "time": Dimension(
        "a time",
        "ps",
        _times(10**12, _SECONDS),
        "a time needs ps, ns, us, ms, s, min, h or d: '500 ns'",
        whole=True,
    ),
    "duration": Dimension(
        "a duration",
        "s",
        dict(_SECONDS),
        "a duration needs ps, ns, us, ms, s, min, h or d: '2.5 s'",
    ),
    "data": Dimension(
        "an amount of data",
        "B",
        _BYTES,
        "data needs bytes or bits: '4096 B', '1 MiB', '8 kbit'",
        whole=True,
    ),
    "rate": Dimension(
        "a rate",
        "bit/s",
        _scaled(" kMGT", "bps") | _times(8, _scaled(" kMGT", "B/s")),
        "a rate needs bits or bytes per second: '100 Gbps' (bits) or '100 GB/s' (bytes)",
        whole=True,
    ),
    "length": Dimension(
        "a length",
        "m",
        {
            "nm": Fraction(1, 10**9),
            "um": Fraction(1, 10**6),
            "mm": Fraction(1, 1000),
            "cm": Fraction(1, 100),
            **_scaled(" k", "m"),
        },
        "a length needs nm, um, mm, cm, m or km: '20 km'",
    ),
    "speed": Dimension(
        "a speed", "m/s", _scaled(" k", "m/s"), "a speed needs m/s or km/s: '2e8 m/s'"
    ),
    "attenuation": Dimension(
        "an attenuation", "dB/km", {"dB/km": Fraction(1)}, "an attenuation needs dB/km: '0.2 dB/km'"
    ),
    "angle": Dimension(
        "an angle",
        "rad",
        # Of pi more digits than a double holds, so that a value is rounded once, as all are.
        {"rad": Fraction(1), "deg": Fraction("3.14159265358979323846264338327950288") / 180},
        "an angle needs rad or deg: '45 deg'",
    ),
    "energy": Dimension(
        "an energy",
        "J",
        {**_scaled(" k", "J"), "Wh": Fraction(3600)},
        "an energy needs J, kJ or Wh: '2 Wh'",
    ),
    "power": Dimension(
        "a power", "W", {"mW": Fraction(1, 1000), "W": Fraction(1)}, "a power needs mW or W: '5 W'"
    ),
    "energy_per_data": Dimension(
        "an energy per data",
        "J/B",
        {"J/B": Fraction(1), "nJ/bit": Fraction(8, 10**9)},
        "energy per data needs J/B or nJ/bit: '50 nJ/bit'",
    ),
    "frequency": Dimension(
        "a frequency",
        "1/s",
        _scaled(" kMG", "Hz") | {"/s": Fraction(1), "/h": Fraction(1, 3600)},
        "a frequency needs Hz, kHz, MHz, GHz, /s or /h: '2 kHz', '10 /s'",
    ),
    "work": Dimension(
        "an amount of compute",
        "FLOP",
        _scaled(" GT", "FLOP"),
        "compute needs FLOP, GFLOP or TFLOP: '3 TFLOP'",
    ),
    "compute": Dimension(
        "a compute rate",
        "FLOP/s",
        _scaled(" GT", "FLOPS"),
        "a compute rate needs GFLOPS or TFLOPS (per second): '312 TFLOPS'",
    ),
}


@functools.lru_cache(maxsize=4096)
def parse(text: str, dimension: str) -> int | float:
    """Return the quantity `text` in the unit of `dimension`; points of a sweep ask for the same.

    >>> parse("100 Gbps", "rate"), parse("1.5 us", "time"), parse("4 KiB", "data")
    (100000000000, 1500000, 4096)

    Raises
    ------
    UnitError
        If it is not a number with a unit of that dimension, or too large: for 63 bits where values
        are whole, for a double elsewhere.
    """
    wanted = DIMENSIONS[dimension]
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    if match is None or match[2] not in wanted.units:
        raise UnitError(f"'{shown}' is not {wanted.name}", _hint(match[2] if match else "", wanted))
    value = Fraction(match[1].replace("_", "")) * wanted.units[match[2]]
    most = 2**62 if wanted.whole else _LARGEST
    if abs(value) >= most:
        raise UnitError(f"'{shown}' is too large", f"the limit is {most:.3g} {wanted.unit}")
    if not wanted.whole:
        return float(value)
    whole = round(value)
    if wanted.unit == "B" and whole != value:
        raise UnitError(f"'{shown}' is not a whole number of bytes", "give whole bytes: '4096 B'")
    if value != 0 and whole == 0:
        raise UnitError(f"'{shown}' rounds to nothing", f"the smallest step is 1 {wanted.unit}")
    return whole


def split(text: str) -> tuple[Fraction, str] | None:
    """Return number and unit of the quantity `text`, whatever the unit; None if it is none.

    >>> split("1.5 kB")
    (Fraction(3, 2), 'kB')
    """
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return (Fraction(match[1].replace("_", "")), match[2]) if match else None


def parse_ratio(text: str) -> float:
    """Return the ratio that `text` writes as per cent: ``"12 %"`` is 0.12.

    Raises
    ------
    UnitError
        If it is not a number followed by ``%``.
    """
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None or match[2] != "%":
        raise UnitError(
            f"'{text[:_LONGEST]}' is not a ratio",
            "a ratio is a bare number or per cent: 0.12 or '12 %'",
        )
    return float(Fraction(match[1].replace("_", "")) / 100)


def canonical(value: int | float, dimension: str) -> str:
    """Return `value` with the unit that it has inside netsim; `parse` gives it back exactly."""
    unit = DIMENSIONS[dimension].unit
    written = {"bit/s": "bps", "1/s": "/s", "FLOP/s": "FLOPS"}.get(unit, unit)
    return f"{value!r} {written}"


def readable(value: float, dimension: str) -> str:
    """Return `value` in the largest decimal unit that keeps it at 1 or above: ``1.5 us``."""
    known = DIMENSIONS[dimension].units
    scales = {unit: scale for unit, scale in known.items() if not _NOT_SHOWN.fullmatch(unit)}
    fitting = {unit: scale for unit, scale in scales.items() if abs(value) >= scale}
    unit = max(fitting, key=fitting.__getitem__) if fitting else min(scales, key=scales.__getitem__)
    return f"{float(value / scales[unit]):.4g} {unit}"


def _hint(unit: str, wanted: Dimension) -> str:
    if not unit:
        return wanted.hint
    plain = unit.replace("\u00b5", "u").replace("\u03bc", "u")
    if plain != unit and plain in wanted.units:
        return f"did you mean '{plain}'? {wanted.hint}"
    bits = _BITS.fullmatch(unit)
    if bits and wanted.unit == "bit/s" and bits["per"]:
        return f"did you mean '{bits['prefix']}{'B/s' if bits['what'] == 'B' else 'bps'}'?"
    if bits and wanted.unit == "B" and not bits["per"]:
        return f"write '{bits['prefix']}bit' (bits) or '{bits['prefix']}B' (bytes)"
    for other in DIMENSIONS.values():
        if unit in other.units and other.units.keys() != wanted.units.keys():
            return f"{wanted.hint}; '{unit}' is a unit of {other.name.split(' ', 1)[1]}"
    same = [known for known in wanted.units if known.lower() == unit.lower()]
    return f"did you mean '{same[0]}'? {wanted.hint}" if same else wanted.hint
