"""What a look at many points finds before one is simulated: ids, data files, faults, warnings.

A survey of some points is a value, so that workers can each look at a share of a large sweep and
the driver joins what they found. Nothing is raised until all is joined: the faults of a sweep are
told together, each once, naming the first of its points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from netsim.errors import ScenarioError
from netsim.estimate import refuse_too_large
from netsim.memory_limit import allowed_memory
from netsim.warnings import Caution

if TYPE_CHECKING:
    from netsim.metrics.inputs import Input
    from netsim.scenario import Diagnostic
    from netsim.sweep.points import Points

#: Wrong points that are looked at before the rest is taken to be alike.
_MOST_WRONG: Final = 200


@dataclass(slots=True)
class Survey:
    """What was found at some points.

    Parameters
    ----------
    ids
        Of the points that are right, in the order in which they were looked at.
    inputs
        The data files that they read.
    faults
        What is wrong, by place and message, each with the first of its points in words.
    wrong
        Number of points that are wrong.
    refusal
        Why a point is too large, if one is.
    cautions
        By code a warning and the number of points that it is about.
    """

    ids: list[str] = field(default_factory=list)
    inputs: dict[Input, None] = field(default_factory=dict)
    faults: dict[tuple[str, str], Diagnostic] = field(default_factory=dict)
    wrong: int = 0
    refusal: str = ""
    cautions: dict[str, tuple[Caution, int]] = field(default_factory=dict)

    @property
    def hopeless(self) -> bool:
        """Whether further points need no look."""
        return bool(self.refusal) or self.wrong >= _MOST_WRONG

    def add(self, other: Survey) -> None:
        """Add what was found at further points."""
        self.ids += other.ids
        self.inputs.update(other.inputs)
        for key, one in other.faults.items():
            self.faults.setdefault(key, one)
        self.wrong += other.wrong
        self.refusal = self.refusal or other.refusal
        for code, (caution, number) in other.cautions.items():
            self.note(code, caution, number)

    def note(self, code: str, caution: Caution, number: int = 1) -> None:
        """Count a warning."""
        first, known = self.cautions.get(code, (caution, 0))
        self.cautions[code] = (first, known + number)

    @property
    def warnings(self) -> list[Caution]:
        """One warning a code, with the number of its points."""
        return [
            replace(one, message=f"{one.message} (at {number:,} point{'s' * (number != 1)})")
            for one, number in self.cautions.values()
        ]

    def settle(self, points: Points, indices: Sequence[int]) -> None:
        """Raise what was found wrong with the points that have these `indices`.

        Raises
        ------
        ScenarioError
            With all that is wrong with any of them; or if one is too large, or two are the same.
        """
        if self.faults:
            raise points.refused(list(self.faults.values()))
        if self.refusal:
            raise ScenarioError(self.refusal)
        points.refuse_twins(zip(indices, self.ids, strict=True))


def survey(
    points: Points,
    indices: Sequence[int],
    *,
    size: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> Survey:
    """Return what is found at the points with these `indices`.

    Parameters
    ----------
    points, indices
        Of a sweep.
    size
        Whether a point that is too large for this process is refused.
    stopped
        Whether nobody waits for the answer any more.

    Raises
    ------
    KeyboardInterrupt
        If nobody does.
    """
    found = Survey()
    allowed = allowed_memory() if size else None
    for index in indices:
        if stopped():
            raise KeyboardInterrupt
        scenario, faults = points.check(index)
        if scenario is None:
            found.wrong += 1
            for one, named in zip(faults, points.named(index, faults), strict=True):
                found.faults.setdefault((one.place, one.message), named)
        else:
            found.ids.append(scenario.point)
            found.inputs.update(dict.fromkeys(scenario.inputs))
            for caution in scenario.warnings:
                found.note(caution.code, caution)
            if size:
                try:
                    refuse_too_large(scenario, allowed=allowed)
                except ScenarioError as refused:
                    found.refusal = _with_name(str(refused), points, index)
        if found.hopeless:
            break
    return found


def _with_name(refusal: str, points: Points, index: int) -> str:
    """Return a refusal that names the point, where there are several."""
    if len(points) == 1:
        return refusal
    first, *rest = refusal.split("\n")
    return "\n".join([f"{first} (at {points.name(index)})", *rest])
