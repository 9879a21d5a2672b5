"""Machine code for one kernel: numba types and lowers its functions, LLVM optimises them once.

Left alone, numba optimises each function, generates its code and links it into its callers, where
all of that happens again; for a kernel of some eighty small functions it takes half of the time.
Therefore a function's LLVM module is kept as lowered, a `Draft`, until the entry is complete. Then
all drafts are linked, optimised and compiled as one module. The result is an object file that needs
neither numba nor Python: see `netsim.fabric.kernel.native`.

Most functions of the next kernel of a process are those of the one before, with the same functions
below them and the same constants. They are known by a hash of all of that, and not typed again.

This leans on numba's internals (`CPUCodeLibrary`, `JITCPUCodegen`), which is why the minor version
of numba is pinned.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core import cgutils, codegen
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from netsim.errors import RegistryError
from netsim.fabric.kernel.answer_types import check_answers
from netsim.fabric.kernel.compile import Linker
from netsim.fabric.kernel.fingerprint import marks
from netsim.fabric.kernel.native import ENTRY, FAILED
from netsim.fabric.kernel.state import State, dtypes

_SPEED: Final = 3
_ALLOWED: Final = (
    "such a function may hold arithmetic on the kernel's arrays and calls of other such functions; "
    "no allocation, no exceptions, no objects"
)
#: What `llvm.prefetch` takes: for reading, to be kept in all caches, from the data's cache.
_READ: Final = 0
_KEEP: Final = 3
_DATA: Final = 1
#: Division by zero raises nothing, and no way in from Python is made.
_OPTIONS: Final[dict[str, Any]] = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


class Draft(codegen.CPUCodeLibrary):
    """A function's LLVM module as lowered, without optimisation or machine code."""

    def finalize(self) -> None:
        """Close the module."""
        self._raise_if_finalized()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return null: nothing can be called yet."""
        return 0

    def reached(self) -> list[Draft]:
        """Return this draft and those of all functions that it calls, each once."""
        found: dict[int, Draft] = {}
        left = [self]
        while left:
            draft = left.pop()
            if id(draft) not in found:
                found[id(draft)] = draft
                left += draft._linking_libraries
        return list(found.values())

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _get_module_for_linking(self) -> Any:
        """Return the linked draft: numba may link an overload of `min` into unrelated functions."""
        return _mergeable(linked(self))


class DraftCodegen(codegen.JITCPUCodegen):
    """Code generation for this machine's processor that stops at drafts."""

    _library_class: Any = Draft

    @property
    def machine(self) -> Any:
        """The processor that LLVM generates code for."""
        return self._tm

    def set_env(self, env_name: str, env: Any) -> None:
        """Do nothing: the environment serves Python exceptions, and kernels raise none."""


@contextmanager
def drafting() -> Iterator[DraftCodegen]:
    """Let numba make drafts. Very many small objects live on, so the garbage collector rests."""
    context = cpu_target.target_context
    collecting = gc.isenabled()
    usual = context._internal_codegen
    drafts = context._internal_codegen = _drafts()
    gc.disable()
    try:
        yield drafts
    finally:
        context._internal_codegen = usual
        if collecting:
            gc.enable()


@functools.cache
def _drafts() -> DraftCodegen:
    """Return the one code generation of this process, whose drafts are used again."""
    return DraftCodegen("netsim")


#: What numba has made of functions, by their marks. The next kernel of the process is the faster.
_made: dict[tuple[str, bool], Any] = {}


