"""Effective values: what a default that depends on other fields comes to, and by which rule.

They are shown in the head of a run, by `netsim validate --resolved` and `netsim describe`, and
stand in ``resolved.json`` under the key ``effective``. They are output and no input: outside the
hash, and passed over where a resolved file is loaded again. A family gives its own in an optional
hook, ``effective(scenario) -> Mapping[str, Effective]``, by the dotted path of the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from netsim import units

if TYPE_CHECKING:
    from netsim.family import Family, ScenarioModel

#: The key of a resolved scenario under which they stand.
KEY: Final = "effective"


@dataclass(frozen=True, slots=True)
class Effective:
    """What a field comes to: one value, or a range where ports or flows differ.

    Parameters
    ----------
    least, greatest
        In the unit of `dimension` (`netsim.units.DIMENSIONS`).
    dimension
        Of the values.
    rule
        Where they come from, in words.
    """

    least: int
    greatest: int
    dimension: str
    rule: str

    @property
    def shown(self) -> str:
        """Return the value, or the range, for people."""
        least, greatest = (
            units.readable(value, self.dimension) for value in (self.least, self.greatest)
        )
        return least if least == greatest else f"{least} to {greatest}"

    def to_dict(self) -> dict[str, Any]:
        """Return value and rule for programs; the value as a scenario writes it."""
        least, greatest = (
            units.canonical(value, self.dimension) for value in (self.least, self.greatest)
        )
        return {"value": least if least == greatest else [least, greatest], "rule": self.rule}


def effective(family: Family, model: ScenarioModel) -> Mapping[str, Effective]:
    """Return the effective values of a scenario by the dotted paths of their fields."""
    found: Mapping[str, Effective] = getattr(family, "effective", lambda _: {})(model)
    return found


def as_data(values: Mapping[str, Effective]) -> dict[str, Any]:
    """Return what stands under `KEY`; nothing where there is nothing to tell."""
    return {KEY: {path: value.to_dict() for path, value in values.items()}} if values else {}


def in_words(values: Mapping[str, Effective]) -> str:
    """Return them in one line: ``queue.capacity 1.084 MB, transport.rto 145.1 us``."""
    return ", ".join(f"{path} {value.shown}" for path, value in values.items())
