"""Runs a kernel's machine code; loading it needs only LLVM's linker, which starts in no time."""

from __future__ import annotations

import ctypes
import functools
from typing import Any, Final

import llvmlite.binding as llvm

from netsim.errors import SimulationError
from netsim.fabric.kernel.state import dtypes

ENTRY: Final = "netsim_run"
FAILED: Final = -1
"""What the entry returns if compiled code raised an exception, which a kernel never should."""

_PROTOTYPE: Final = ctypes.CFUNCTYPE(
    ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
)


class Code:
    """An object file in executable memory.

    Parameters
    ----------
    object_file
        What `netsim.fabric.kernel.codegen.object_file` returned on a machine like this one.
    """

    def __init__(self, object_file: bytes) -> None:
        _prepare()
        machine = llvm.Target.from_default_triple().create_target_machine()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(object_file))
        self._engine.finalize_object()
        self.entry = _PROTOTYPE(self._engine.get_function_address(ENTRY))


class Kernel:
    """``run(state, limit, most)`` of one fabric: remembers where the arrays of its state are.

    Parameters
    ----------
    code
        The machine code.
    name
        What errors call it: policy and transport.
    """

    def __init__(self, code: Code, name: str) -> None:
        self._code = code
        self._name = name
        self._call = code.entry
        self._state: Any = None
        self._arrays: Any = None

    def __call__(self, state: Any, limit: int, most: int) -> int:
        """Handle events as the compiled function does, such as `netsim.fabric.kernel.run.run`."""
        if state is not self._state:
            self._arrays = _addresses(state)
            self._state = state
        status: int = self._call(self._arrays, limit, most)
        if status == FAILED:
            raise SimulationError(
                f"a function of {self._name} raised an exception, which compiled code must not; "
                "netsim.fabric.kernel.builder.interpreted runs the same functions in plain Python"
            )
        return status


def _addresses(state: Any) -> Any:
    """Return the addresses of the arrays, as C sees them."""
    arrays: tuple[Any, ...] = state
    shape: Any = type(state)
    for name, array, dtype in zip(shape._fields, arrays, dtypes(shape), strict=True):
        if array.dtype != dtype or not array.flags.c_contiguous:
            raise TypeError(f"kernel array {name} must be contiguous {dtype}, not {array.dtype}")
    return (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))


@functools.cache
def _prepare() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
