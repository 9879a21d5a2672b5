"""Which opt-in tables of the family `stragglers` have no rows under a scenario's code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netsim.fields import implementation
from netsim.warnings import Caution

if TYPE_CHECKING:
    from netsim.stragglers.schema import StragglersScenario

#: Tables of coded rounds, which codes with a way of their own to run do not have unless they say.
_OF_ROUNDS: Final = ("worker_rounds", "tasks")


def empty_tables(scenario: StragglersScenario) -> list[Caution]:
    """Return a warning if tables are asked for that stay empty."""
    chosen = implementation("code", scenario.code, key="scheme")
    has = set(getattr(chosen, "own_tables", () if hasattr(chosen, "build") else _OF_ROUNDS))
    if scenario.learning is not None:
        has.add("updates")
    judged = {*_OF_ROUNDS, "gradients", "selection", "updates"}
    empty = [name for name in scenario.record.asked_for() if name in judged - has]
    if not empty:
        return []
    scheme = getattr(scenario.code, "scheme", "")
    why = f"scheme '{scheme}' writes no rows to {', '.join(empty)}"
    if empty == ["updates"]:
        why = "without 'learning' there is nothing to write to updates"
    message = f"{why}; leave it out of record.tables, or take another code.scheme"
    return [Caution("empty-table", message, "record.tables")]
