"""What a replication costs and where it ran; beside progress, the only reader of a wall clock."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_CLEAR_REFS: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Cost:
    """Resources that a replication used."""

    wall_time: float
    cpu_time: float
    peak_rss: int | None
    started: datetime.datetime

    def perf_row(self, events: int) -> dict[str, Any]:
        """Return the row of table `perf` for a replication that handled `events` events."""
        return {
            "wall_time": self.wall_time,
            "cpu_time": self.cpu_time,
            "events_per_second": events / self.wall_time if self.wall_time > 0 else 0.0,
            "peak_rss": self.peak_rss,
            "host": platform.node(),
            "started": self.started,
        }


class Stopwatch:
    """Measure the time from its making on."""

    def __init__(self) -> None:
        self._from_here = forget_peak()
        self._started = datetime.datetime.now(datetime.UTC)
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> Cost:
        """Return what was used so far."""
        return Cost(
            wall_time=time.perf_counter() - self._wall,
            cpu_time=time.process_time() - self._cpu,
            peak_rss=peak_memory() if self._from_here else None,
            started=self._started,
        )


def forget_peak() -> bool:
    """Let the peak resident memory of this process start anew; return whether the system does.

    Linux does (value 5 of ``/proc/self/clear_refs``, proc(5)), where the file may be written. The
    peak that `getrusage` tells is no substitute: it is never lowered, and begins with that of the
    process that started this one.
    """
    try:
        _CLEAR_REFS.write_text("5\n")
    except OSError:
        return False
    return True


def peak_memory() -> int | None:
    """Return the peak resident memory of this process in bytes, None where it is not known."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if peak is None else int(peak) * 1024


def age(place: Path) -> float:
    """Return how many seconds ago `place` was last written; 0 where it is gone."""
    try:
        return time.time() - place.lstat().st_mtime
    except OSError:
        return 0.0


def since(moment: str) -> float:
    """Return how many seconds ago `moment` was, as `now` writes it; 0 where it is none."""
    try:
        then = datetime.datetime.fromisoformat(moment)
        return (datetime.datetime.now(datetime.UTC) - then).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def now() -> str:
    """Return the wall-clock time in UTC, as ISO 8601 text to the millisecond."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def machine() -> dict[str, Any]:
    """Return what describes this process and its machine, for the manifest."""
    return {
        "host": platform.node(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "pid": os.getpid(),
        "command": list(sys.argv),
        "directory": str(Path.cwd()),
        "git": source_commit(),
    }


def source_commit() -> str | None:
    """Return the git commit of netsim's own sources, or None where they are no checkout."""
    git = Path(__file__).resolve().parents[2] / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head or None
        reference = head.removeprefix("ref: ")
        if (loose := git / reference).is_file():
            return loose.read_text(encoding="ascii").strip()
        packed = (git / "packed-refs").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeError):
        return None
    return next((line.split()[0] for line in packed if line.endswith(f" {reference}")), None)
