"""netsim: one communication simulator for the networks that distributed computing stands on.

Examples
--------
Load a scenario, run it in memory, and read its tables; or open what `netsim run` wrote::

    import netsim

    scenario = netsim.load("scenario.yaml", overrides={"routing.policy": "rps"})
    result = netsim.run(scenario, seed=7)
    result.table("flows")  # pyarrow.Table, units in the field metadata
    result.pandas("flows")  # pandas.DataFrame, units in .attrs
    print(result.summary)

    netsim.open("out/scenario-1a2b3c").table("flows")

Importing this package loads nothing heavy: what a function needs is imported when it is first
called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.threads import one_blas_thread
from netsim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path
    from typing import Any

    from netsim.opened import OpenedRun
    from netsim.scenario import Scenario
    from netsim.simulate import RunResult, Watcher

__all__ = ["__version__", "load", "open", "run"]


def load(
    scenario: str | PathLike[str] | Mapping[str, Any],
    overrides: Mapping[str, Any] | Sequence[str] = (),
    *,
    folder: str | PathLike[str] = ".",
) -> Scenario:
    """Return the validated, immutable scenario in a file, or that a mapping holds.

    It is a value: equal to any that says the same, and it can be pickled. Its method `resolve`
    gives it under further overrides without parsing anything again.

    Parameters
    ----------
    scenario
        A YAML file, the name of a scenario that comes with netsim, or what such a file holds.
    overrides
        Values by dotted path (``{"routing.policy": "rps"}``), or texts as the command line's
        ``--set`` takes them.
    folder
        Where the paths of data files in a mapping are from; those in a file are from its own.

    Raises
    ------
    netsim.errors.ScenarioError
        If something is wrong with it; the message names every problem with its place.
    """
    from netsim.scenario import load as loaded

    return loaded(scenario, overrides, folder=folder)


def run(
    scenario: Scenario | str | PathLike[str] | Mapping[str, Any],
    *,
    seed: int | None = None,
    replications: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    progress: bool | None = None,
) -> RunResult:
    """Simulate all replications of `scenario`, one after another, and return their tables.

    Parameters
    ----------
    scenario
        What `load` returned, or what it takes.
    seed, replications
        Used instead of the scenario's own.
    out
        Directory to write to; left out, the tables stay in memory.
    overwrite
        Whether what `out` holds may be replaced.
    progress
        Whether a line on standard error shows how far the run is; default: on a terminal and in a
        notebook.
    """
    one_blas_thread()
    from netsim import simulate
    from netsim.scenario import Scenario as Loaded

    chosen = scenario if isinstance(scenario, Loaded) else load(scenario)
    if seed is not None or replications is not None:
        chosen = chosen.with_(seed=seed, replications=replications)
    return simulate.run(chosen, out=out, overwrite=overwrite, watchers=_watchers(progress))


def _watchers(progress: bool | None) -> Sequence[Watcher]:
    import sys

    from netsim.progress import ProgressLine, looking_on

    wanted = looking_on(sys.stderr) if progress is None else progress
    return (ProgressLine(sys.stderr),) if wanted else ()


def open(path: str | PathLike[str] | Iterable[str | PathLike[str]]) -> OpenedRun:
    """Return a reader of the results in the run directory `path`, or in several as one."""
    from netsim import opened

    return opened.open_run(path)
