"""How to cite netsim, and the published works that a scenario's models follow."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from netsim import registry, resources
from netsim.fields.choice import NameOf, OneOf
from netsim.reading import open_regular

if TYPE_CHECKING:
    from netsim.scenario import Scenario


def software() -> dict[str, str]:
    """Return title, authors, version, date and address of netsim, as ``CITATION.cff`` has them."""
    from ruamel.yaml import YAML

    with open_regular(resources.citation_file()) as stream:
        content = YAML(typ="safe", pure=True).load(stream.read().decode("utf-8"))
    return {
        "title": str(content["title"]),
        "authors": ", ".join(str(author["name"]) for author in content["authors"]),
        "version": str(content["version"]),
        "date": str(content["date-released"]),
        "repository": str(content["repository-code"]),
    }


def works(scenario: Scenario) -> list[dict[str, str]]:
    """Return the works that the family and the chosen implementations follow, each once.

    They come in the order of the scenario's fields; what names no work is left out.
    """
    family = scenario.family
    chosen = [("workload", family.name), *_chosen(scenario.model)]
    found = []
    for kind, name in dict.fromkeys(chosen):
        source = str(getattr(registry.lookup(kind, name), "source", "") or "")
        if source:
            found.append({"kind": kind, "name": name, "source": source})
    return found


def _chosen(block: BaseModel) -> Iterator[tuple[str, str]]:
    """Yield kind and name of every implementation that `block` or a block below it chooses."""
    for name, info in type(block).model_fields.items():
        value = getattr(block, name)
        marks = [*info.metadata, *_marks(info.annotation)]
        for entry in value if isinstance(value, tuple) else (value,):
            for mark in marks:
                if isinstance(mark, OneOf) and isinstance(entry, BaseModel):
                    yield mark.kind, str(getattr(entry, mark.key))
                elif isinstance(mark, NameOf) and isinstance(entry, str):
                    yield mark.kind, entry
            if isinstance(entry, BaseModel):
                yield from _chosen(entry)


def _marks(annotation: Any) -> Iterator[Any]:
    """Yield the annotations inside ``tuple[Annotated[...], ...]`` and unions."""
    yield from getattr(annotation, "__metadata__", ())
    for part in typing.get_args(annotation):
        yield from _marks(part)
