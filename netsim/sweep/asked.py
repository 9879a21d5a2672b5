"""Signals as requests to stop.

The first Ctrl-C lets running points finish, the second does not; TERM ends the running point and
commits what is finished.

A signal may come while a part is being committed, which is not to be cut in two. So it is noted,
and raised only where a run can be thrown away. Python notes it between two of its instructions; a
library that is called for minutes keeps it waiting as long. So a thread listens as well: if a
request that cannot wait is not obeyed within a few seconds, it commits what is finished and ends
the process. It needs the interpreter for that: a library that does not let go of it is deaf, and
only KILL ends it, which loses what is not committed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

#: What a process stopped by Ctrl-C or TERM ends with: 128 + the signal's number.
INTERRUPTED = 130
TERMINATED = 143
#: Seconds within which a request that cannot wait is to be obeyed.
PATIENCE = 5.0


class Asked:
    """Whether somebody asked this process to stop, and how."""

    def __init__(self) -> None:
        self.code = 0
        #: What is done before a process that does not obey is ended.
        self.last_will: Callable[[], None] = lambda: None
        self.patience = PATIENCE
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
            with self._overheard():
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

    @contextlib.contextmanager
    def _overheard(self) -> Iterator[None]:
        """Have a thread hear the signals of the block, whatever the main thread does."""
        hearing, told = os.pipe()
        os.set_blocking(told, False)
        over = threading.Event()
        listener = threading.Thread(target=self._listen, args=(hearing, over), daemon=True)
        before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        listener.start()
        try:
            yield
        finally:
            over.set()
            signal.set_wakeup_fd(before)
            os.close(told)
            listener.join()

    def _listen(self, hearing: int, over: threading.Event) -> None:
        """End the process if a request that cannot wait is not obeyed in time."""
        times = 0
        while heard := os.read(hearing, 1):
            times += heard[0] == signal.SIGINT
            terminated = heard[0] == signal.SIGTERM
            if (terminated or times > 1) and not over.wait(self.patience):
                with contextlib.suppress(Exception):
                    self.last_will()
                os._exit(TERMINATED if terminated else INTERRUPTED)
        os.close(hearing)
