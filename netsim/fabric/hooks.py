"""What is wrong with the functions of a policy or a transport, told before they are compiled.

The compiler speaks of the kernel that calls them; here a mistake is found in the file where it
stands. netsim's own functions are checked when netsim is.
"""

from __future__ import annotations

import builtins
import difflib
import dis
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netsim import units
from netsim.fabric.kernel import answers
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.compile import place_of, references
from netsim.fabric.kernel.label import TAG_BITS
from netsim.fabric.kernel.protocols import HOOKS, PROTOCOLS
from netsim.problems import Problem
from netsim.registry import did_you_mean

if TYPE_CHECKING:
    from netsim.fabric.kernel.state import State
    from netsim.topology.network import Network


#: From this likeness on a name is taken for a misspelt hook.
_ALIKE: Final = 0.8


def hook_problems(kind: str, word: str, model: type) -> list[Problem]:
    """Return what is wrong with the hooks of a `model` of `kind`, in words a `word`."""
    if model.__module__.startswith("netsim."):
        return []
    owner = f"{word} {model.__name__}"
    found: list[Problem] = []
    hooks: list[Callable[..., Any]] = []
    found += _misspelt(kind, owner, model)
    for name in filter(model.__dict__.__contains__, HOOKS[kind]):
        hook = inspect.unwrap(getattr(model, name))
        wanted = list(inspect.signature(getattr(PROTOCOLS[kind], name)).parameters)
        if not inspect.isfunction(hook):
            message = f"'{name}' of {owner} is no function of Python"
            found.append(Problem(message, (), "bad-value", f"def {name}({', '.join(wanted)})"))
        elif len(inspect.signature(hook).parameters) != len(wanted):
            given = ", ".join(inspect.signature(hook).parameters)
            message = f"'{name}' of {owner} takes ({given})"
            hint = f"make it a static method that takes ({', '.join(wanted)})"
            found.append(_at(hook, hook.__code__.co_firstlineno, 0, message, hint))
        else:
            hooks.append(hook)
    return found + [problem for hook in _reached(hooks) for problem in _undefined(hook, owner)]


def _misspelt(kind: str, owner: str, model: type) -> Iterator[Problem]:
    """Yield a problem for each static method of `model` that is nearly a hook, and none."""
    known = {*HOOKS[kind], "pack", "ring", "plan", "split", "limits", "slow"}
    for name, value in vars(model).items():
        near = difflib.get_close_matches(name, HOOKS[kind], n=1, cutoff=_ALIKE)
        if isinstance(value, staticmethod) and name not in known and near:
            function = inspect.unwrap(value.__func__)
            message = f"'{name}' of {owner} is no hook, so nobody calls it"
            line, hint = function.__code__.co_firstlineno, f"did you mean '{near[0]}'?"
            yield _at(function, line, 0, message, hint)


#: Per code of `netsim.fabric.kernel.answers`: hook, its kind, what it answers, where, what it may.
_ANSWERS: Final = {
    answers.CHOOSE: ("choose", "routing", "position", "one of the ports that it is offered"),
    answers.TAG: ("tag", "routing", "tag", f"a number from 0 to 2^{TAG_BITS} - 1"),
    answers.TAKE: ("take", "transport", "label", "one of a packet of its flow (`label_of`)"),
    answers.RECEIVE: ("receive", "transport", "label", "NONE or one of a reply to its flow"),
    answers.EXPIRE: ("expire", "transport", "deadline", "a later time, 0 or -1"),
    answers.NEXT_TIME: ("next_time", "transport", "time", "one within the 66 days of the clock"),
    answers.ADMIT: ("admit", "queue", "class", "DROP or a class from 0 to the number of them - 1"),
    answers.PICK: ("pick", "queue", "class", "a class in which packets wait"),
}


def wrong_answer(
    state: State, network: Network, links: Sequence[str], owners: Mapping[str, Any]
) -> str:
    """Return in words what a hook answered that it must not, and where it is defined.

    Parameters
    ----------
    state, network
        The kernel's arrays, and what they stand for.
    links
        Name of each of the kernel's links.
    owners
        By kind: a model, or the `SlowPorts` of a queue.
    """
    name, kind, what, wanted = _ANSWERS[int(state.clock[at.WRONG])]
    place = int(state.clock[at.WRONG_PLACE])
    if kind == "queue":
        asked = f"at {links[place]}"
    elif name == "choose":
        asked = f"at {network.switches[place]}"
    else:
        asked = f"for flow {int(state.flows[place * at.FLOW + at.IDENTITY]) & at.LOW}"
    model = owners[kind]
    owner = getattr(model, "owner", model)
    hooks = getattr(model, "hooks", None)
    function = inspect.unwrap(getattr(owner, name) if hooks is None else hooks[name])
    value, now = int(state.clock[at.WRONG_VALUE]), int(state.clock[at.NOW])
    return (
        f"{place_of(function)}: '{name}' of {owner.__name__} answered the {what} {value} {asked} "
        f"at {units.readable(now, 'time')}; it must answer {wanted}"
    )


def _reached(functions: list[Callable[..., Any]]) -> Iterator[Callable[..., Any]]:
    """Yield `functions` and all that they call, each once, without those of netsim."""
    seen: set[Callable[..., Any]] = set()
    left = functions[::-1]
    while left:
        function = left.pop()
        if function not in seen and not function.__module__.startswith("netsim."):
            seen.add(function)
            yield function
            left += filter(inspect.isfunction, references(function, {}).values())


def _undefined(function: Any, owner: str) -> Iterator[Problem]:
    """Yield a problem for each name that `function` reads and nothing defines, where it stands."""
    known = {*function.__globals__, *vars(builtins)}
    told = set()
    for step in dis.get_instructions(function):
        name = step.argval
        if step.opname == "LOAD_GLOBAL" and name not in known and name not in told:
            told.add(name)
            near = did_you_mean(name, [*function.__code__.co_varnames, *function.__globals__])
            message = f"'{function.__name__}' of {owner} reads '{name}', which is not defined"
            place = step.positions
            line = (place.lineno if place else None) or function.__code__.co_firstlineno
            column = (place.col_offset if place else None) or 0
            yield _at(function, line, column, message, near or "define or import it")


def _at(function: Any, line: int, column: int, message: str, hint: str) -> Problem:
    file = Path(inspect.getfile(function))
    return Problem(message, (), "bad-value", hint, file=file, line=line, column=column + 1)
