"""A run that was written, as `netsim.open` gives it: its tables, scenario, rows and headlines.

The reader of tables (`netsim.metrics.reader`) knows neither scenarios nor families; here both are
asked, so that a run says the same whether it comes from `netsim.run` or from a directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from netsim import registry
from netsim.errors import UsageError
from netsim.metrics import layout
from netsim.metrics.parameters import with_parameters
from netsim.metrics.reader import Results, RunFiles, concatenate, open_results, to_pandas
from netsim.metrics.schema import IDENTITY
from netsim.metrics.summary import SummaryRow, render, render_html, summary_rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from netsim.scenario import Scenario


class OpenedRun(Results):
    """Tables of one or several runs, and what they say of themselves."""

    def table(
        self,
        name: str,
        where: Mapping[str, Any] | None = None,
        parameters: Sequence[str] = (),
    ) -> pa.Table:
        """Return table `name`, with fields of the scenario as further columns.

        Parameters
        ----------
        name
            Of the table.
        where
            Values of swept fields by dotted path: only the points that have them.
        parameters
            Dotted paths of fields: ``["packet.payload", "traffic[0].size"]``.
        """
        if not parameters:
            return super().table(name, where)
        from netsim.metrics.arrow import provenance

        # The order of runs is the order of their rows.
        runs = [run for run in self._runs if name in run.tables] or self._runs
        tables, recorded = [], []
        for run in runs:
            table = Results([run]).table(name, where)
            if run.kind == "sweep":
                pieces = _by_point(run, table)
                tables += [piece for piece, _ in pieces]
                recorded += [scenario for _, scenario in pieces]
            else:
                tables.append(table)
                recorded.append(provenance(table.schema)["scenario"])
        return concatenate(with_parameters(tables, recorded, parameters))

    def pandas(
        self,
        name: str,
        where: Mapping[str, Any] | None = None,
        parameters: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Return what `table` does as a data frame, its units in ``attrs``."""
        return to_pandas(self.table(name, where, parameters))

    @property
    def scenario(self) -> Scenario:
        """The scenario as it was run, every default filled in.

        Raises
        ------
        UsageError
            If several runs are open.
        """
        if len(self._runs) > 1:
            raise UsageError(f"{len(self._runs)} runs are open, each with a scenario; open one")
        from netsim.scenario import load

        return load(self._runs[0].path / layout.RESOLVED)

    @property
    def runs(self) -> tuple[Mapping[str, Any], ...]:
        """Rows of table `runs`, by run and replication."""
        own = {column.name for column in IDENTITY}
        rows = self.table("runs").to_pylist()
        return tuple({k: value for k, value in row.items() if k not in own} for row in rows)

    @property
    def summary_rows(self) -> list[SummaryRow]:
        """The family's headlines as means and intervals over replications.

        Raises
        ------
        UsageError
            If runs of several scenarios are open, whose mean would mean nothing.
        """
        if len({manifest["hash"] for manifest in self.manifests}) > 1:
            raise UsageError("runs of several scenarios are open; open one for its summary")
        family = registry.lookup("workload", self.manifest["workload"])
        return summary_rows(self.runs, family.headlines, family.run_columns)

    @property
    def summary(self) -> str:
        """The headlines as a text table."""
        return render(self.summary_rows)

    def _repr_html_(self) -> str:
        return render_html(self.summary_rows, repr(self))


def _by_point(run: RunFiles, table: pa.Table) -> list[tuple[pa.Table, Mapping[str, Any]]]:
    """Return the rows of each point of a sweep with the point's recorded scenario."""
    from netsim.sweep.points import Points

    points = Points(run.path / layout.RESOLVED)
    index = {key.point: key.index for key in run.order.keys}
    names = table.column("point").to_pylist()
    starts = [at for at, name in enumerate(names) if not at or name != names[at - 1]]
    ends = [*starts[1:], len(names)]
    return [
        (table.slice(start, end - start), points.scenario(index[names[start]]).recorded)
        for start, end in zip(starts, ends, strict=True)
    ]


def open_run(path: str | PathLike[str] | Iterable[str | PathLike[str]]) -> OpenedRun:
    """Return a reader of a run directory, or of several of them as one.

    Raises
    ------
    netsim.metrics.reader.ReadError
        If there is no run.
    """
    return OpenedRun(open_results(path)._runs)
