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
from pathlib import Path
from typing import Any, Final

KERNEL: Final = "netsim.fabric.kernel."


class Linker:
    """The functions of one kernel, each compiled once.

    Parameters
    ----------
    plugs
        What kernel modules see under these names.
    inner
        What is done to a function that others call: compiling it, or nothing.
    """

    def __init__(
        self,
        plugs: Mapping[str, Any],
        inner: Callable[[types.FunctionType], Any] = lambda function: function,
    ) -> None:
        self._plugs = dict(plugs)
        self._inner = inner
        self._known: dict[Callable[..., Any], Any] = {}

    def entry(self, function: Callable[..., Any]) -> types.FunctionType:
        """Return `function`, bound to inner functions and plugs."""
        names = dict(function.__globals__)
        for name, value in references(function, self._plugs).items():
            names[name] = self._called(value) if inspect.isfunction(value) else value
        bound = types.FunctionType(function.__code__, names, function.__name__)
        bound.__module__ = function.__module__
        bound.__qualname__ = function.__qualname__
        return bound

    def _called(self, function: Callable[..., Any]) -> Any:
        known = self._known.get(function)
        if known is None:
            known = self._known[function] = self._inner(self.entry(function))
        return known


def references(function: Callable[..., Any], plugs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain functions and the plugs that `function` refers to by global names."""
    kernel = function.__module__.startswith(KERNEL)
    names = function.__globals__
    # Disassembling takes long, so only where it can matter.
    if not any(
        name in plugs or inspect.isfunction(names.get(name)) for name in function.__code__.co_names
    ):
        return {}
    found = {}
    for name in global_names(function.__code__):
        if kernel and name in plugs:
            found[name] = plugs[name]
        elif inspect.isfunction(names.get(name)):
            found[name] = names[name]
    return found


@functools.cache
def global_names(code: types.CodeType) -> tuple[str, ...]:
    """Return the global names that `code` loads; attributes are not among them."""
    loads = (step for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    return tuple(dict.fromkeys(str(step.argval) for step in loads))


def reached(functions: list[Callable[..., Any]], plugs: Mapping[str, Any]) -> list[Path]:
    """Return the source files of `functions` and of all that they call, sorted."""
    seen: set[Callable[..., Any]] = set()
    left = list(functions)
    while left:
        function = left.pop()
        if function not in seen:
            seen.add(function)
            left += filter(inspect.isfunction, references(function, plugs).values())
    return sorted({Path(inspect.getfile(function)) for function in seen})
