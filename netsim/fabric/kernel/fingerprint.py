"""The key of a compiled kernel: a hash of everything that its machine code depends on.

That is what each function reached is made of (its code object, so that one from a notebook counts,
and the text of its file where it has one), the value of every constant that it reads, by name or as
an attribute of a module, the fields and element types of the kernel's state, the compiler's own
files, the versions of netsim, Python, numba and LLVM, and the processor. A constant stands in no
function's file: with the texts alone a change of one would go unnoticed.

Names of files and numbers of lines are no part of it; machine code does not depend on them.
"""

from __future__ import annotations

import dis
import enum
import hashlib
import importlib.metadata
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

import netsim.fabric.kernel.run as source
from netsim import version
from netsim.fabric.kernel.compile import plain, reached, references
from netsim.fabric.kernel.state import State, dtypes

_COMPILER: Final = tuple(
    Path(__file__).with_name(name)
    for name in ("answer_types.py", "codegen.py", "compile.py", "native.py")
)
_ATTRIBUTES: Final = ("LOAD_ATTR", "LOAD_METHOD")


def fingerprint(
    plugs: Mapping[str, Any], entry: Callable[..., Any] = source.run, shape: Any = State
) -> str:
    """Return the hash of everything that the machine code of a kernel depends on.

    Parameters
    ----------
    plugs
        What takes the place of names in the kernel's modules.
    entry
        Its loop.
    shape
        The tuple of arrays that the loop works on.
    """
    import llvmlite.binding as llvm

    parts = [version.__version__, sys.version]
    parts += [importlib.metadata.version(package) for package in ("numba", "llvmlite")]
    parts += [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    parts += [f"{name} {dtype}" for name, dtype in zip(shape._fields, dtypes(shape), strict=True)]
    parts += [f"{name} = {described(value)}" for name, value in sorted(plugs.items())]
    functions = sorted(reached([entry], plugs), key=_full_name)
    for function in functions:
        parts += [_full_name(function), described(function.__code__)]
        parts += [f"{name} = {value}" for name, value in _constants(function)]
    digest = hashlib.sha256("\n".join(parts).encode())
    texts = sorted({Path(function.__code__.co_filename) for function in functions})
    for path in [*filter(Path.is_file, texts), *_COMPILER]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def marks(
    entry: Callable[..., Any], plugs: Mapping[str, Any], others: Iterable[Callable[..., Any]] = ()
) -> dict[Callable[..., Any], str]:
    """Return, for each function that a kernel reaches, a hash of what its code is made of.

    That is what `fingerprint` looks at, of this function and all that it calls. Two of one mark are
    compiled alike within a process.

    Parameters
    ----------
    entry, plugs
        The kernel's loop, and what takes the place of names in the kernel's modules.
    others
        Further functions.
    """
    found: dict[Callable[..., Any], str] = {}

    def mark(function: Callable[..., Any]) -> str:
        if function not in found:
            parts = [_full_name(function), described(function.__code__)]
            parts += [f"{name} = {value}" for name, value in _constants(function)]
            for name, value in sorted(references(function, plugs).items()):
                inner = mark(value) if inspect.isfunction(value) else described(value)
                parts.append(f"{name}: {inner}")
            found[function] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return found[function]

    for function in (entry, *others):
        mark(function)
    return found


def _full_name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _constants(function: Any) -> Iterator[tuple[str, str]]:
    """Yield name and value of whatever `function` reads that is no argument of it."""
    yield "defaults", described((function.__defaults__, function.__kwdefaults__))
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, described(cell.cell_contents)
    for code in _nested(function.__code__):
        for path, value in _read(code, function.__globals__):
            yield path, described(value)


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield `code` and the code objects inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _read(code: types.CodeType, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the globals that `code` reads; of modules and classes, what is read of them."""
    path, value = "", None
    for step in dis.get_instructions(code):
        if path and step.opname in _ATTRIBUTES and isinstance(value, types.ModuleType | type):
            path, value = f"{path}.{step.argval}", getattr(value, str(step.argval), None)
            continue
        if path:
            yield path, value
            path = ""
        if step.opname == "LOAD_GLOBAL" and step.argval in known:
            path, value = str(step.argval), known[step.argval]


def described(value: Any) -> str:
    """Return a text that is the same in every process, and another one for every other value."""
    if isinstance(value, types.CodeType):
        inner = [described(constant) for constant in value.co_consts]
        names = (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)
        counts = (value.co_argcount, value.co_kwonlyargcount, value.co_flags)
        return f"code {value.co_code.hex()} {inner} {names} {counts}"
    value = plain(value)
    if inspect.isfunction(value):
        return f"{_full_name(value)} {described(value.__code__)}"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype} {value.shape} {value.tobytes().hex()}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__qualname__}.{value.name} {described(value.value)}"
    if isinstance(value, tuple | frozenset):
        entries = [described(entry) for entry in value]
        entries = sorted(entries) if isinstance(value, frozenset) else entries
        return f"{type(value).__qualname__} {getattr(value, '_fields', ())} {entries}"
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, type | types.BuiltinFunctionType | np.ufunc):
        return f"{getattr(value, '__module__', '')}.{value.__name__}"
    # Of anything else the text may hold an address: then no kept kernel is found, which is right.
    return f"{type(value).__qualname__} {value!r}"
