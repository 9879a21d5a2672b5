"""What the commands print: results on standard output, all else on standard error.

Everything goes through here, so that no foreign text steers the terminal (`netsim.echo`), and a
stream that fails is met in one place. Results that cannot be written are an error like any other
file that cannot be written; that a message cannot be written changes nothing. A stream that is
closed (``2>&-``) is one that nobody wants: what is said there goes nowhere.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from netsim.echo import visible_lines
from netsim.errors import WriteError

if TYPE_CHECKING:
    from netsim.warnings import Caution

_HANDLES: Final = (0, 1, 2)


#: What puts colours on a text that is fit to be shown.
Paint = Callable[[str], str]


def say(
    text: object, *, head: str = "", nl: bool = True, paint: Paint | None = None, **style: Any
) -> None:
    """Print `text` to standard output, behind `head` in `style` (of `click.style`).

    Raises
    ------
    WriteError
        If standard output takes no more.
    BrokenPipeError
        If its reader went away.
    """
    try:
        click.echo(_shown(text, head, style, sys.stdout, paint), nl=nl)
    except BrokenPipeError:
        raise
    except OSError as refused:
        raise unwritable(refused) from refused


def remark(
    text: object, *, head: str = "", nl: bool = True, paint: Paint | None = None, **style: Any
) -> None:
    """Print `text` to standard error, behind `head` in `style`."""
    # Where nobody hears, nothing can be said of that either.
    try:
        click.echo(_shown(text, head, style, sys.stderr, paint), err=True, nl=nl)
    except OSError:
        silence(sys.stderr)


def warn(cautions: Iterable[Caution]) -> None:
    """Print warnings to standard error, a line each."""
    for one in cautions:
        remark(one.text, head=one.head, fg="yellow", bold=True)


def unwritable(refused: OSError) -> WriteError:
    """Return the error that standard output takes no more, which from now on goes nowhere."""
    silence(sys.stdout)
    why = refused.strerror or refused
    return WriteError(f"cannot write standard output: {why}; send it to another place")


def silence(stream: Any) -> None:
    """Send the rest of `stream` nowhere, for Python flushes it once more when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def open_closed_streams() -> None:
    """Open the standard streams that are closed, on nothing.

    A file that is opened later would take the place of a closed one, and what is meant for the
    terminal would be written into it.
    """
    for handle in _HANDLES:
        try:
            os.fstat(handle)
        except OSError:
            # The lowest free number is taken, and those below are open by now.
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))


def _shown(
    text: object, head: str, style: Mapping[str, Any], stream: Any, paint: Paint | None
) -> str:
    """Return what is printed, with characters that the stream's encoding lacks as escapes."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    shown = visible_lines(text).encode(encoding, "backslashreplace").decode(encoding)
    if paint is not None:
        shown = paint(shown)
    if not head:
        return shown
    return click.style(head, **style) + (f" {shown}" if shown else "")
