"""Join plain Python functions to the plain functions that they call, for a compiler or without.

Kernel, policy and transport files hold ordinary functions and import no compiler. A `Linker` looks
at the global names that a function's code refers to, compiles the functions among them first, and
builds the function anew with those names bound to compiled ones. Names in `plugs` are bound to a
chosen policy's or transport's functions and to constants instead, but only inside the kernel's own
modules.
"""

from __future__ import annotations

import dis
import functools
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Final

KERNEL: Final = "netsim.fabric.kernel."
#: Modules whose functions stand for others.
OPEN: Final = (f"{KERNEL}plugs", f"{KERNEL}prefetch")


class Linker:
    """The functions of one kernel, each compiled once.

    Parameters
    ----------
    plugs
        What kernel modules see under these names.
    inner
        What is done to a function that others call: compiling it, or nothing.
    known
        What has been made of functions before.
    """

    def __init__(
        self,
        plugs: Mapping[str, Any],
        inner: Callable[[types.FunctionType], Any] = lambda function: function,
        known: Mapping[Callable[..., Any], Any] | None = None,
    ) -> None:
        self._plugs = dict(plugs)
        self._inner = inner
        #: What has been made of each function so far.
        self.known: dict[Callable[..., Any], Any] = dict(known or {})

    def entry(self, function: Callable[..., Any]) -> types.FunctionType:
        """Return `function`, bound to inner functions and plugs."""
        names = dict(function.__globals__)
        for name, value in references(function, self._plugs).items():
            names[name] = self.called(value) if inspect.isfunction(value) else value
        defaults, cells = function.__defaults__, function.__closure__
        bound = types.FunctionType(function.__code__, names, function.__name__, defaults, cells)
        bound.__module__ = function.__module__
        bound.__qualname__ = function.__qualname__
        return bound

    def called(self, function: Callable[..., Any]) -> Any:
        """Return what others call for `function`."""
        known = self.known.get(function)
        if known is None:
            known = self.known[function] = self._inner(self.entry(function))
        return known


def place_of(function: Callable[..., Any]) -> str:
    """Return file, line and column where `function` is defined."""
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno}:1"


def references(function: Callable[..., Any], plugs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain functions and the plugs that `function` refers to by global names."""
    kernel = function.__module__.startswith(KERNEL)
    names = function.__globals__
    # Disassembling takes long, so only where it can matter.
    if not any(
        name in plugs or inspect.isfunction(plain(names.get(name)))
        for name in function.__code__.co_names
    ):
        return {}
    found = {}
    for name in global_names(function.__code__):
        if kernel and name in plugs and _is_open(names.get(name)):
            found[name] = plugs[name]
        elif inspect.isfunction(plain(names.get(name))):
            found[name] = plain(names[name])
    return found


def _is_open(value: Any) -> bool:
    """Return whether a global of a kernel module may be replaced: a hook's default, a constant.

    A function of the kernel that happens to be named as a hook stays what it is.
    """
    return not inspect.isfunction(value) or value.__module__ in OPEN


def plain(value: Any) -> Any:
    """Return the function that numba has made `value` of, if so, so that its text counts too."""
    return getattr(value, "py_func", value)


@functools.cache
def global_names(code: types.CodeType) -> tuple[str, ...]:
    """Return the global names that `code` loads; attributes are not among them."""
    loads = (step for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    return tuple(dict.fromkeys(str(step.argval) for step in loads))


def reached(
    functions: list[Callable[..., Any]], plugs: Mapping[str, Any]
) -> set[Callable[..., Any]]:
    """Return `functions` and all that they call."""
    seen: set[Callable[..., Any]] = set()
    left = list(functions)
    while left:
        function = left.pop()
        if function not in seen:
            seen.add(function)
            left += filter(inspect.isfunction, references(function, plugs).values())
    return seen
