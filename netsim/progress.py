"""The progress of a run on standard error: redrawn on a terminal, a line now and then elsewhere.

Shown by `netsim run` and, unless told otherwise, by `netsim.run` where somebody looks on: on a
terminal or in a notebook.

The time that is left is computed from the share of work that is done, never guessed: where
neither the work nor the end of simulated time is known, only simulated time and events per
second are shown.
"""

from __future__ import annotations

import contextlib
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
    """Where a replication stood at some moment: wall-clock time, events, share of the work."""

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
        self._began = self._last = clock()
        self._first: _Mark | None = None

    def begin(
        self, replication: int, replications: int, simulation: Simulation, until: int | None
    ) -> None:
        """Note that a replication starts."""
        self._replication = replication
        self._replications = replications
        self._simulation = simulation
        self._until = until
        self._began = self._clock()
        # A kernel is compiled within the first slice of the first replication; that time says
        # nothing about the speed, so there the count starts after the slice.
        self._first = _Mark(self._began, 0, 0.0) if replication else None
        if replication == 0:
            self._last = self._began

    def on_slice(self, now: int, events: int) -> None:
        """Redraw the line if it is time to."""
        clock = self._clock()
        if self._first is None:
            self._first = _Mark(clock, events, self._share(now) or 0.0)
        if clock - self._last >= self._interval:
            self._last = clock
            self._draw(self._text(now, events, clock, self._first))

    def end(self) -> None:
        """Remove the line, so that what follows starts on an empty one."""
        if self._drawn:
            self._write(_ERASE)
            self._drawn = False

    def _text(self, now: int, events: int, clock: float, first: _Mark) -> str:
        share = self._share(now)
        elapsed = clock - first.clock
        parts = [f"rep {self._replication + 1}/{self._replications}"]
        if share is not None:
            whole_run = (self._replication + share) / self._replications
            filled = int(whole_run * BAR)
            parts.append("#" * filled + "-" * (BAR - filled))
            parts.append(f"{whole_run:3.0%}")
        parts.append(f"{units.readable(now, 'time')} simulated")
        if elapsed > 0:
            parts.append(f"{_rate((events - first.events) / elapsed)} events/s")
        if share is not None and share > first.share and elapsed > 0:
            later = self._replications - self._replication - 1
            whole = elapsed / (share - first.share)
            parts.append(f"ETA {_clock_text(whole * (1 - share + later))}")
        return _fitting(parts, self._width() if self._terminal else None)

    def _width(self) -> int:
        """Return how many columns the terminal has now."""
        return shutil.get_terminal_size().columns

    def _share(self, now: int) -> float | None:
        """Return the share of the replication that is done, by work or else by simulated time."""
        share = self._simulation.progress() if self._simulation is not None else None
        if share is None and self._until:
            share = now / self._until
        return None if share is None else min(max(share, 0.0), 1.0)

    def _draw(self, text: str) -> None:
        self._write(f"{_ERASE}{text}" if self._terminal else f"{text}\n")
        self._drawn = self._terminal

    def _write(self, text: str) -> None:
        """Write `text` at once; that nobody reads the progress any more is no reason to fail."""
        with contextlib.suppress(BrokenPipeError):
            self._stream.write(text)
            self._stream.flush()


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
        self._began = self._last = clock()
        self._done = self._failed = 0
        self._drawn = False

    def tell(self, done: int, failed: int) -> None:
        """Note that so many more runs are done, and so many failed."""
        self._done += done
        self._failed += failed
        clock = self._clock()
        if clock - self._last >= self._interval:
            self._last = clock
            self._draw(self._text(clock - self._began))

    def end(self) -> None:
        """Remove the line."""
        if self._drawn:
            _write(self._stream, _ERASE)
            self._drawn = False

    def _text(self, elapsed: float) -> str:
        rate = self._done / elapsed if elapsed > 0 else 0.0
        of = f"/{self._total:,}" if self._total else ""
        parts = [f"{self._done:,}{of} runs", f"{_rate(rate)}/s"]
        if self._total and rate > 0:
            parts.append(f"ETA {_clock_text(max(0, self._total - self._done) / rate)}")
        if self._failed:
            parts.append(f"{self._failed} failed")
        return "  " + "  ".join(parts)

    def _draw(self, text: str) -> None:
        _write(self._stream, f"{_ERASE}{text}" if self._terminal else f"{text}\n")
        self._drawn = self._terminal


def _write(stream: TextIO, text: str) -> None:
    """Write `text` at once; that nobody reads the progress any more is no reason to fail."""
    with contextlib.suppress(BrokenPipeError):
        stream.write(text)
        stream.flush()


def _fitting(parts: list[str], width: int | None) -> str:
    """Return the line of `parts`, shortened where it would break at a terminal's edge.

    The last column stays free, for there some terminals wrap already. Speed goes first, then
    simulated time, then the bar: what is left says how far the run is and how long it takes.
    """
    left = list(parts)
    for dispensable in (None, "events/s", "simulated", "#", "-"):
        if dispensable is not None:
            left = [part for part in left if not _is(part, dispensable)]
        line = "  " + "  ".join(left)
        if width is None or len(line) < width:
            return line
    return line[: max(0, (width or 1) - 1)]


def _is(part: str, what: str) -> bool:
    return part.endswith(what) or (what in "#-" and not part.strip("#-"))


def _rate(value: float) -> str:
    """Return a count per second in three digits: ``412k``, ``12.3M``."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.0f}"


def _clock_text(seconds: float) -> str:
    """Return a time span as ``0:08`` or ``2:03:10``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    head = f"{hours}:{minutes:02}" if hours else str(minutes)
    return f"{head}:{whole % 60:02}"
