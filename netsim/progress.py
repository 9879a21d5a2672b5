"""The progress of a run on standard error: redrawn on a terminal, a line now and then elsewhere.

Shown by `netsim run` and, unless told otherwise, by `netsim.run` where somebody looks on: on a
terminal or in a notebook.

The time that is left is computed from the share of work that is done, never guessed: where
neither the work nor the end of simulated time is known, only simulated time and events per
second are shown.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from netsim import units

if TYPE_CHECKING:
    from netsim.family import Simulation

BAR: Final = 16
TERMINAL_INTERVAL: Final = 0.1
PLAIN_INTERVAL: Final = 10.0
_ERASE: Final = "\r\x1b[K"


def looking_on(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal or goes into a notebook, where a line is redrawn."""
    return stream.isatty() or _in_notebook()


def _in_notebook() -> bool:
    """Return whether this is the kernel of a notebook: then somebody has imported IPython."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a run stood at some moment: wall-clock time, events, share of all replications."""

    clock: float
    events: int
    share: float


class ProgressLine:
    """Shows how far a run is; a watcher of `netsim.simulate.run`.

    Parameters
    ----------
    stream
        Where to write; whether somebody is `looking_on` there decides the form.
    clock
        Seconds of wall-clock time.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._terminal = looking_on(stream)
        self._interval = TERMINAL_INTERVAL if self._terminal else PLAIN_INTERVAL
        self._drawn = False
        self._replication = 0
        self._replications = 1
        self._until: int | None = None
        self._simulation: Simulation | None = None
        self._last = clock()
        #: Where the count of speed starts, once it does.
        self._first: _Mark | None = None
        #: Events of this replication, and of those before it.
        self._events = self._earlier = 0

    def begin(
        self, replication: int, replications: int, simulation: Simulation, until: int | None
    ) -> None:
        """Note that a replication starts."""
        self._replication = replication
        self._replications = replications
        self._simulation = simulation
        self._until = until
        self._earlier += self._events
        self._events = 0
        # A kernel is compiled within the first slice of the first replication; that time says
        # nothing about the speed, so there the count starts after the slice.
        if replication == 0:
            self._last = self._clock()
        elif self._first is None:
            self._first = _Mark(self._clock(), 0, self._whole(0.0))

    def on_slice(self, now: int, events: int) -> None:
        """Redraw the line if it is time to."""
        clock = self._clock()
        self._events = events
        if self._first is None:
            self._first = _Mark(clock, events, self._whole(self._share(now) or 0.0))
        if clock - self._last >= self._interval:
            self._last = clock
            self._draw(self._text(now, clock, self._first))

    def end(self) -> None:
        """Remove the line, so that what follows starts on an empty one."""
        if self._drawn:
            _write(self._stream, _ERASE)
            self._drawn = False

    def _text(self, now: int, clock: float, first: _Mark) -> str:
        share = self._share(now)
        whole = self._whole(share or 0.0)
        elapsed = clock - first.clock
        parts = [f"rep {self._replication + 1}/{self._replications}"]
        if share is not None:
            filled = int(whole * BAR)
            parts.append("#" * filled + "-" * (BAR - filled))
            parts.append(f"{whole:3.0%}")
        parts.append(f"{units.readable(now, 'time')} simulated")
        if elapsed > 0:
            handled = self._earlier + self._events - first.events
            parts.append(f"{_rate(handled / elapsed)} events/s")
        if share is not None and whole > first.share and elapsed > 0:
            left = elapsed / (whole - first.share) * (1 - whole)
            parts.append(f"ETA {_clock_text(left)}")
        return _fitting(parts, _width(self._stream) if self._terminal else None)

    def _whole(self, share: float) -> float:
        """Return the share of the whole run that is done, with `share` of this replication."""
        return (self._replication + share) / self._replications

    def _share(self, now: int) -> float | None:
        """Return the share of the replication that is done, by work or else by simulated time."""
        share = self._simulation.progress() if self._simulation is not None else None
        if share is None and self._until:
            share = now / self._until
        return None if share is None else min(max(share, 0.0), 1.0)

    def _draw(self, text: str) -> None:
        # Noted first: who interrupts the run most likely does so while a line is written.
        self._drawn = self._terminal
        _write(self._stream, f"{_ERASE}{text}" if self._terminal else f"{text}\n")


class CountLine:
    """Shows how many runs of a sweep are done: rate, time that is left, failures.

    Parameters
    ----------
    stream
        Where to write; whether somebody is `looking_on` there decides the form.
    total
        Number of runs, 0 where it is not known.
    clock
        Seconds of wall-clock time.
    """

    def __init__(
        self, stream: TextIO, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._total = total
        self._clock = clock
        self._terminal = looking_on(stream)
        self._interval = TERMINAL_INTERVAL if self._terminal else PLAIN_INTERVAL
        self._last = clock()
        self._done = self._failed = 0
        # The first runs compile, and workers start meanwhile: speed is counted from then on.
        self._first: tuple[float, int] | None = None
        self._drawn = False

    def tell(self, done: int, failed: int) -> None:
        """Note that so many more runs are done, and so many failed."""
        self._done += done
        self._failed += failed
        clock = self._clock()
        if self._first is None:
            self._first = clock, self._done
        if clock - self._last >= self._interval:
            self._last = clock
            self._draw(self._text(clock, *self._first))

    def end(self) -> None:
        """Remove the line."""
        if self._drawn:
            _write(self._stream, _ERASE)
            self._drawn = False

    def _text(self, clock: float, since: float, before: int) -> str:
        rate = (self._done - before) / (clock - since) if clock > since else 0.0
        of = f"/{self._total:,}" if self._total else ""
        parts = [f"{self._done:,}{of} runs"]
        if rate > 0:
            parts.append(f"{_rate(rate)}/s")
        if self._total and rate > 0:
            parts.append(f"ETA {_clock_text(max(0, self._total - self._done) / rate)}")
        if self._failed:
            parts.append(f"{self._failed} failed")
        return _fitting(parts, _width(self._stream) if self._terminal else None)

    def _draw(self, text: str) -> None:
        # Noted first: who interrupts the run most likely does so while a line is written.
        self._drawn = self._terminal
        _write(self._stream, f"{_ERASE}{text}" if self._terminal else f"{text}\n")


def _write(stream: TextIO, text: str) -> None:
    """Write `text` at once; that nobody reads the progress any more is no reason to fail."""
    with contextlib.suppress(BrokenPipeError):
        stream.write(text)
        stream.flush()


def _width(stream: TextIO) -> int:
    """Return how many columns the terminal behind `stream` has now.

    `shutil.get_terminal_size` asks standard output, which may go into a file meanwhile; it is asked
    where `stream` itself does not say.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if (columns := os.get_terminal_size(stream.fileno()).columns) > 0:
            return columns
    return shutil.get_terminal_size().columns


def _fitting(parts: list[str], width: int | None) -> str:
    """Return the line of `parts`, shortened where it would break at a terminal's edge.

    The last column stays free, for there some terminals wrap already, and two more for the ``^C``
    that a terminal writes behind the line of somebody who interrupts. Speed goes first, then
    simulated time, then the bar: what is left says how far it is and how long it takes.
    """
    left = list(parts)
    for dispensable in (None, "/s", "simulated", "#", "-"):
        if dispensable is not None:
            left = [part for part in left if not _is(part, dispensable)]
        line = "  " + "  ".join(left)
        if width is None or len(line) < width - 2:
            return line
    return line[: max(0, (width or 3) - 3)]


def _is(part: str, what: str) -> bool:
    return part.endswith(what) or (what in "#-" and not part.strip("#-"))


def _rate(value: float) -> str:
    """Return a count per second in three digits: ``412k``, ``12.3M``; ``0.25`` below ten."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _clock_text(seconds: float) -> str:
    """Return a time span as ``0:08`` or ``2:03:10``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    head = f"{hours}:{minutes:02}" if hours else str(minutes)
    return f"{head}:{whole % 60:02}"
