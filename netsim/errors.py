"""What can go wrong, as one tree of exceptions, each with a stable code and an exit code.

::

    NetsimError                 exit 1
      UsageError                exit 2   a command was given the wrong words
      ScenarioError             exit 3   a scenario, or a file that it names, is wrong
      RegistryError             exit 3   a name is unknown, taken twice, or cannot be loaded
      SimulationError           exit 1   the model failed while it ran
        StalledError                     no event is left and somebody still waits
        InvariantError                   a law that always holds was broken: a bug
        TransferError
          TransferFailed                 a flow cannot finish (no path, retries used up)
          TransferCancelled              its owner cancelled it
      ReadError                 exit 2   no results are there to read (`netsim.metrics.reader`)
      OutputError               exit 5   the output directory holds something else
      WriteError                exit 5   a file cannot be written
      MissingExtraError         exit 6   an optional dependency is not installed
      DifferenceError           exit 7   a check against theory is beyond its tolerance

A message says what is wrong, where, and how to mend it; it is shown to users as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class NetsimError(Exception):
    """Root of all errors that netsim raises on purpose."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1


class UsageError(NetsimError):
    """A command or a function was called with words that do not fit together."""

    code = "usage"
    exit_code = 2


class ScenarioError(NetsimError):
    """A scenario cannot be run as it is written.

    Parameters
    ----------
    message
        The whole text for the user; for a file with several problems, one diagnostic after another.
    diagnostics
        The problems one by one (`netsim.scenario.diagnostics.Diagnostic`), for programs.
    """

    code = "invalid-scenario"
    exit_code = 3

    def __init__(self, message: str, diagnostics: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class RegistryError(NetsimError):
    """A registered name is unknown or taken twice, or a plug-in cannot be loaded."""

    code = "unknown-name"
    exit_code = 3


class SimulationError(NetsimError):
    """The model failed while it ran; the message names the simulated time and the object."""

    code = "simulation"


class ClockError(SimulationError):
    """An instant lies beyond the range of simulated time."""

    code = "clock"


class StalledError(SimulationError):
    """The event queue is empty and somebody still waits."""

    code = "stalled"


class InvariantError(SimulationError):
    """A law that must always hold was broken. This is a bug in netsim or in a plug-in."""

    code = "invariant"


class TransferError(SimulationError):
    """A transfer ended without delivering its bytes."""

    code = "transfer"


class TransferFailed(TransferError):  # noqa: N818 - the name that users of the door write
    """A flow cannot finish: no path is left, or its retries are used up."""

    code = "transfer-failed"


class TransferCancelled(TransferError):  # noqa: N818 - the name that users of the door write
    """A flow was cancelled by its owner."""

    code = "transfer-cancelled"


class OutputError(NetsimError):
    """The output directory exists and holds something that must not be overwritten."""

    code = "output-exists"
    exit_code = 5


class WriteError(NetsimError):
    """A file cannot be written: the disk is full, read-only, or gone."""

    code = "write-failed"
    exit_code = 5


class MissingExtraError(NetsimError):
    """A feature needs an optional dependency that is not installed."""

    code = "missing-extra"
    exit_code = 6


class DifferenceError(NetsimError):
    """A measured value differs from its expected value by more than the tolerance."""

    code = "difference"
    exit_code = 7
