"""Find implementations by kind and name: the one place where all models are known.

A model is a class (or an object) that its module registers::

    @register("routing", "p2c")
    class TwoChoices(RoutingPolicy): ...

From then on ``routing: {policy: p2c}`` is valid in a scenario; `netsim list`, `netsim describe`,
the JSON Schema and the contract tests know it. Nothing else has to be edited.

A package says in its constant `KINDS` where the models of a kind live, what they must have and what
they are called; its module `family`, if it has one, registers the family (``workload``) of the
package's name. The packages are those of netsim that have such a module, found by looking rather
than by a list, and those that the entry-point group ``netsim.plugins`` names (an entry may also
name a module that registers something and no more). `COMMON` holds what belongs to no family.
Modules are imported when their kind is first asked for, the nearest first, so that a run of one
family imports no other. A plug-in that cannot be imported is a warning; whoever asks for a name
that is then unknown is told of it. A dash in a name is read as an underscore.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import logging
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from netsim.errors import RegistryError

PLUGIN_GROUP: Final = "netsim.plugins"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a package says of a kind of models.

    Parameters
    ----------
    name
        The kind.
    homes
        Modules below the package that register models of it; of a package its modules do, one
        level deep.
    needed
        What a model must have. Without one of these the simulator would quietly do something else
        (a switch asked by nobody takes the first port), or fail in the middle of a run.
    words
        What users call one in errors; default: the kind.
    written
        How a scenario names one, ``NAME`` standing for it; default: ``kind: {kind: NAME, ...}``.
    """

    name: str
    homes: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    words: str = ""
    written: str = ""


#: Kinds that belong to no family, with their homes below `netsim`.
COMMON: Final = (
    Kind("workload", written="workload: NAME"),
    Kind("topology", ("topology",), ("Config", "build")),
    Kind("graph", ("graphs",), ("Config", "build", "pairs"), written="topology: {kind: NAME, ...}"),
    Kind("delay", ("delays",), ("Config", "sample"), "delay model", "delays: {kind: NAME, ...}"),
    Kind("law", ("delays.laws",), ("Config", "mean", "draw"), "distribution", "{dist: NAME, ...}"),
    Kind(
        "data_set",
        ("learning.data_sets",),
        ("Config", "load", "extent"),
        "data set",
        "data: {kind: NAME, ...}",
    ),
    Kind(
        "partition",
        ("learning.partitions",),
        ("Config", "split"),
        written="data: {partition: {kind: NAME, ...}}",
    ),
    Kind(
        "peer_model", ("learning.models",), ("Config", "build"), "model", "model: {kind: NAME, ...}"
    ),
    Kind("table", ("metrics.tables",)),
    Kind("check", ("verify.checks",)),
    Kind("figure", ("figures",), ("workload", "tables", "summary", "draw")),
)

_FAMILY: Final = "family"

T = TypeVar("T")

_entries: dict[str, dict[str, Any]] = {}
#: Which module registered what, by kind and name.
_owners: dict[tuple[str, str], str] = {}
_loaded: set[str] = set()
_plugins_loaded = False
_plugin_packages: list[str] = []
_broken: list[str] = []

log = logging.getLogger(__name__)


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
    owner = str(sys._getframe(1).f_globals.get("__name__", ""))

    def keep(target: T) -> T:
        known = _entries.setdefault(kind, {})
        before = _owners.get((kind, name), "")
        if name in known and not _same(known[name], before, target, owner):
            raise RegistryError(
                f"{kind} '{name}' is registered twice: by {_origin(known[name], before)} "
                f"and by {_origin(target, owner)}; rename one of them"
            )
        _check_complete(kind, name, target)
        known[name] = target
        _owners[kind, name] = owner
        return target

    return keep


def _same(known: Any, before: str, target: Any, owner: str) -> bool:
    """Return whether `target` is what was registered before, if need be by a module read again."""
    if isinstance(target, type) and isinstance(known, type):
        return _origin(known, before) == _origin(target, owner)
    return owner == before and bool(known == target or type(known) is not type(target))


