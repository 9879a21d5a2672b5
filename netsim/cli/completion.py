"""What a shell may complete: files and shipped scenarios, names, and paths of ``--set``.

click asks for it once the user has turned completion on (``docs/completion.md``). Whatever goes
wrong meanwhile completes nothing: a shell has no place for messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from pydantic import BaseModel

#: What `netsim list` knows beside kinds.
SUBJECTS: Final = (
    *("workloads", "topologies", "policies", "metrics", "figures", "scenarios", "units"),
)


class ScenarioWord(click.ParamType):  # type: ignore[type-arg]
    """A scenario's file, or the name of one that comes with netsim."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the shipped scenarios that begin so; the shell itself adds files."""
        from netsim.resources import scenario_names

        return [CompletionItem(incomplete, type="file"), *_that_begin(scenario_names(), incomplete)]


class KnownWord(ScenarioWord):
    """A registered name or kind, or what `ScenarioWord` is."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names, kinds and scenarios that begin so."""
        from netsim import registry

        known = {*registry.kinds(), *(n for kind in registry.kinds() for n in registry.names(kind))}
        found = super().shell_complete(ctx, param, incomplete)
        return found + _that_begin(sorted(known), incomplete)


class Subject(click.ParamType):  # type: ignore[type-arg]
    """What `netsim list` takes: a subject or a kind."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the subjects and kinds that begin so."""
        from netsim import registry

        return _that_begin((*SUBJECTS, *registry.kinds()), incomplete)


class NameOf(click.ParamType):  # type: ignore[type-arg]
    """A registered name of one kind, and words beside it.

    Parameters
    ----------
    kind
        The kind; ``scenario`` stands for the scenarios that come with netsim.
    words
        What may be written as well.
    """

    name = "text"

    def __init__(self, kind: str, *words: str) -> None:
        self._kind, self._words = kind, words

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names and words that begin so."""
        from netsim import registry
        from netsim.resources import scenario_names

        names = scenario_names() if self._kind == "scenario" else registry.names(self._kind)
        return _that_begin((*self._words, *names), incomplete)


class Setting(click.ParamType):  # type: ignore[type-arg]
    """``PATH=VALUE`` of ``--set``."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the paths of fields of the scenario on the line that begin so."""
        given = ctx.params.get("file") or ctx.params.get("target") or ctx.params.get("files")
        # While the option has no value, click leaves the words of the line unread.
        words = given if isinstance(given, tuple) else (given, *ctx.args)
        file = next((word for word in words if word and not word.startswith("-")), None)
        if file is None:
            return []
        from netsim.errors import NetsimError
        from netsim.scenario import load

        try:
            model = load(file).model
        except NetsimError:
            return []
        return _that_begin((f"{path}=" for path in field_paths(model)), incomplete)


def field_paths(block: BaseModel, before: str = "") -> Iterable[str]:
    """Yield the dotted path of every field of `block` and of the blocks below it."""
    for name, info in type(block).model_fields.items():
        path = f"{before}{info.alias or name}"
        yield path
        yield from _below(getattr(block, name), path)


def _below(value: Any, path: str) -> Iterable[str]:
    if hasattr(type(value), "model_fields"):
        yield from field_paths(value, f"{path}.")
    elif isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _below(entry, f"{path}[{index}]")


def _that_begin(words: Iterable[str], start: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(start)]
