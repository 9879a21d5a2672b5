"""The points of a sweep: how many there are, what is swept at each, and the scenario of each.

The scenario is parsed once; a point lays its values over the tree and is validated like any other,
so a value that is wrong at some points only is told where it stands in the block `sweep`, with the
first of the points. The block itself is no part of a point: what a point is depends on its own
fields alone.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from netsim.errors import ScenarioError
from netsim.fields.sweep import AdaptiveConfig, SweepConfig
from netsim.metrics.arrow import canonical_json
from netsim.problems import Problem, ProblemsFound
from netsim.scenario import Diagnostic, Scenario, parse, render
from netsim.scenario.overrides import Placed
from netsim.scenario.source import Source, Span
from netsim.scenario.translate import data_source
from netsim.scenario.written import Written
from netsim.sweep.condition import condition
from netsim.sweep.design_file import Design, cell_at
from netsim.sweep.plan import kept, plan
from netsim.sweep.stopping import Rule
from netsim.sweep.swept_files import SweptFiles, find

#: Where a scenario names the file of listed points.
_DESIGN: Final = ("sweep", "list", "file")


class Points:
    """The points of the sweep that a scenario describes.

    Parameters
    ----------
    file
        The scenario.
    overrides
        As of `netsim.load`, for the base and so for all points.

    Raises
    ------
    ScenarioError
        With all that is wrong with the base, or with the block `sweep` as a whole.
    """

    def __init__(self, file: str | Path, overrides: Sequence[str] = ()) -> None:
        self.file, self.overrides = str(file), tuple(overrides)
        self._written: Written = parse(file).overridden(overrides)
        self.base: Scenario = self._written.resolve()
        self._point: Written = self._written.without("sweep")
        config = self.base.model.sweep
        if config is None:
            message = f"error: {file} has no block 'sweep', so there is nothing to sweep"
            raise ScenarioError(f"{message}; netsim run simulates it as it is")
        self.config: SweepConfig = config
        self._kept: np.ndarray | None = None
        try:
            self._plan = plan(config, self.base.model.seed)
            self._kept = self._chosen(config.where)
            self._judge_metric()
        except ProblemsFound as found:
            raise self._written.located(found.problems) from None

    def __len__(self) -> int:
        return self._plan.count if self._kept is None else len(self._kept)

    @functools.cached_property
    def identity(self) -> str:
        """SHA-256 of the sweep, in hex: of its base and of the block, replications left out."""
        block = dict(self.recorded["sweep"])
        block.pop("replications", None)
        text = canonical_json({"base": self.base.hash, "sweep": block})
        return hashlib.sha256(text.encode()).hexdigest()

    @functools.cached_property
    def files(self) -> SweptFiles:
        """The data files among the values of the sweep."""
        everywhere = range(len(self))
        return find(
            self.config,
            self._plan.extra,
            self._written.reader.folder,
            (self.values(index) for index in everywhere),
            lambda index: self.check(index)[0],
        )

    @property
    def recorded(self) -> dict[str, Any]:
        """The base as it is recorded, files of the block `sweep` by their names there."""
        base = self.base.recorded
        return {**base, "sweep": self.files.recorded(base["sweep"])}

    @functools.cached_property
    def fields(self) -> tuple[str, ...]:
        """Dotted paths of the swept fields, in the order of the sweep."""
        return self._plan.fields

    @property
    def replications(self) -> int | None:
        """Replications of each point; None where they are adaptive."""
        wanted = self.config.replications
        if isinstance(wanted, AdaptiveConfig):
            return None
        return self.base.model.replications if wanted is None else wanted

    @property
    def rule(self) -> Rule | None:
        """When a point has enough replications, where they are adaptive."""
        wanted = self.config.replications
        if not isinstance(wanted, AdaptiveConfig):
            return None
        until = wanted.until
        return Rule(
            wanted.min, wanted.max, until.rel_half_width, until.abs_half_width, until.confidence
        )

    @property
    def metric(self) -> tuple[str, str]:
        """Table and column that adaptive replications look at; empty where there is none."""
        wanted = self.config.replications
        name = wanted.until.metric if isinstance(wanted, AdaptiveConfig) else "."
        table, _, column = name.partition(".")
        return table, column

    def values(self, index: int) -> dict[str, Any]:
        """Return the values of the swept fields at a point, as they are written."""
        assigned = self._plan.assignment(self._number(index))
        return {field: assigned[field] for field in self.fields if field in assigned}

    def name(self, index: int) -> str:
        """Return a point in words: ``point 41 (topology.spines=2, routing.policy=rps)``."""
        return f"point {index} ({self.words(index)})"

    def words(self, index: int) -> str:
        """Return the swept fields of a point with their values."""
        return ", ".join(f"{field}={value}" for field, value in self.values(index).items())

    def scenario(self, index: int) -> Scenario:
        """Return the scenario of a point.

        Raises
        ------
        ScenarioError
            With all that is wrong with it, at the swept values where they are to blame.
        """
        scenario, found = self.check(index)
        if scenario is None:
            raise self.refused(self.named(index, found))
        return scenario

    def check(self, index: int) -> tuple[Scenario | None, list[Diagnostic]]:
        """Return the scenario of a point, or None, and all that is wrong with it."""
        number = self._number(index)
        return self._point.check(self._placed(number, self._plan.assignment(number)))

    def named(self, index: int, found: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Return what is wrong with a point, naming it."""
        several = len(self) > 1
        return [
            replace(one, message=f"{one.message} (at {self.name(index)})") if several else one
            for one in map(self._cell, found)
        ]

    def refused(self, found: Sequence[Diagnostic]) -> ScenarioError:
        """Return the error that tells what was found wrong, by place."""
        listed = sorted(found, key=lambda one: one.order)
        return ScenarioError(render(listed, self._written.called), listed)

    def refuse_twins(self, points: Iterable[tuple[int, str]]) -> None:
        """Raise if two points are the same scenario.

        Parameters
        ----------
        points
            Index and id of each.
        """
        seen: dict[str, int] = {}
        for index, point in points:
            first = seen.setdefault(point, index)
            if first != index:
                raise ScenarioError(
                    f"error: sweep points {first} and {index} resolve to the same scenario "
                    f"({self.words(index)}): leave one out"
                )

    def _number(self, index: int) -> int:
        """Return which point of the plan has this index."""
        return index if self._kept is None else int(self._kept[index])

    def _placed(self, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return `values` as overrides that stand in the block `sweep`."""
        placed = {}
        for path, value in values.items():
            place = self._plan.place(number, path)
            span, key = self._in_design(number, path) or self._span(place)
            placed[path] = Placed(value, span, key)
        return placed

    def _in_design(self, number: int, path: str) -> tuple[Span, Span] | None:
        """Return the cells of a point's value and field; None unless a file of lines has them.

        Their columns are the numbers of the cells, until somebody has to be told (`_cell`).
        """
        design, row = self._plan.extra, number - self._plan.product
        if row < 0 or not isinstance(design, Design) or not design.lines:
            return None
        cell = design.names.index(path) + 1
        file = self._design_file
        return Span(file, design.lines[row], cell), Span(file, design.header, cell)

    @functools.cached_property
    def _design_file(self) -> Source:
        """The file of the listed points as a source of which no line is read yet."""
        rank = self._written.place(_DESIGN).span.source.rank
        design = self._plan.extra
        return Source(str(design.path) if isinstance(design, Design) else "", (), rank)

    def _cell(self, one: Diagnostic) -> Diagnostic:
        """Return what is wrong in a cell of the listed points' file with its place there."""
        span = one.span
        if span is None or span.source is not self._design_file:
            return one
        source = data_source(Path(span.source.name), span.line, span.source.rank)
        column, length = cell_at(source.line(span.line), span.column - 1)
        named = self._written.place(_DESIGN).span
        return replace(one, span=Span(source, span.line, column, length), named_at=named)

    @functools.lru_cache(maxsize=65536)  # noqa: B019 - lives as long as the command
    def _span(self, at: tuple[str | int, ...]) -> tuple[Any, Any]:
        """Return where a value of the block `sweep` stands, and the key of its field."""
        place = self._written.place(at)
        key = place.key
        if key is None:
            above = at[:-1]
            while key is None and above:
                key = self._written.place(above).key
                above = above[:-1]
        return place.node.span, key or place.span

    def _chosen(self, where: str) -> np.ndarray | None:
        """Return the points that the condition keeps, None for all."""
        if not where:
            return None
        plan = self._plan

        def resolve(values: Mapping[str, Any]) -> Mapping[str, Any]:
            return self._point.resolve(dict(values)).resolved

        test = condition(where, self.base.resolved, resolve)
        chosen = kept(plan.count, lambda number: test.keeps(plan.assignment(number)))
        if not len(chosen):
            message = f"none of the {plan.count:,} points meets the condition"
            hint = "widen the condition, or sweep other values"
            raise ProblemsFound(Problem(message, ("sweep", "where"), "unsatisfiable", hint))
        return chosen

    def _judge_metric(self) -> None:
        """Refuse a metric that is no number of a table that is written."""
        from netsim.metrics.tables import tables_of
        from netsim.registry import did_you_mean

        table, column = self.metric
        if not table:
            return
        at = ("sweep", "replications", "until", "metric")
        family, record = self.base.family, self.base.model.record
        tables = {one.name: one for one in tables_of(family, record.asked_for())}
        if table not in tables or table == "perf":
            known = [name for name in tables if name != "perf"]
            hint = did_you_mean(table, known) or f"written are: {', '.join(known)}"
            raise ProblemsFound(Problem(f"no table '{table}' is written", at, "unknown-name", hint))
        numbers = [one.name for one in tables[table].columns if one.type in _NUMBERS]
        if column not in numbers:
            hint = did_you_mean(column, numbers) or f"numbers are: {', '.join(numbers)}"
            message = f"table '{table}' has no column of numbers named '{column}'"
            raise ProblemsFound(Problem(message, at, "unknown-name", hint))


_NUMBERS: Final = ("int64", "int32", "float64")
