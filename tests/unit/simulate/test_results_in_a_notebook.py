"""Results in a notebook: progress while a run goes, headlines as a table, a run opened again."""

from __future__ import annotations

import io
import sys
import types

import pytest

import netsim
from netsim.errors import UsageError
from netsim.progress import looking_on

SCENARIO = {
    "netsim": 1,
    "workload": "stragglers",
    "workers": 4,
    "jobs": 20,
    "replications": 2,
    "code": {"scheme": "gc", "s": 1},
    "delays": {"kind": "isolated"},
    "compute": {"per_load": "2 s"},
}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def stderr(monkeypatch):
    def shown(stream):
        monkeypatch.setattr(sys, "stderr", stream)
        # Every slice is shown, however short the run is.
        monkeypatch.setattr("netsim.progress.TERMINAL_INTERVAL", 0.0)
        monkeypatch.setattr("netsim.progress.PLAIN_INTERVAL", 0.0)
        monkeypatch.setattr("netsim.engine.environment.STEPS_PER_SLICE", 16)
        return stream

    return shown


@pytest.fixture
def notebook(monkeypatch):
    shell = types.SimpleNamespace(kernel=object())
    module = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", module)


def test_progress_is_shown_on_a_terminal_and_not_in_a_file(stderr):
    terminal = stderr(Terminal())
    netsim.run(SCENARIO)
    file = stderr(io.StringIO())
    netsim.run(SCENARIO)

    assert "rep 2/2" in terminal.getvalue()
    assert not file.getvalue()


def test_progress_is_shown_in_a_notebook_whose_output_is_no_terminal(stderr, notebook):
    output = stderr(io.StringIO())

    netsim.run(SCENARIO)

    assert "rep 1/2" in output.getvalue()
    assert "\r" in output.getvalue()


def test_progress_is_shown_or_not_as_told(stderr):
    file = stderr(io.StringIO())
    netsim.run(SCENARIO, progress=True)
    terminal = stderr(Terminal())
    netsim.run(SCENARIO, progress=False)

    assert "rep 1/2" in file.getvalue()
    assert not terminal.getvalue()


def test_a_shell_of_ipython_in_no_notebook_counts_by_its_stream(monkeypatch):
    module = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", module)

    assert not looking_on(io.StringIO())
    assert looking_on(Terminal())


def test_progress_changes_no_result(stderr):
    stderr(Terminal())

    assert netsim.run(SCENARIO, progress=True).runs == netsim.run(SCENARIO, progress=False).runs


def test_a_result_shows_its_summary_in_a_notebook():
    result = netsim.run(SCENARIO)

    page = result._repr_html_()

    for row in result.summary_rows:
        for cell in row.cells():
            assert f">{cell.replace('<', '&lt;')}</t" in page
    assert page.count("<tr>") == 1 + len(result.summary_rows)
    # Two replications give no interval; the sign is no tag.
    assert "n&lt;5" in page


def test_an_opened_run_says_what_the_run_said(tmp_path):
    result = netsim.run(SCENARIO, out=tmp_path / "out")

    opened = netsim.open(tmp_path / "out")

    # A column that the family leaves out is read as nothing.
    told = [{k: v for k, v in row.items() if v is not None} for row in opened.runs]
    assert told == [{k: v for k, v in row.items() if v is not None} for row in result.runs]
    assert opened.summary == result.summary
    assert opened.scenario.hash == result.scenario.hash
    assert opened.scenario.model == result.scenario.model
    assert "total time" in opened._repr_html_()


def test_runs_of_several_scenarios_have_no_summary_together(tmp_path):
    netsim.run(SCENARIO, out=tmp_path / "one")
    netsim.run(SCENARIO, seed=5, out=tmp_path / "other")

    opened = netsim.open([tmp_path / "one", tmp_path / "other"])

    assert len(opened.runs) == 4
    with pytest.raises(UsageError, match="several scenarios"):
        _ = opened.summary
    with pytest.raises(UsageError, match="2 runs are open"):
        _ = opened.scenario
