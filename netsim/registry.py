"""Find implementations by kind and name: the one place where all models are known.

A model is a class (or an object) that its module registers::

    @register("routing", "p2c")
    class TwoChoices(RoutingPolicy): ...

From then on ``routing: {policy: p2c}`` is valid in a scenario; `netsim list`, `netsim describe`,
the JSON Schema and the contract tests know it. Nothing else has to be edited.

netsim's own models are found by walking the package of their kind (`HOMES`) when the kind is first
asked for; others' are found through the entry-point group ``netsim.plugins``, whose entries name
modules to import.
A dash in a name is read as an underscore.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from netsim.errors import RegistryError

PLUGIN_GROUP: Final = "netsim.plugins"

#: Where netsim's own implementations of a kind live: every module of these packages is imported.
HOMES: Final[dict[str, tuple[str, ...]]] = {
    "workload": ("netsim.fabric.family", "netsim.stragglers.family"),
    "topology": ("netsim.topology",),
    "graph": ("netsim.graphs",),
    "routing": ("netsim.fabric.balancing", "netsim.fabric.planning"),
    "transport": ("netsim.fabric.transports",),
    "queue": ("netsim.fabric.queues",),
    "traffic": ("netsim.fabric.patterns",),
    "sizes": ("netsim.fabric.sizes",),
    "delay": ("netsim.delays",),
    "law": ("netsim.delays.laws",),
    "code": ("netsim.stragglers.codes",),
    "table": (
        "netsim.metrics.tables",
        "netsim.fabric.tables",
        "netsim.stragglers.tables",
        "netsim.stragglers.further_tables",
    ),
    "check": ("netsim.verify.checks",),
}

#: What an implementation of a kind must have. Without one of these the simulator would quietly do
#: something else (a switch asked by nobody takes the first port), or fail in the middle of a run.
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "topology": ("Config", "build"),
    "graph": ("Config", "build", "pairs"),
    "routing": ("Config", "choose"),
    "transport": (
        *("Config", "acknowledged", "reals", "capacity_bdp", "mark_bdp"),
        *("pack", "ring", "sendable", "take"),
    ),
    "queue": ("Config", "limits"),
    "traffic": ("Config", "check", "generate"),
    "sizes": ("Config", "mean", "draw"),
    "delay": ("Config", "sample"),
    "law": ("Config", "mean", "draw"),
    "code": ("Config",),
}

T = TypeVar("T")

_entries: dict[str, dict[str, Any]] = {}
_loaded_kinds: set[str] = set()
_plugins_loaded = False


def canonical(name: str) -> str:
    """Return the registered spelling of `name`: snake_case, so ``drop-tail`` is ``drop_tail``."""
    return name.replace("-", "_")


def register(kind: str, name: str) -> Callable[[T], T]:
    """Return a decorator that registers its target as `name` among the implementations of `kind`.

    Raises
    ------
    RegistryError
        If another object already has that name, or the target lacks what its kind needs.
    """
    name = canonical(name)

    def keep(target: T) -> T:
        known = _entries.setdefault(kind, {})
        if name in known and _origin(known[name]) != _origin(target):
            raise RegistryError(
                f"{kind} '{name}' is registered twice: by {_origin(known[name])} "
                f"and by {_origin(target)}; rename one of them"
            )
        _check_complete(kind, name, target)
        known[name] = target
        return target

    return keep


def _check_complete(kind: str, name: str, target: Any) -> None:
    """Raise if `target` lacks what `NEEDED` says of its kind."""
    needed = NEEDED.get(kind, ())
    for part in needed:
        if not hasattr(target, part):
            slip = nearest(part, (own for own in dir(target) if own not in needed))
            cure = f"is '{slip}' meant to be it?" if slip else f"add it to {_origin(target)}"
            raise RegistryError(
                f"{kind} '{name}' has no '{part}': {cure} ({kind} needs {', '.join(needed)})"
            )


def names(kind: str) -> list[str]:
    """Return the registered names of `kind`, sorted."""
    _load(kind)
    return sorted(_entries.get(kind, {}))


def kinds() -> list[str]:
    """Return the kinds that have an implementation or could have one, sorted."""
    _load_plugins()
    return sorted({*HOMES, *_entries})


def lookup(kind: str, name: str) -> Any:
    """Return what is registered as `name` among the implementations of `kind`.

    Raises
    ------
    RegistryError
        If there is none; the message holds the nearest names.
    """
    found = find(kind, name)
    if found is None:
        known = names(kind)
        hint = did_you_mean(name, known) or "known: " + ", ".join(known)
        raise RegistryError(f"no {kind} named '{name}'; {hint}")
    return found


def find(kind: str, name: str) -> Any | None:
    """Return what is registered as `name` among the implementations of `kind`, or None.

    A home that has `name` in its path is asked first, so that one family loads no other.
    """
    name = canonical(name)
    for home in HOMES.get(kind, ()):
        if name in home.split("."):
            importlib.import_module(home)
    if name not in _entries.get(kind, {}):
        _load(kind)
    return _entries.get(kind, {}).get(name)


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word`, or None where none is near."""
    close = difflib.get_close_matches(canonical(word)[:80], list(candidates), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return ``did you mean 'x'?`` for the candidate nearest to `word`, or None."""
    best = nearest(word, candidates)
    return f"did you mean '{best}'?" if best else None


def _origin(target: Any) -> str:
    module = getattr(target, "__module__", type(target).__module__)
    return f"{module}.{getattr(target, '__qualname__', getattr(target, 'name', repr(target)))}"


def _load(kind: str) -> None:
    if kind not in _loaded_kinds:
        # Marked first, since a model may ask for its kind while it is imported.
        _loaded_kinds.add(kind)
        try:
            for home in HOMES.get(kind, ()):
                _import_tree(home)
        except BaseException:
            _loaded_kinds.discard(kind)
            raise
    _load_plugins()


def _import_tree(home: str) -> None:
    module = importlib.import_module(home)
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        importlib.import_module(f"{home}.{found.name}")


def _load_plugins() -> None:
    global _plugins_loaded
    if _plugins_loaded:
        return
    for entry in importlib.metadata.entry_points(group=PLUGIN_GROUP):
        try:
            entry.load()
        except Exception as problem:
            raise RegistryError(
                f"plug-in '{entry.name}' ({entry.value}) cannot be loaded: {problem}; "
                "mend or uninstall it"
            ) from problem
    _plugins_loaded = True
