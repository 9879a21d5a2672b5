"""The workers of a sweep: started when the first is needed, ended when the sweep is.

They run on this machine, at a scheduler that is there already, or as jobs of a queue; all three
are a client of Dask's `distributed`, which is imported here and in `on_worker` alone.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from netsim.errors import UsageError
from netsim.metrics.resources import now, since
from netsim.sweep import on_worker
from netsim.sweep.asked import Asked
from netsim.sweep.cluster_file import workers_of_a_queue

#: Seconds for which workers are waited for: the first one of a queue, and an answer at the end.
_STARTING: Final = 600
_ANSWERING: Final = 5.0
#: Seconds after which a worker of this machine that is gone is replaced.
_MISSED: Final = 60.0


@dataclass(slots=True)
class Pool:
    """Workers, started when they are first asked for.

    Parameters
    ----------
    asked
        Whether somebody asked to stop, which also ends the wait for workers.
    jobs
        Number of workers on this machine.
    scheduler
        Address of a scheduler that runs already, in place of those.
    cluster
        File that says how a queue starts them, in place of those.
    memory
        Bytes that each worker may take, or None.
    """

    asked: Asked
    jobs: int = 1
    scheduler: str | None = None
    cluster: str | None = None
    memory: int | None = None
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _client: Any = None
    _cluster: Any = None
    _missed: str = ""

    @property
    def client(self) -> Any:
        """The client of the workers, of which one is there at least."""
        if self._client is None:
            with self.asked.abortable():
                client = self._started()
                _check_versions(client)
                client.register_plugin(on_worker.Quiet())
            self._client = client
        return self._client

    @property
    def addresses(self) -> list[str]:
        """Addresses of all workers that are there.

        Whoever starts a worker of this machine again after its death may fail to, on a machine that
        is busy. So one that is missed for a minute is replaced.
        """
        found = list(self.client.nthreads())
        if self._cluster is None or len(found) >= self.jobs:
            self._missed = ""
        elif not self._missed:
            self._missed = now()
        elif since(self._missed) > _MISSED:
            self._missed = ""
            missing = self.jobs - len(found)
            self._cluster.scale(len(self._cluster.worker_spec) + missing)
        return found

    def tell_all(self, what: Callable[..., Any]) -> None:
        """Let every worker do something; one that does not answer is not waited for."""

        def tell() -> None:
            with contextlib.suppress(Exception):
                self._client.run(what, on_error="ignore")

        if self._client is not None:
            teller = threading.Thread(target=tell, daemon=True)
            teller.start()
            teller.join(_ANSWERING)

    def close(self) -> None:
        """End the workers that were started here."""
        self._client = self._cluster = None
        self._open.close()

    def _started(self) -> Any:
        import dask
        from distributed import Client, LocalCluster

        settings = {
            "distributed.scheduler.allowed-failures": 0,
            "distributed.comm.timeouts.connect": "60s",
        }
        self._open.enter_context(dask.config.set(settings))
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if self.scheduler:
            address: Any = self.scheduler
        elif self.cluster:
            address = self._open.enter_context(workers_of_a_queue(Path(self.cluster)))
        else:
            self._cluster = address = self._open.enter_context(
                LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=self.jobs,
                    threads_per_worker=1,
                    processes=True,
                    memory_limit=self.memory if self.memory is not None else "auto",
                    host="127.0.0.1",
                    # Any free port, for this machine alone: None is one port that all would share.
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            )
        try:
            client = Client(  # type: ignore[no-untyped-call]
                address, timeout="60s", set_as_default=False
            )
        except (OSError, ValueError) as refused:
            raise UsageError(f"no Dask scheduler answers at {address}: {refused}") from refused
        return self._open.enter_context(client)


def _check_versions(client: Any) -> None:
    """Refuse workers of another Python or netsim."""
    ours = on_worker.versions()
    client.wait_for_workers(1, timeout=_STARTING)
    for address, theirs in client.run(on_worker.versions).items():
        if theirs != ours:
            raise UsageError(
                f"worker {address} has Python {theirs[0]} and netsim {theirs[1]} (results version "
                f"{theirs[2]}), this process {ours[0]}, {ours[1]} ({ours[2]}); use the same"
            )
