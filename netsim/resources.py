"""Files that come with netsim: ready-made topologies and worked scenarios."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

#: The folders whose files can be named by a scenario as if they stood beside it.
SHIPPED: Final = ("topologies", "scenarios")

_PACKAGE: Final = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds the folders of `SHIPPED`.

    An installed package carries them in its own folder; in a source tree they stand beside the
    package.
    """
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


def citation_file() -> Path:
    """Return the file that says how to cite netsim."""
    return root() / "CITATION.cff"


def analysis_folder() -> Path:
    """Return the folder of the scripts that draw figures from tables."""
    return root() / "analysis"


def shipped(relative: str) -> Path | None:
    """Return the file that comes with netsim as `relative` (``topologies/NAME``), or None."""
    parts = PurePosixPath(relative).parts
    if len(parts) < 2 or parts[0] not in SHIPPED or ".." in parts:
        return None
    path = root().joinpath(*parts)
    return path if path.is_file() else None


def scenario_names() -> list[str]:
    """Return the scenarios that come with netsim, as `scenario_file` takes them, sorted."""
    folder = root() / "scenarios"
    files = [*folder.rglob("*.yaml"), *folder.rglob("*.yml")]
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in files)


#: How a directory of results records the scenario as it was run.
RECORD: Final = "resolved.json"


def is_run(given: Path) -> bool:
    """Return whether `given` is a directory of a run or sweep, whose scenario can be run again."""
    return given.is_dir() and (given / RECORD).is_file() and (given / "manifest.json").is_file()


def scenario_file(given: Path) -> Path:
    """Return the scenario file that `given` means.

    That is the file of that name, the record in a directory of a run, or else, as ``netsim list
    scenarios`` shows them, one that comes with netsim: ``quickstart``, ``fabric/permutation_rps``,
    ``scenarios/quickstart.yaml``.
    """
    name = given.as_posix()
    try:
        if is_run(given):
            return given / RECORD
        if given.exists():
            return given
        return shipped(name) or shipped(f"scenarios/{name}.yaml") or given
    except (OSError, ValueError):
        # No system call takes such a name; whoever reads the file says so.
        return given
