"""The file of ``--cluster``: how a queue of a cluster starts workers, by dask-jobqueue.

::

    kind: slurm          # slurm | pbs | lsf | sge | htcondor
    jobs: 8
    options: {cores: 16, processes: 16, memory: 32 GiB, walltime: "02:00:00", queue: cpu}
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from netsim.errors import UsageError
from netsim.reading import open_regular

_KINDS: Final = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "lsf": "LSFCluster",
    "sge": "SGECluster",
    "htcondor": "HTCondorCluster",
}
_EXAMPLE: Final = "write kind: slurm, jobs: 8, options: {cores: 16, processes: 16, memory: 32 GiB}"


@contextlib.contextmanager
def workers_of_a_queue(file: Path) -> Iterator[Any]:
    """Give a cluster whose workers a queue starts as `file` says, which end with the block."""
    import dask_jobqueue

    kind, jobs, options = read_cluster_file(file)
    try:
        cluster = getattr(dask_jobqueue, _KINDS[kind])(**options)
    except (TypeError, ValueError) as wrong:
        raise UsageError(f"{file}: options: {wrong}") from wrong
    with cluster:
        cluster.scale(jobs=jobs)
        yield cluster


def read_cluster_file(file: Path) -> tuple[str, int, dict[str, Any]]:
    """Return kind, number of jobs and options.

    Raises
    ------
    UsageError
        If something is wrong with the file.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        with open_regular(file) as stream:
            content = YAML(typ="safe", pure=True).load(stream.read(100_000).decode())
    except OSError as refused:
        raise UsageError(f"cannot read {file}: {refused.strerror or refused}") from refused
    except (YAMLError, UnicodeDecodeError) as wrong:
        first = str(wrong).splitlines()[0]
        raise UsageError(f"{file} is not YAML: {first}; {_EXAMPLE}") from wrong
    if not isinstance(content, dict):
        raise UsageError(f"{file} does not hold a block; {_EXAMPLE}")
    if unknown := sorted(set(map(str, content)) - {"kind", "jobs", "options"}):
        raise UsageError(f"{file}: '{unknown[0]}' is not known; {_EXAMPLE}")
    kind, jobs, options = content.get("kind"), content.get("jobs"), content.get("options", {})
    if kind not in _KINDS:
        raise UsageError(f"{file}: 'kind' is one of {', '.join(_KINDS)}, not {kind!r}")
    if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= 100_000:
        raise UsageError(f"{file}: 'jobs' is the number of jobs, from 1, not {jobs!r}")
    if not isinstance(options, dict):
        raise UsageError(f"{file}: 'options' is a block; {_EXAMPLE}")
    return str(kind), jobs, {str(name): value for name, value in options.items()}
