"""One compiled kernel per combination of policy, transport, queue and options, kept between runs.

A kernel that dispatched over all policies would be slower and take longer to compile with each
policy added, so each combination is compiled alone. Its machine code is kept in a file
(`netsim.fabric.kernel.kept`) under a hash of all that it depends on
(`netsim.fabric.kernel.fingerprint`): whatever changes, another file is used. Where files cannot be
kept, or somebody else may have written them, kernels are compiled at each start, with one warning.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import netsim.fabric.kernel.run as source
from netsim.fabric.kernel import kept
from netsim.fabric.kernel.compile import Linker, reached
from netsim.fabric.kernel.fingerprint import fingerprint
from netsim.fabric.kernel.packet import echo_at, ingress_at, sent_at, stamp_at, stamps_at
from netsim.fabric.kernel.protocols import HOOKS
from netsim.fabric.kernel.receiver import count_each
from netsim.fabric.kernel.state import State

if TYPE_CHECKING:
    from netsim.fabric.kernel.native import Code
    from netsim.fabric.queues.queue import SlowPorts


#: Optional columns of packets: what reads one, the option that it switches on, field of `State`.
COLUMNS: Final = (
    ((sent_at,), "SEND_TIMES", "sent"),
    ((echo_at,), "ECHOES", "echoes"),
    ((ingress_at,), "INGRESS_LINKS", "ingress"),
    ((stamp_at, stamps_at), "STAMPS", "stamps"),
)

log = logging.getLogger(__name__)

_IN_PYTHON: ContextVar[bool] = ContextVar("in_python", default=False)


def build(
    policy: type,
    transport: type,
    slow: SlowPorts | None = None,
    *,
    traced: bool = False,
    entry: Callable[..., Any] = source.run,
) -> Any:
    """Return a compiled ``run(state, limit, most)`` for a policy, a transport and options.

    Switches have plain ports unless `slow` says what they do. Another `entry` with as many numbers
    stands for another thing that a kernel does.
    """
    if _IN_PYTHON.get():
        return interpreted(policy, transport, slow, traced=traced, entry=entry)
    from netsim.fabric.kernel.native import Kernel

    plugs = plugs_of(policy, transport, slow, traced=traced)
    name = f"{policy.__name__} with {transport.__name__}"
    name += "" if slow is None else f" and {slow.owner.__name__}"
    name += ", packet rows" if traced else ""
    name += "" if entry is source.run else f", {entry.__name__}"
    return Kernel(_code(tuple(sorted(plugs.items())), name, entry), name)


@contextlib.contextmanager
def in_python() -> Iterator[None]:
    """Let the kernels that are made within run in plain Python, where ``print`` and debuggers work.

    The results are the same, some thousand times slower. numpy's warnings of integers that wrap are
    silent meanwhile: the kernels' hashes count on it.

    Examples
    --------
    >>> with in_python():
    ...     netsim.run("small.yaml")    # doctest: +SKIP
    """
    import numpy as np

    token = _IN_PYTHON.set(True)
    try:
        with np.errstate(over="ignore"):
            yield
    finally:
        _IN_PYTHON.reset(token)


def build_alone(entry: Callable[..., Any], shape: Any, name: str) -> Any:
    """Return the compiled `entry` of a kernel without policies, whose state is a `shape`."""
    from netsim.fabric.kernel.native import Kernel

    return Kernel(_code((), name, entry, shape), name)


def interpreted(
    policy: type,
    transport: type,
    slow: SlowPorts | None = None,
    *,
    traced: bool = False,
    entry: Callable[..., Any] = source.run,
) -> Any:
    """Return the same as `build` in plain Python: some thousand times slower, but easy to debug."""
    return Linker(plugs_of(policy, transport, slow, traced=traced)).entry(entry)


def plugs_of(
    policy: type, transport: type, slow: SlowPorts | None = None, *, traced: bool
) -> dict[str, Any]:
    """Return what takes the place of names in `netsim.fabric.kernel.plugs` and `options`."""
    hooks = {**_hooks("routing", policy), **_hooks("transport", transport)}
    hooks.setdefault("receive", count_each)
    if slow is not None:
        hooks |= slow.hooks
    plugs: dict[str, Any] = dict(hooks)
    plugs["TRACED"] = traced
    plugs["EVERY_HOP"] = bool(getattr(policy, "every_hop", False))
    plugs["READS_NO_PORTS"] = bool(getattr(policy, "reads_no_ports", False))
    plugs["OWN_PATHS"] = getattr(policy, "paths", None) is not None
    plugs["ACKNOWLEDGED"] = bool(getattr(transport, "acknowledged", False))
    plugs["PACED"] = "next_time" in hooks
    plugs["SLOW"] = slow is not None
    plugs["CLASSES"] = 1 if slow is None else slow.classes
    plugs["LEFT"] = "left" in hooks
    read = _read_by(tuple(hooks.values()))
    for accessors, option, _ in COLUMNS:
        plugs[option] = not read.isdisjoint(accessors)
    return plugs


@functools.cache
def _read_by(hooks: tuple[Any, ...]) -> frozenset[Any]:
    """Return what hooks call, near and far; short runs would spend a fifth of their time on it."""
    return frozenset(reached(list(hooks), {}))


def columns_of(policy: type, transport: type, slow: SlowPorts | None = None) -> tuple[str, ...]:
    """Return the optional columns of packets that hooks read, as fields of `State`."""
    plugs = plugs_of(policy, transport, slow, traced=False)
    return tuple(column for _, option, column in COLUMNS if plugs[option])


def _hooks(kind: str, model: type) -> dict[str, Any]:
    """Return the functions that a model of `kind` brings, by the names that kernels call."""
    names = (name for name in HOOKS[kind] if hasattr(model, name))
    return {name: inspect.unwrap(getattr(model, name)) for name in names}


@functools.cache
def _code(
    plugs: tuple[tuple[str, Any], ...],
    name: str,
    entry: Callable[..., Any] = source.run,
    shape: Any = State,
) -> Code:
    from netsim.fabric.kernel.native import Code

    return Code(machine_code(dict(plugs), name, entry, shape))


def machine_code(
    plugs: Mapping[str, Any],
    name: str,
    entry: Callable[..., Any] = source.run,
    shape: Any = State,
) -> bytes:
    """Return the machine code of a kernel: the kept one, else newly compiled."""
    key = fingerprint(plugs, entry, shape)
    folder, trouble = None, ""
    try:
        folder = kept.cache_folder()
        code = kept.load(folder, key)
        if code is not None:
            return code
    except (OSError, kept.DistrustError) as problem:
        folder, trouble = None, str(problem)
    log.info("compiling kernel: %s", name)
    from netsim.fabric.kernel import codegen

    fresh = codegen.object_file(entry, plugs, shape)
    try:
        if folder is not None:
            kept.keep(folder, key, fresh)
    except (OSError, kept.DistrustError) as problem:
        trouble = str(problem)
    if trouble:
        _warn_unkept(trouble)
    return fresh


@functools.cache
def _warn_unkept(problem: str) -> None:
    log.warning("kernels are compiled at each start, since none are kept: %s", problem)
