"""Compile plain Python functions together with the plain functions that they call.

Kernel, policy and transport files hold ordinary functions and import no compiler. `compiled` looks
at the global names that a function's code refers to, compiles the functions among them first, and
builds the function anew with those names bound to compiled ones. Names in `plugs` are bound to a
chosen policy's or transport's functions and to constants instead, but only inside the kernel's own
modules.

Reference counting is switched off (numba's internal option `_nrt`), which doubles the speed:
kernels allocate nothing. Where numba refuses the option, the functions are compiled without it.
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
OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy"}
UNCOUNTED: Final[dict[str, Any]] = {"_nrt": False}
#: Inner functions are inlined and need no way in from Python or C: half of the compile time.
INNER: Final[dict[str, Any]] = {
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


class Linker:
    """Compiled functions of one kernel, each compiled once.

    Parameters
    ----------
    plugs
        What kernel modules see under these names.
    boundscheck
        Check every array index; slow, for tests.
    """

    def __init__(self, plugs: Mapping[str, Any], *, boundscheck: bool = False) -> None:
        self._plugs = dict(plugs)
        self._boundscheck = boundscheck
        self._compiled: dict[Callable[..., Any], Any] = {}

    def entry(self, function: Callable[..., Any], *, cache: bool) -> Any:
        """Return `function`, compiled for calls from Python, kept beside its file if `cache`."""
        return jit(self._rebound(function), {"cache": cache, "boundscheck": self._boundscheck})

    def compiled(self, function: Callable[..., Any]) -> Any:
        """Return `function`, compiled to be inlined into compiled functions."""
        known = self._compiled.get(function)
        if known is None:
            known = jit(self._rebound(function), {**INNER, "boundscheck": self._boundscheck})
            self._compiled[function] = known
        return known

    def _rebound(self, function: Callable[..., Any]) -> types.FunctionType:
        names = dict(function.__globals__)
        for name, value in references(function, self._plugs).items():
            names[name] = self.compiled(value) if inspect.isfunction(value) else value
        rebound = types.FunctionType(function.__code__, names, function.__name__)
        rebound.__module__ = function.__module__
        rebound.__qualname__ = function.__qualname__
        return rebound


def references(function: Callable[..., Any], plugs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain functions and the plugs that `function` refers to by global names."""
    kernel = function.__module__.startswith(KERNEL)
    names = function.__globals__
    # Disassembling takes longer than loading a compiled kernel, so only where it can matter.
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


def jit(function: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """Return numba's dispatcher for `function`, without the options that numba does not know."""
    import numba

    try:
        return numba.njit(**OPTIONS, **UNCOUNTED, **options)(function)
    except KeyError:
        known = {name: value for name, value in options.items() if name not in INNER}
        return numba.njit(**OPTIONS, **known)(function)
