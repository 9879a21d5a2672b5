"""A scenario as a tree in which every key and value knows where it was written.

Included files and overrides are merged as trees, so that an error in the merged scenario points
to the file, or to the override, that the wrong value came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from netsim import registry
from netsim.fields import PlacedText
from netsim.scenario.source import Span

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True)
class Node:
    """A value: a scalar, a list of nodes, or a mapping.

    Parameters
    ----------
    span
        Where it stands.
    content
        Scalar, list of nodes, or entries by key.
    size
        Number of nodes of the tree below, itself included; aliases count each time.
    """

    span: Span
    content: Scalar | list[Node] | dict[str, Entry]
    size: int = 1


@dataclass(slots=True)
class Entry:
    """A key of a mapping with its value."""

    key: Span
    value: Node


@dataclass(frozen=True, slots=True)
class Place:
    """What a path of keys leads to, as far as it leads.

    Parameters
    ----------
    path
        The part of the path that exists.
    node
        The value there.
    key
        Where the last named key of `path` stands, or None at the root and in a list.
    rest
        The part of the path that does not exist.
    """

    path: Path
    node: Node
    key: Span | None
    rest: Path = ()

    @property
    def span(self) -> Span:
        """Return what a caret should stand under: a scalar itself, or the key of a block."""
        return self.node.span if self.key is None or is_scalar(self.node) else self.key


def is_scalar(node: Node) -> bool:
    """Return whether `node` is neither a list nor a mapping."""
    return not isinstance(node.content, dict | list)


def dotted(path: Path) -> str:
    """Return `path` as an override writes it: ``traffic[0].size``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def overrides_below(node: Node) -> Iterator[str]:
    """Yield the names of the overrides that values in `node` come from, in the tree's order."""
    if node.span.source.override:
        yield node.span.source.name
    elif isinstance(node.content, dict):
        for entry in node.content.values():
            yield from overrides_below(entry.value)
    elif isinstance(node.content, list):
        for item in node.content:
            yield from overrides_below(item)


def plain(node: Node) -> Any:
    """Return the value of `node` without positions; lists become tuples, as the models want.

    Texts keep the folder of their file, should they turn out to be paths.
    """
    content = node.content
    source = node.span.source
    if isinstance(content, str) and source.folder is not None:
        return PlacedText(content, source.folder, free=source.override)
    if isinstance(content, dict):
        return {key: plain(entry.value) for key, entry in content.items()}
    if isinstance(content, list):
        return tuple(map(plain, content))
    return content


def known_key(entries: dict[str, Entry], key: str) -> str | None:
    """Return `key` as `entries` spell it, with a dash or an underscore, or None."""
    if key in entries:
        return key
    wanted = registry.canonical(key)
    return next((known for known in entries if registry.canonical(known) == wanted), None)


def follow(root: Node, path: Path) -> Place:
    """Return where `path` leads below `root`, going as deep as it exists."""
    node, key = root, None
    for depth, step in enumerate(path):
        content = node.content
        if isinstance(content, dict) and isinstance(step, str):
            found = known_key(content, step)
            if found is None:
                return Place(path[:depth], node, key, path[depth:])
            node, key = content[found].value, content[found].key
        elif isinstance(content, list) and isinstance(step, int) and step < len(content):
            node, key = content[step], None
        else:
            return Place(path[:depth], node, key, path[depth:])
    return Place(path, node, key)


def merge(under: Node, over: Node) -> Node:
    """Return `over` laid on `under`: mappings merge key by key, all else of `over` replaces."""
    if not isinstance(under.content, dict) or not isinstance(over.content, dict):
        return over
    entries = dict(under.content)
    for key, entry in over.content.items():
        known = known_key(entries, key)
        if known is None:
            entries[key] = entry
            continue
        merged = Entry(entry.key, merge(entries[known].value, entry.value))
        if known != key:
            del entries[known]
        entries[key] = merged
    return Node(over.span, entries, 1 + sum(entry.value.size for entry in entries.values()))
