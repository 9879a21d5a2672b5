"""A scenario that was read and found right: frozen, with everything that a run needs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from netsim.errors import ScenarioError
from netsim.scenario import identity
from netsim.scenario.wording import word

if TYPE_CHECKING:
    from netsim.family import Family, ScenarioModel
    from netsim.metrics.inputs import Input


@dataclass(frozen=True, slots=True)
class Scenario:
    """A validated scenario.

    Parameters
    ----------
    path
        The file it was read from.
    name
        Its name; the stem of the file where none is given.
    model
        The validated fields, quantities in netsim's own units.
    family
        The registered family that runs it.
    text
        The file as it is written, without includes and overrides.
    resolved
        All fields as JSON-able data: defaults filled, canonical quantities, loadable again in the
        folder of the file.
    recorded
        The same as results record it: loadable again in a run directory, whose copies of data
        files it names.
    hash
        SHA-256 of what its results depend on.
    inputs
        The data files that it names.
    warnings
        What the user should know though nothing is wrong.
    """

    path: Path
    name: str
    model: ScenarioModel
    family: Family
    text: str
    resolved: dict[str, Any]
    recorded: dict[str, Any]
    hash: str
    inputs: tuple[Input, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path, model: ScenarioModel, family: Family, text: str, name: str) -> Scenario:
        """Return the scenario of a validated `model`; `name` stands in where it has none."""
        if not model.name:
            model = model.model_copy(update={"name": name})
        notes = ["'sweep' is left aside: the base point runs"] if model.sweep is not None else []
        notes += getattr(family, "notes", lambda model: [])(model)
        files = identity.inputs(model)
        return cls(
            path,
            model.name,
            model,
            family,
            text,
            identity.resolved(model),
            identity.recorded(model, files),
            identity.digest(model, files),
            files,
            tuple(notes),
        )

    @property
    def point(self) -> str:
        """Return the short id of the scenario, 12 hex digits, whatever the replication."""
        return self.hash[:12]

    def point_id(self, replication: int) -> str:
        """Return the id, 12 hex digits, of one replication: the name of its result folder."""
        return identity.replication_id(self.hash, replication)

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
        return dataclasses.replace(
            self,
            model=model,
            resolved=identity.resolved(model),
            recorded=identity.recorded(model, self.inputs),
            hash=identity.digest(model, self.inputs),
        )


def _check_field(model: type[ScenarioModel], name: str, value: Any) -> None:
    info = model.model_fields[name]
    try:
        TypeAdapter(_annotated(info.annotation, info.metadata)).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        wording = word(first["type"], f"'{name}'", value, first.get("ctx", {}))
        raise ScenarioError(wording.message) from None


def _annotated(annotation: Any, metadata: list[Any]) -> Any:
    from typing import Annotated

    return Annotated[annotation, *metadata] if metadata else annotation
