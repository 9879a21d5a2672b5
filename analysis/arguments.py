"""What the scripts of this folder share: checked arguments, and errors as one plain line."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from netsim import registry
from netsim.delays.process import DelayConfig, measured, read
from netsim.errors import NetsimError, UsageError
from netsim.figures.page import FORMATS, PRINT, SCREEN, Size
from netsim.problems import Problem, ProblemsFound
from netsim.stragglers.codes.scheme import MOST_WORKERS
from netsim.version import DISTRIBUTION


def run(main: Callable[[], None]) -> None:
    """Run a script; what a user can mend is said in one line, and the exit code is 2."""
    try:
        main()
    except ModuleNotFoundError as missing:
        _stop(f'{missing.name} is not installed; pip install "{DISTRIBUTION}[plot]"')
    except OSError as problem:
        _stop(f"{problem}; name a file that can be read or written")
    except NetsimError as problem:
        _stop(str(problem))


def _stop(message: str) -> NoReturn:
    print(f"{Path(sys.argv[0]).name}: error: {message}", file=sys.stderr)
    raise SystemExit(2)


def preset(name: str) -> DelayConfig:
    """Return the delay process called `name`, which must need no further parameters."""
    try:
        return read({"kind": name})
    except ValidationError:
        presets = ", ".join(kind for kind in registry.names("delay") if _needs_nothing(kind))
        hint = f"'{name}' is no delay preset; there are: {presets}"
        raise argparse.ArgumentTypeError(hint) from None


def _needs_nothing(kind: str) -> bool:
    try:
        read({"kind": kind})
    except ValidationError:
        return False
    return True


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 1")
    return int(text)


def seed(text: str) -> int:
    """Return a whole number that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 0")
    return int(text)


def seconds(text: str) -> float:
    """Return a finite number that is not negative."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds from 0 on")
    return value


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share from 0 to 1")
    return value


def trace(file: str, load: float | None) -> tuple[DelayConfig, int]:
    """Return the delays that `file` was measured to have, in a circle, and its workers.

    Raises
    ------
    UsageError
        If it is no trace.
    """
    path = Path(file).resolve()
    if not path.is_file():
        raise UsageError(f"there is no file '{file}'")
    chosen = {} if load is None else {"load": load}
    process = read({"kind": "trace", "file": str(path), **chosen})
    try:
        times = measured(process, MOST_WORKERS)
    except ProblemsFound as found:
        raise UsageError("; ".join(_told(one, file) for one in found.problems)) from None
    if times is None or not times.size:
        raise UsageError(f"{file} holds no times")
    return process, times.shape[1]


def _told(problem: Problem, file: str) -> str:
    where = f"{file}:{problem.line}" if problem.line else file
    return f"{where}: {problem.message}" + (f" ({problem.hint})" if problem.hint else "")


def add_picture(parser: argparse.ArgumentParser, default: Path | None = None) -> None:
    """Add the arguments of a picture: where to write it, and for what."""
    parser.add_argument(
        "-o", "--output", type=picture, default=default, help=f"picture; default: {default}"
    )
    parser.add_argument("--print", action="store_true", help="of the size of a printed page")


def size(options: argparse.Namespace) -> Size:
    """Return the size of the picture that is asked for."""
    return PRINT if options.print else SCREEN


def picture(text: str) -> Path:
    """Return the path of a picture to write, in a folder that is there afterwards."""
    path = Path(text)
    if path.suffix.lower() not in FORMATS:
        hint = f"'{text}' is no picture by its suffix; known: {', '.join(FORMATS)}"
        raise argparse.ArgumentTypeError(hint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        hint = f"{path.parent}: {problem.strerror}; name a folder that can be written to"
        raise argparse.ArgumentTypeError(hint) from None
    return path