def _origin(target: Any, owner: str) -> str:
    return f"{target.__module__}.{target.__qualname__}" if isinstance(target, type) else owner


def _check_complete(kind: str, name: str, target: Any) -> None:
    """Raise if `target` lacks what its kind needs."""
    needed = described(kind).needed
    for part in needed:
        if not hasattr(target, part):
            slip = nearest(part, (own for own in dir(target) if own not in needed))
            place = getattr(target, "__module__", type(target).__module__)
            cure = f"is '{slip}' meant to be it?" if slip else f"add it to {place}"
            raise RegistryError(
                f"{kind} '{name}' has no '{part}': {cure} ({kind} needs {', '.join(needed)})"
            )


def names(kind: str) -> list[str]:
    """Return the registered names of `kind`, sorted."""
    _load_plugins()
    for home in described(kind).homes:
        _import_tree(home)
    return sorted(_entries.get(kind, {}))


def kinds() -> list[str]:
    """Return the kinds that have an implementation or could have one, sorted."""
    _load_plugins()
    return sorted({*(kind.name for _, kind in _said()), *_entries})


def described(kind: str) -> Kind:
    """Return what all packages together say of `kind`; its homes are absolute.

    Raises
    ------
    RegistryError
        If two packages say different things.
    """
    return _described(kind, tuple(_plugin_packages))


@functools.cache
def _described(kind: str, plugins: tuple[str, ...]) -> Kind:
    said = [(package, one) for package, one in _said() if one.name == kind]
    homes = tuple(f"{package}.{home}" for package, one in said for home in one.homes)
    if kind == "workload":
        homes += tuple(f"{package}.{_FAMILY}" for package in (*_own_packages(), *plugins))
    return Kind(
        kind,
        homes,
        _agreed(kind, "needed", said) or (),
        _agreed(kind, "words", said) or kind,
        _agreed(kind, "written", said) or f"{kind}: {{kind: NAME, ...}}",
    )


def _agreed(kind: str, part: str, said: Iterable[tuple[str, Kind]]) -> Any:
    """Return what the packages say of a part of `kind`, or None where none says anything."""
    found = {package: getattr(one, part) for package, one in said if getattr(one, part)}
    if len(set(found.values())) > 1:
        first, second, *_ = found
        raise RegistryError(f"{first} and {second} differ about what '{part}' of kind '{kind}' is")
    return next(iter(found.values()), None)


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
        raise RegistryError(f"no {kind} named '{name}'; {hint}{suspects()}")
    return found


def find(kind: str, name: str) -> Any | None:
    """Return what is registered as `name` among the implementations of `kind`, or None.

    Homes are searched one by one, those of the family of that name, or of families that are in use
    already, first; so one family loads no other.
    """
    name = canonical(name)
    if name not in _entries.get(kind, {}):
        for home in sorted(described(kind).homes, key=lambda home: not _is_near(home, name)):
            _import_tree(home)
            if name in _entries.get(kind, {}):
                break
        else:
            names(kind)
    return _entries.get(kind, {}).get(name)


def _is_near(home: str, name: str) -> bool:
    package, _, below = home.rpartition(".")
    if below == _FAMILY:
        return package.rpartition(".")[2] == name
    return any(
        home.startswith(f"{one}.") and f"{one}.{_FAMILY}" in sys.modules for one in _packages()
    )


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `word`, or None where none is near; case counts last."""
    known = list(candidates)
    sought = canonical(word)[:80]
    same = [one for one in known if one.lower() == sought.lower()]
    if same:
        return same[0]
    close = difflib.get_close_matches(sought, known, n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return ``did you mean 'x'?`` for the candidate nearest to `word`, or None."""
    best = nearest(word, candidates)
    return f"did you mean '{best}'?" if best else None


