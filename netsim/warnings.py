"""Warnings: what lets a run end well and its numbers mislead.

A warning has a stable code, says what it does to the answer, and names the field that changes it.
Some are known from the scenario alone, and `netsim validate` gives them too; others show in the
rows of table `runs`. `CODES` is the list, `docs/warnings.md` explains each. They are no errors: the
run goes on and ends with exit code 0.

A family finds its own in two optional hooks, ``warnings(scenario)`` before a run and
``warnings_after(scenario, rows)`` behind it. Rejected: Python's own `warnings`, whose filters hide
what is said twice, and log messages, which no file keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from netsim import units

if TYPE_CHECKING:
    from netsim.family import Family, ScenarioModel

#: Every code, with what it means.
CODES: Final[dict[str, str]] = {
    "reorder-as-loss": "The transport takes reordering for loss, and the routing policy reorders.",
    "warmup": "The warm-up leaves nothing, or little, that a summary could be made of.",
    "empty-table": "A table that is asked for stays empty.",
    "odd-host": "One host's slow or far link sets a default of all ports.",
    "all-at-once": "Every host of an all-to-all starts all its flows at one instant.",
    "ecn-above-capacity": "Queues drop before they mark.",
    "unfinished": "Flows were not finished, or failed.",
    "drops": "More than 1 % of the data packets were dropped.",
}


@dataclass(frozen=True, slots=True)
class Caution:
    """One warning.

    Parameters
    ----------
    code
        A key of `CODES`, or the code of a plug-in.
    message
        What it does to the answer, and what changes it.
    at
        Dotted path of the field that it is about, or empty.
    """

    code: str
    message: str
    at: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the warning for programs."""
        return {"code": self.code, "message": self.message, "at": self.at}

    @property
    def head(self) -> str:
        """Return how its line begins: ``warning[drops]:``."""
        return f"warning[{self.code}]:"

    @property
    def text(self) -> str:
        """Return what follows the head: the path of the field, where there is one, and all else."""
        return f"{self.at}: {self.message}" if self.at else self.message

    def __str__(self) -> str:
        return f"{self.head} {self.text}"


def before(family: Family, model: ScenarioModel) -> tuple[Caution, ...]:
    """Return what the scenario alone lets one know, one warning a code."""
    found = list(getattr(family, "warnings", _nothing)(model))
    warmup, until = model.record.warmup, model.until
    if until is not None and warmup >= until:
        shown = units.readable(warmup, "time"), units.readable(until, "time")
        message = (
            f"the warm-up of {shown[0]} lasts until the run stops at {shown[1]}, so summaries "
            "are of nothing; shorten it, or raise 'until'"
        )
        found.append(Caution("warmup", message, "record.warmup"))
    return one_a_code(found)


def after(
    family: Family, model: ScenarioModel, rows: Sequence[Mapping[str, Any]]
) -> tuple[Caution, ...]:
    """Return what the rows of table `runs` show, one warning a code."""
    if not rows:
        return ()
    return one_a_code(getattr(family, "warnings_after", _nothing)(model, rows))


def one_a_code(found: Iterable[Caution]) -> tuple[Caution, ...]:
    """Return the first warning of each code, which says how many further ones there are."""
    by_code: dict[str, list[Caution]] = {}
    for caution in found:
        by_code.setdefault(caution.code, []).append(caution)
    return tuple(
        first if not others else replace(first, message=f"{first.message} ({len(others)} more)")
        for first, *others in by_code.values()
    )


def counted(number: int) -> str:
    """Return how many warnings there are, in words."""
    return "1 warning" if number == 1 else f"{number} warnings"


def _nothing(*_: Any) -> tuple[Caution, ...]:
    return ()