@intrinsic
def prefetch(typing: Any, array: Any, at: Any) -> Any:
    """Stand for `netsim.fabric.kernel.prefetch.prefetch`: LLVM's instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, at = arguments
        place = builder.gep(array, [at])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, flag, flag, flag])
        instruction = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(instruction, [place, *map(flag, (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return numba.void(array, at), generate


def signature(shape: Any = State) -> Any:
    """Return the numba type of ``run(state, limit, most)`` with plain pointers for arrays.

    A pointer has no length, so indices are not wrapped, and nobody counts references to it.
    """
    pointers = [numba.types.CPointer(numba.from_dtype(dtype)) for dtype in dtypes(shape)]
    state = numba.types.NamedTuple(pointers, shape)
    return numba.int64(state, numba.int64, numba.int64)


def object_file(
    function: Callable[..., Any], plugs: Mapping[str, Any], shape: Any = State
) -> bytes:
    """Return machine code for `function`, whose type is `signature`, and all that it calls.

    `shape` is the tuple of arrays that it works on. Functions are copied to where they are called,
    but for those whose names the module of `function` has in ``APART``.
    """
    apart = function.__globals__.get("APART", ())

    def compiled(inner: Any) -> Any:
        return numba.njit(forceinline=inner.__name__ not in apart, **_OPTIONS)(inner)

    names = {**plugs, "prefetch": prefetch}
    found = marks(function, names, filter(inspect.isfunction, plugs.values()))
    keys = {inner: (mark, inner.__name__ in apart) for inner, mark in found.items()}
    known = {inner: _made[key] for inner, key in keys.items() if key in _made}
    linker = Linker(names, compiled, known)
    dispatcher = numba.njit(linker.entry(function), **_OPTIONS)
    kind = signature(shape)
    with drafting() as drafts:
        try:
            check_answers(plugs, linker.called, kind.args[0])
            dispatcher.compile(kind)
        except NumbaError as problem:
            raise RegistryError(_refusal(str(problem))) from None
        (result,) = dispatcher.overloads.values()
        entry_point = result._asdict()
        module = linked(entry_point["library"])
    _made.update({keys[inner]: made for inner, made in linker.known.items()})
    name = entry_point["fndesc"].llvm_func_name
    module.link_in(llvm.parse_assembly(entry(name, module.get_function(name), len(shape._fields))))
    for inner in module.functions:
        if not inner.is_declaration and inner.name != ENTRY:
            inner.linkage = llvm.Linkage.internal
    _optimise(module, drafts.machine)
    _check_complete(module)
    return bytes(drafts.machine.emit_object(module))


def _optimise(module: Any, machine: Any) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=_SPEED)
    # There is no loop worth it, and vectorised copies of the short ones take time to make.
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    module.verify()


def _refusal(report: str) -> str:
    """Return what numba's report says, and where, without the calls that led there."""
    lines = [line.strip() for line in report.splitlines() if line.strip()]
    place = next((line for line in reversed(lines) if line.startswith('File "')), "")
    reasons = [line for line in lines if not line.startswith(("Failed in", "File ", "During"))]
    said = next(iter(reasons), "numba gives no reason")
    what = "a function of a policy, transport or queue"
    return f"{what} cannot be compiled: {said}\n{place}\n{_ALLOWED}"


def _check_complete(module: Any) -> None:
    """Refuse code that calls what a process without numba does not have: loading would crash."""
    if os.name != "posix":
        return  # elsewhere a process cannot be asked for the names it has
    process = ctypes.CDLL(None)
    for function in module.functions:
        known = not function.is_declaration or function.name.startswith("llvm.")
        if not known and not hasattr(process, function.name):
            message = (
                f"a policy's or transport's function needs '{function.name}' of numba's runtime"
            )
            raise RegistryError(f"{message}\n{_ALLOWED}")


def linked(draft: Draft) -> Any:
    """Return one module with all functions that `draft` reaches."""
    whole = draft._final_module.clone()
    for other in draft.reached()[1:]:
        whole.link_in(_mergeable(other._final_module.clone()))
    return whole


def entry(name: str, function: Any, count: int) -> str:
    """Return LLVM code for a C function ``int64 (void **arrays, int64 limit, int64 most)``.

    There are `count` arrays.

    It calls the numba function `name`, which takes a place for the result and one for an exception
    before its arguments, and returns `FAILED` if that reports an exception.
    """
    types = [str(argument.type) for argument in function.arguments]
    arrays = range(count)
    lines = []
    for number in arrays:
        lines += [
            f"%at{number} = getelementptr ptr, ptr %arrays, i64 {number}",
            f"%array{number} = load ptr, ptr %at{number}",
        ]
    values = ["%result", "%exception", *(f"%array{n}" for n in arrays), "%limit", "%most"]
    arguments = ", ".join(f"{kind} {value}" for kind, value in zip(types, values, strict=True))
    body = "\n  ".join(lines)
    return f"""
declare i32 @"{name}"({", ".join(types)})
define i64 @{ENTRY}(ptr %arrays, i64 %limit, i64 %most) {{
  %result = alloca i64
  %exception = alloca ptr
  {body}
  %status = call i32 @"{name}"({arguments})
  %value = load i64, ptr %result
  %fine = icmp eq i32 %status, 0
  %answer = select i1 %fine, i64 %value, i64 {FAILED}
  ret i64 %answer
}}
"""


def _mergeable(module: Any) -> Any:
    """Allow a module's functions to be defined several times, as numba does when it links."""
    for function in module.functions:
        if not function.is_declaration and function.linkage == llvm.Linkage.external:
            function.linkage = "linkonce_odr"
    return module
