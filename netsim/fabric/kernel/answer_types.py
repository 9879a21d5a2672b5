"""Which types the hooks of a policy and a transport may answer, checked when they are compiled.

Left to the compiler, a list or a real number is reported at the line of the kernel that uses it,
and a function that sometimes ends without an answer is compiled into one that fails when it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from numba import types

from netsim.errors import RegistryError
from netsim.fabric.kernel.compile import place_of

_NUMBERS: Final = (
    "choose",
    "tag",
    "echo",
    "take",
    "receive",
    "expire",
    "admit",
    "pick",
    "next_time",
)
_TRUTHS: Final = ("sendable",)


def check_answers(plugs: Mapping[str, Any], compiled: Callable[[Any], Any], state: Any) -> None:
    """Raise if a hook among `plugs` answers what its callers cannot use.

    A hook is compiled here for the types that the kernel calls it with, so the kernel finds it
    ready.

    Parameters
    ----------
    plugs
        Hooks by name, among others.
    compiled
        Gives numba's dispatcher of a function.
    state
        numba's type of the kernel's state.
    """
    for name in (*_NUMBERS, *_TRUTHS):
        if name in plugs:
            hook = plugs[name]
            dispatcher = compiled(hook)
            arguments = (state, *[types.int64] * (hook.__code__.co_argcount - 1))
            dispatcher.compile(arguments)
            signature = dispatcher.overloads[arguments].signature
            fault = _fault(types.unliteral(signature.return_type), truth=name in _TRUTHS)
            if fault:
                wanted = "True or False" if name in _TRUTHS else "a whole number (int64)"
                raise RegistryError(
                    f"{place_of(hook)}: '{name}' answers {fault}; it must answer {wanted}"
                )


def _fault(answer: Any, *, truth: bool) -> str:
    """Return in words what is wrong with a type of answers, or nothing."""
    if isinstance(answer, types.NoneType):
        return "nothing: a 'return' is missing"
    if isinstance(answer, types.Optional):
        return "nothing on some of its ways: a 'return' is missing"
    if truth and isinstance(answer, types.Boolean):
        return ""
    if answer == types.uint64:
        # Mixed with int64 it becomes a real number.
        return "an unsigned number"
    if isinstance(answer, types.Integer):
        return ""
    if isinstance(answer, types.Float):
        return "a real number"
    words = {
        types.Boolean: "True or False",
        types.List: "a list",
        types.BaseTuple: "a tuple",
        types.UnicodeType: "a text",
    }
    return next((word for kind, word in words.items() if isinstance(answer, kind)), str(answer))
