"""A scenario that was read and found right: frozen, with everything that a run needs."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import TypeAdapter, ValidationError

from netsim.effective import Effective, effective
from netsim.errors import ScenarioError
from netsim.metrics.inputs import Input
from netsim.scenario import identity
from netsim.scenario.wording import word
from netsim.warnings import Caution, before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsim.family import Family, ScenarioModel
    from netsim.problems import Problem


class Origin(Protocol):
    """What a scenario was read from: parsed, without models."""

    @property
    def text(self) -> str:
        """The text, with what changed it in comments at its top."""
        ...

    def resolve(self, overrides: Any) -> Scenario:
        """Return the scenario under `overrides`, or raise all that is wrong with it."""
        ...

    def refusal(self, problem: Problem) -> ScenarioError:
        """Return the error that says a `problem` of the whole at its place."""
        ...

    def changed(self, fields: Mapping[str, Any]) -> Origin:
        """Return it with other values of `fields`, which are known to be right."""
        ...

    def revival(self, digest: str) -> tuple[Any, ...]:
        """Return what pickle makes the scenario with this hash of again."""
        ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scenario:
    """A validated scenario: a value, equal to any that says the same, and one that can be pickled.

    Parameters
    ----------
    path
        The file it was read from; for a mapping a name in the folder that its paths are from.
    name
        Its name; the stem of the file where none is given.
    model
        The validated fields, quantities in netsim's own units.
    family
        The registered family that runs it.
    text
        The file as it is written, without includes, a mapping as JSON; what overrides changed
        stands in comments at its top.
    resolved
        All fields as JSON-able data: defaults filled, canonical quantities, loadable again in the
        folder of the file.
    recorded
        The same as results record it: loadable again in a run directory, whose copies of data
        files it names.
    hash
        SHA-256 of what its results depend on.
    written
        The parsed text, without models.
    inputs
        The data files that it names.
    notes
        What is left aside or not read, one line each.
    """

    path: Path
    name: str
    model: ScenarioModel
    family: Family
    text: str
    resolved: dict[str, Any]
    recorded: dict[str, Any]
    hash: str
    written: Origin
    inputs: tuple[Input, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        path: Path,
        model: ScenarioModel,
        family: Family,
        text: str,
        name: str,
        written: Origin,
    ) -> Scenario:
        """Return the scenario of a validated `model`; `name` stands in where it has none."""
        if not model.name:
            model = model.model_copy(update={"name": name})
        notes = (
            ["'sweep' is left aside: the base point runs (netsim sweep runs all)"]
            if model.sweep is not None
            else []
        )
        notes += getattr(family, "notes", lambda model: [])(model)
        resolved, paths = identity.resolved(model)
        files = tuple(map(Input.of, paths))
        return cls(
            path,
            model.name,
            model,
            family,
            text,
            resolved,
            identity.recorded(model, resolved, files),
            identity.digest(model, resolved, files),
            written,
            files,
            tuple(notes),
        )

    @property
    def point(self) -> str:
        """Return the short id of the scenario, 16 hex digits, whatever the replication."""
        return identity.point(self.hash)

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """What is known before a run to mislead in it, one warning a code."""
        return before(self.family, self.model)

    @property
    def effective(self) -> Mapping[str, Effective]:
        """What defaults that depend on other fields come to, by dotted path."""
        return effective(self.family, self.model)

    def resolve(self, overrides: Mapping[str, Any] | Sequence[str]) -> Scenario:
        """Return the scenario under further `overrides`; what is written is not parsed again.

        Parameters
        ----------
        overrides
            ``{"routing.policy": "rps"}`` or ``["routing.policy=rps"]``, on top of those by which it
            was loaded.

        Raises
        ------
        ScenarioError
            With all problems, if there is any.
        """
        return self.written.resolve(overrides)

    def with_(self, *, seed: int | None = None, replications: int | None = None) -> Scenario:
        """Return the scenario with another seed or number of replications.

        Raises
        ------
        ScenarioError
            If the value is out of range.
        """
        changed = {"seed": seed, "replications": replications}
        update = {name: value for name, value in changed.items() if value is not None}
        for name, value in update.items():
            _check_field(type(self.model), name, value)
        model = self.model.model_copy(update=update)
        resolved, _ = identity.resolved(model)
        written = self.written.changed(update)
        return dataclasses.replace(
            self,
            text=written.text,
            model=model,
            resolved=resolved,
            recorded=identity.recorded(model, resolved, self.inputs),
            hash=identity.digest(model, resolved, self.inputs),
            written=written,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.hash == other.hash and self.recorded == other.recorded

    def __hash__(self) -> int:
        return hash(self.hash)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.written.revival(self.hash)

    def __repr__(self) -> str:
        model = self.model
        return (
            f"<Scenario {self.name}: {self.family.name}, seed {model.seed} x {model.replications}, "
            f"hash {self.point}>"
        )


def _check_field(model: type[ScenarioModel], name: str, value: Any) -> None:
    try:
        _field_type(model, name).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        wording = word(first["type"], f"'{name}'", value, first.get("ctx", {}))
        raise ScenarioError(wording.message) from None


@functools.cache
def _field_type(model: type[ScenarioModel], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = info.annotation
    return TypeAdapter(Annotated[annotation, *info.metadata] if info.metadata else annotation)