def _said() -> Iterator[tuple[str, Kind]]:
    """Yield every package with each kind that it says something of."""
    for kind in COMMON:
        yield "netsim", kind
    for package in _packages():
        for kind in getattr(importlib.import_module(package), "KINDS", ()):
            yield package, kind


def _packages() -> Iterator[str]:
    """Yield the families' packages: netsim's, in alphabetical order, then the plug-ins'."""
    yield from _own_packages()
    yield from _plugin_packages


@functools.cache
def _own_packages() -> tuple[str, ...]:
    """Return the packages of netsim that have a module `family`; nothing is imported."""
    packages = pkgutil.iter_modules(sys.modules["netsim"].__path__, "netsim.")
    return tuple(one.name for one in packages if one.ispkg and _has_family(one))


def _has_family(found: pkgutil.ModuleInfo) -> bool:
    spec = found.module_finder.find_spec(found.name, None)
    folders = spec.submodule_search_locations if spec is not None else None
    return importlib.machinery.PathFinder.find_spec(f"{found.name}.{_FAMILY}", folders) is not None


def _import_tree(home: str) -> None:
    """Import a home once: the module, or the package with its modules, sub-packages unopened."""
    if home in _loaded or (home.endswith(f".{_FAMILY}") and importlib.util.find_spec(home) is None):
        return
    # Marked first, since a model may ask for its kind while it is imported.
    _loaded.add(home)
    if not home.startswith("netsim."):
        _guarded(f"'{home}'", lambda: _import_all(home))
        return
    try:
        _import_all(home)
    except BaseException:
        _loaded.discard(home)
        raise


def _import_all(home: str) -> None:
    module = importlib.import_module(home)
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        importlib.import_module(f"{home}.{found.name}")


def _load_plugins() -> None:
    """Import the plug-ins."""
    global _plugins_loaded
    if _plugins_loaded:
        return
    _plugins_loaded = True
    for entry in importlib.metadata.entry_points(group=PLUGIN_GROUP):
        loaded = _guarded(f"'{entry.name}' ({entry.value})", entry.load)
        if hasattr(loaded, "KINDS") and entry.value not in _plugin_packages:
            _plugin_packages.append(entry.value)


def _guarded(plugin: str, load: Callable[[], Any]) -> Any:
    """Return what `load` does; if it fails, warn, and take back what was registered meanwhile.

    netsim's own models stay, for their modules are not imported again.
    """
    before = set(_owners)
    try:
        return load()
    except (Exception, SystemExit) as problem:
        for kind, name in [key for key in _owners if key not in before]:
            if not _owners[kind, name].startswith("netsim."):
                del _owners[kind, name], _entries[kind][name]
        said = f"plug-in {plugin} cannot be loaded: {_reason(problem)}"
        _broken.append(said)
        log.warning("%s; mend or uninstall it", said)
        return None


def _reason(problem: BaseException) -> str:
    """Return what went wrong while a plug-in was imported, and in which line of it."""
    if isinstance(problem, SyntaxError):
        return f"{problem.filename}:{problem.lineno}:{problem.offset}: {problem.msg}"
    own = str(Path(__file__).parent)
    frames = traceback.extract_tb(problem.__traceback__)
    theirs = [f for f in frames if not f.filename.startswith((own, "<frozen"))]
    # The first frames are those of the import itself.
    theirs = [frame for frame in theirs if Path(frame.filename).parent.name != "importlib"]
    if isinstance(problem, SystemExit):
        text = "it ends the program"
    elif isinstance(problem, RegistryError):
        text = str(problem)
    else:
        text = f"{type(problem).__name__}: {problem}"
    if not theirs:
        return text
    return f"{theirs[-1].filename}:{theirs[-1].lineno}: {text}"


def suspects() -> str:
    """Return, to be added to the message that a name is unknown, which plug-ins may have had it."""
    _load_plugins()
    return "".join(f"; {said}" for said in _broken)
