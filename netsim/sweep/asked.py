"""Signals as requests to stop.

The first Ctrl-C lets running points finish, the second does not; TERM ends the running point and
commits what is finished.

A signal may come while a part is being committed, which is not to be cut in two. So it is noted,
and raised only where a run can be thrown away.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

#: What a process stopped by Ctrl-C or TERM ends with: 128 + the signal's number.
INTERRUPTED = 130
TERMINATED = 143


class Asked:
    """Whether somebody asked this process to stop, and how."""

    def __init__(self) -> None:
        self.code = 0
        self._times = 0
        self._abortable = False

    @property
    def stop(self) -> bool:
        """Whether no further point is to start."""
        return self.code != 0

    @property
    def now(self) -> bool:
        """Whether running points are not waited for."""
        return self.code == TERMINATED or self._times > 1

    @contextlib.contextmanager
    def listening(self) -> Iterator[Asked]:
        """Take Ctrl-C and TERM as requests within the block."""
        before = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def abortable(self) -> Iterator[None]:
        """Let a request that cannot wait end the block by an exception."""
        self._abortable = True
        try:
            yield
        finally:
            self._abortable = False

    def _note(self, number: int, frame: FrameType | None) -> Any:
        if number == signal.SIGTERM:
            self.code = TERMINATED
        else:
            self._times += 1
            self.code = self.code or INTERRUPTED
        if self.now and self._abortable:
            self._abortable = False
            raise KeyboardInterrupt
