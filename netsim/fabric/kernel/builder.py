"""One compiled kernel per combination of routing policy, transport and options, kept between runs.

A kernel that dispatched over all policies would be slower and take longer to compile with each
policy added, so each combination is compiled alone. numba keys its cache by the text of the file
that a function stands in, and would not notice a change in a policy that was inlined from another
file. Therefore the entry function is written into a folder of its own, ``<user
cache>/netsim/<hash>/kernel.py``, where the hash covers the sources of all functions reached
(plug-ins included), numba's version, the processor and the options: whatever changes, another
folder is used.

``NETSIM_CACHE`` names another folder than the user's cache. Where it cannot be written, kernels are
compiled at each start, with one warning. The 64 folders used last are kept.
"""

from __future__ import annotations

import functools
import gc
import hashlib
import importlib.util
import inspect
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import netsim.fabric.kernel.run as source
from netsim.fabric.kernel.compile import INNER, KERNEL, OPTIONS, UNCOUNTED, Linker, reached

if TYPE_CHECKING:
    from netsim.fabric.kernel.state import State

KEPT: Final = 64
HOOKS: Final = (
    *("choose", "tag"),
    *("begin", "sendable", "take", "receive", "acknowledge", "expire"),
)
"""Names of functions that a policy or a transport may provide."""

log = logging.getLogger(__name__)


class Announcer:
    """Whom to tell that a kernel is being compiled, which takes seconds."""

    tell: Callable[[str], None] | None = None

    @classmethod
    def say(cls, text: str) -> None:
        """Log `text`, and show it to whoever listens."""
        log.info("%s", text)
        if cls.tell is not None:
            cls.tell(text)


def build(policy: type, transport: type, *, traced: bool = False, boundscheck: bool = False) -> Any:
    """Return the compiled ``run(state, limit, most)`` for a policy, a transport and options."""
    plugs = plugs_of(policy, transport, traced=traced)
    name = f"{policy.__name__} with {transport.__name__}" + (", packet rows" if traced else "")
    return _built(_frozen(plugs), name, boundscheck)


def warm(run: Any, state: State) -> None:
    """Compile, or load, the machine code of `run` for `state` without handling an event.

    The compiler makes very many small objects that live on, so the garbage collector rests.
    """
    if run.signatures:
        return
    collecting = gc.isenabled()
    gc.disable()
    try:
        run(state, 0, 0)
    finally:
        if collecting:
            gc.enable()


def plugs_of(policy: type, transport: type, *, traced: bool) -> dict[str, Any]:
    """Return what takes the place of the names in `netsim.fabric.kernel.plugs`."""
    plugs: dict[str, Any] = {
        name: inspect.unwrap(getattr(model, name))
        for model in (policy, transport)
        for name in HOOKS
        if hasattr(model, name)
    }
    plugs["TRACED"] = traced
    plugs["EVERY_HOP"] = bool(getattr(policy, "every_hop", False))
    plugs["ACKNOWLEDGED"] = bool(getattr(transport, "acknowledged", False))
    return plugs


def _frozen(plugs: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(plugs.items()))


@functools.cache
def _built(plugs: tuple[tuple[str, Any], ...], name: str, boundscheck: bool) -> Any:
    chosen = dict(plugs)
    digest = fingerprint(chosen, boundscheck)
    module = _cached_module(digest, name)
    if module is None:
        Announcer.say(f"compiling kernel: {name}")
        return Linker(chosen, boundscheck=boundscheck).entry(source.run, cache=False)
    if not any((Path(str(module.__file__)).parent / "__pycache__").glob("*.nbi")):
        Announcer.say(f"compiling kernel: {name}")
    return Linker(chosen, boundscheck=boundscheck).entry(module.run, cache=True)


def fingerprint(plugs: Mapping[str, Any], boundscheck: bool) -> str:
    """Return the hash of everything that the machine code depends on."""
    import llvmlite.binding
    import numba

    constants = {name: value for name, value in plugs.items() if not callable(value)}
    functions = {
        name: f"{value.__module__}.{value.__qualname__}"
        for name, value in plugs.items()
        if callable(value)
    }
    parts = [numba.__version__, sys.version, llvmlite.binding.get_host_cpu_name()]
    parts += [repr(sorted(constants.items())), repr(sorted(functions.items()))]
    parts += [repr([OPTIONS, UNCOUNTED, INNER]), repr(boundscheck)]
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in reached([source.run], plugs):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def cache_folder() -> Path:
    """Return the folder that holds one folder per kernel."""
    chosen = os.environ.get("NETSIM_CACHE")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "netsim"


def _cached_module(digest: str, name: str) -> ModuleType | None:
    """Return the module with the entry function of kernel `digest`, None if it cannot be kept."""
    try:
        folder = _prepared(cache_folder(), digest, name)
    except (OSError, RuntimeError) as problem:
        _warn_unwritable(str(problem))
        return None
    module_name = f"{KERNEL}built_{digest}"
    spec = importlib.util.spec_from_file_location(module_name, folder / "kernel.py")
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


def _prepared(root: Path, digest: str, name: str) -> Path:
    """Return the folder of kernel `digest`, made if need be: written aside, then renamed."""
    folder = root / digest
    if not (folder / "kernel.py").is_file():
        root.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=root, prefix="new-"))
        text = inspect.getsource(source)
        (aside / "kernel.py").write_text(f"# {name}\n{text}", encoding="utf-8")
        try:
            aside.rename(folder)
        except OSError:
            # Another process was faster.
            shutil.rmtree(aside, ignore_errors=True)
            if not (folder / "kernel.py").is_file():
                raise
    os.utime(folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} is not writable")
    _forget_oldest(root)
    return folder


def _forget_oldest(root: Path) -> None:
    folders = [path for path in root.iterdir() if (path / "kernel.py").is_file()]
    if len(folders) > KEPT:
        folders.sort(key=lambda path: path.stat().st_mtime)
        for path in folders[: len(folders) - KEPT]:
            shutil.rmtree(path, ignore_errors=True)


@functools.cache
def _warn_unwritable(problem: str) -> None:
    log.warning("kernels are compiled at each start, since they cannot be kept: %s", problem)
