"""One compiled kernel per combination of routing policy, transport and options, kept between runs.

A kernel that dispatched over all policies would be slower and take longer to compile with each
policy added, so each combination is compiled alone. Its machine code is kept as
``<user cache>/netsim/<hash>.kernel``, where the hash covers the sources of all functions reached
(plug-ins included), the versions of Python, numba and LLVM, the processor and the options:
whatever changes, another file is used.

``NETSIM_CACHE`` names another folder than the user's cache. Where it cannot be written, kernels are
compiled at each start, with one warning. The 64 files used last are kept.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import netsim.fabric.kernel.run as source
from netsim.fabric.kernel.compile import Linker, reached

if TYPE_CHECKING:
    from netsim.fabric.kernel.native import Code

KEPT: Final = 64
HOOKS: Final = (
    *("choose", "tag"),
    *("begin", "sendable", "take", "receive", "acknowledge", "expire"),
)
"""Names of functions that a policy or a transport may provide."""
_SUFFIX: Final = ".kernel"
_CHECK: Final = hashlib.sha256().digest_size
_COMPILER: Final = tuple(
    Path(__file__).with_name(name) for name in ("codegen.py", "compile.py", "native.py")
)

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


def build(policy: type, transport: type, *, traced: bool = False) -> Any:
    """Return a compiled ``run(state, limit, most)`` for a policy, a transport and options."""
    from netsim.fabric.kernel.native import Kernel

    plugs = plugs_of(policy, transport, traced=traced)
    name = f"{policy.__name__} with {transport.__name__}" + (", packet rows" if traced else "")
    return Kernel(_code(tuple(sorted(plugs.items())), name))


def interpreted(policy: type, transport: type, *, traced: bool = False) -> Any:
    """Return the same as `build` in plain Python: some thousand times slower, but easy to debug."""
    return Linker(plugs_of(policy, transport, traced=traced)).entry(source.run)


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


@functools.cache
def _code(plugs: tuple[tuple[str, Any], ...], name: str) -> Code:
    from netsim.fabric.kernel.native import Code

    return Code(machine_code(dict(plugs), name))


def machine_code(plugs: Mapping[str, Any], name: str) -> bytes:
    """Return the machine code of a kernel: the kept one, else newly compiled."""
    digest = fingerprint(plugs)
    kept = load(cache_folder(), digest)
    if kept is not None:
        return kept
    Announcer.say(f"compiling kernel: {name}")
    from netsim.fabric.kernel import codegen

    fresh = codegen.object_file(source.run, plugs)
    try:
        keep(cache_folder(), digest, fresh)
    except (OSError, RuntimeError) as problem:
        _warn_unwritable(str(problem))
    return fresh


def fingerprint(plugs: Mapping[str, Any]) -> str:
    """Return the hash of everything that the machine code depends on."""
    import llvmlite.binding as llvm

    constants = {name: value for name, value in plugs.items() if not callable(value)}
    functions = {
        name: f"{value.__module__}.{value.__qualname__}"
        for name, value in plugs.items()
        if callable(value)
    }
    parts = [importlib.metadata.version(package) for package in ("numba", "llvmlite")]
    parts += [sys.version, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    parts += [repr(sorted(constants.items())), repr(sorted(functions.items()))]
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in [*reached([source.run], plugs), *_COMPILER]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def cache_folder() -> Path:
    """Return the folder that holds one folder per kernel."""
    chosen = os.environ.get("NETSIM_CACHE")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "netsim"


def load(folder: Path, digest: str) -> bytes | None:
    """Return the machine code kept as `digest`; None if there is none, or it is damaged."""
    path = _path(folder, digest)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    check, code = content[:_CHECK], content[_CHECK:]
    if hashlib.sha256(code).digest() != check:
        return None
    try:
        os.utime(path)
    except OSError:
        # A read-only cache that others fill serves as well.
        log.debug("cannot note the use of %s", path)
    return code


def keep(folder: Path, digest: str, code: bytes) -> None:
    """Keep machine code as `digest`: written aside, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=folder, prefix="new-")
    with os.fdopen(handle, "wb") as file:
        file.write(hashlib.sha256(code).digest() + code)
    Path(aside).replace(_path(folder, digest))
    _forget_oldest(folder)


def _path(folder: Path, digest: str) -> Path:
    return folder / f"{digest}{_SUFFIX}"


def _forget_oldest(folder: Path) -> None:
    def used(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            # Another process was faster.
            return 0.0

    for path in sorted(folder.glob(f"*{_SUFFIX}"), key=used)[:-KEPT]:
        path.unlink(missing_ok=True)


@functools.cache
def _warn_unwritable(problem: str) -> None:
    log.warning("kernels are compiled at each start, since they cannot be kept: %s", problem)
