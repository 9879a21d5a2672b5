from __future__ import annotations

import json

import pytest
import toy_family
from click.testing import CliRunner

from netsim import registry
from netsim.cli.main import main


@pytest.fixture(autouse=True)
def _toy():
    toy_family.install()
    yield
    toy_family.uninstall()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "count.yaml").write_text("netsim: 1\nworkload: toy\nticks: 3\nreplications: 2\n")
    return tmp_path


def netsim(*words):
    return CliRunner().invoke(main, words)


def test_an_implementation_shows_its_fields_units_ranges_defaults_and_source():
    text = netsim("describe", "leaf_spine").stdout

    assert text.startswith("topology leaf_spine: Two tiers")
    assert "source: M. Al-Fares" in text
    assert "written: topology: {kind: leaf_spine, ...}" in text
    assert "leaves            " in text
    assert "integer, >= 1, <= 65536" in text
    assert "rate (held in bit/s), > 0" in text
    assert "default 100 Gbps" in text


def test_the_same_comes_as_json():
    known = json.loads(netsim("describe", "routing:ecmp", "--json").stdout)

    assert (known["kind"], known["name"]) == ("routing", "ecmp")
    assert known["summary"]
    assert known["source"]


def test_a_workload_shows_its_fields_and_tables():
    text = netsim("describe", "toy").stdout

    assert "workload toy: counts to a number" in text
    assert "ticks" in text
    assert "tables: runs, ticks, perf; on request: none" in text


def test_the_table_of_runs_shows_the_columns_that_each_family_adds():
    known = json.loads(netsim("describe", "table:runs", "--json").stdout)
    text = netsim("describe", "runs").stdout
    listed = netsim("list", "metrics").stdout

    for name in ("fabric", "stragglers", "toy"):
        family = registry.lookup("workload", name)
        own = [column.name for column in family.run_columns]
        assert [column["name"] for column in known["family_columns"][name]] == own
        for shown, heads in ((text, 1), (listed, 0)):
            below = shown.split(f"further columns in {name}:\n")[1].splitlines()
            assert [line.split()[0] for line in below[heads : heads + len(own)]] == own


def test_only_the_table_of_runs_has_columns_of_families():
    assert json.loads(netsim("describe", "table:flows", "--json").stdout)["family_columns"] == {}


def test_a_table_shows_its_columns_with_units():
    text = netsim("describe", "table:flows").stdout

    assert "one row per" in text
    assert any(line.split()[:3] == ["start", "int64", "ps"] for line in text.splitlines())


def test_a_name_of_several_things_is_answered_with_the_choices():
    result = netsim("describe", "file")

    assert result.exit_code == 2
    assert "topology:file" in result.stderr
    assert "traffic:file" in result.stderr


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("leafspine", "did you mean 'leaf_spine'?"),
        ("routng:ecmp", "did you mean 'routing'?"),
        ("qqqq", "netsim list"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(word, hint):
    result = netsim("describe", word)

    assert result.exit_code == 2
    assert hint in result.stderr


@pytest.mark.parametrize(
    ("setting", "message", "hint"),
    [
        ("s=x", "'s' is not a field of coding scheme 'm_sgc'", "known: B, W, lambda, workers"),
        ("code.lambda=27", "'code' is not a field of coding scheme 'm_sgc'", "known: B, W, lambda"),
        ("lamda=27", "'lamda' is not a field of coding scheme", "did you mean 'lambda'?"),
        ("worker=8", "'worker' is not a field of coding scheme", "did you mean 'workers'?"),
        ("lambda=x", "'lambda' must be a whole number, not 'x'", "--set lambda"),
        ("lambda=-1", "'lambda' must be at least 0, not -1", "out-of-range"),
        ("lambda", "'lambda' sets no value", "--set lambda"),
    ],
)
def test_a_wrong_setting_is_answered_as_in_a_scenario(setting, message, hint):
    result = netsim("describe", "m_sgc", "--set", "workers=256", "--set", setting)

    assert result.exit_code == 3
    assert message in result.stderr
    assert hint in result.stderr


def test_a_required_field_that_no_setting_gives_is_named():
    result = netsim("describe", "k_sync", "--set", "workers=8")

    assert result.exit_code == 3
    assert "coding scheme 'k_sync' needs 'k'" in result.stderr


def test_settings_are_explained():
    text = netsim("describe", "m_sgc", "--set", "workers=256", "--set", "lambda=27").stdout

    # (lambda+1)(W-1+B) / (n (B+(W-1)(lambda+1))) with B=1, W=2.
    assert "load per worker and round: 7/928 = 0.007543" in text


def test_everything_registered_can_be_described():
    for kind in registry.kinds():
        for name in registry.names(kind):
            result = netsim("describe", f"{kind}:{name}", "--json")
            assert result.exit_code == 0, (kind, name, result.stderr)
            assert json.loads(result.stdout)["name"] == name
            assert netsim("describe", f"{kind}:{name}").exit_code == 0


def test_a_run_says_how_it_was_made_and_how_to_repeat_it(folder):
    netsim("run", "count.yaml", "-o", "out", "--seed", "11")

    known = json.loads(netsim("describe", "out", "--json").stdout)
    text = netsim("describe", "out").stdout

    assert known["status"] == "success"
    assert known["seed"] == 11
    assert known["tables"] == {"perf": 2, "runs": 2, "ticks": 6}
    assert known["versions"].keys() >= {"python", "numpy", "pyarrow"}
    assert known["resolved"]["ticks"] == 3
    assert known["explanation"] == ["counts to 3"]
    assert "success, 2 of 2 runs done" in text
    assert "  ticks: 3\n" in text


def test_the_scenario_printed_for_a_run_repeats_it(folder):
    netsim("run", "count.yaml", "-o", "out", "--seed", "11")
    text = netsim("describe", "out").stdout.split("scenario as run:\n")[1]
    (folder / "again.yaml").write_text("\n".join(line[2:] for line in text.splitlines()))

    result = netsim("run", "again.yaml", "-o", "again")

    assert result.exit_code == 0, result.stderr
    for name in ("runs", "ticks"):
        first, second = (folder / out / "tables" / f"{name}.parquet" for out in ("out", "again"))
        assert first.read_bytes() == second.read_bytes()


def test_a_failed_run_shows_its_error(folder):
    netsim("run", "count.yaml", "-o", "out", "--set", "fail_in=1")

    text = netsim("describe", "out").stdout

    assert "failed, 1 of 2 runs done" in text
    assert "error   replication 1: the count broke at t=1000000 ps" in text


def test_a_folder_without_a_run_is_wrong_usage(folder):
    result = netsim("describe", ".")

    assert result.exit_code == 2
    assert "is not a run directory" in result.stderr


def test_a_scenario_shows_what_it_holds_with_all_defaults(folder):
    text = netsim("describe", "count.yaml", "--set", "ticks=4").stdout

    assert text.startswith("count  toy, 4 ticks\n")
    assert "counts to 4" in text
    assert "every: 1000000 ps" in text


@pytest.mark.parametrize("replications", ["1", "2"])
def test_a_truncated_table_is_named_and_no_bug(folder, replications):
    # The table of a single replication is the point's own file under a second name.
    netsim("run", "count.yaml", "-o", "out", "--replications", replications)
    file = folder / "out" / "tables" / "runs.parquet"
    file.write_bytes(file.read_bytes()[:40])

    refused = netsim("describe", "out")

    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: out/tables/runs.parquet cannot be read: ")
    assert "bug" not in refused.stderr


def test_the_command_of_a_run_can_be_copied(folder):
    netsim("run", "count.yaml", "-o", "out")
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    manifest["machine"]["command"] = ["netsim", "run", "count.yaml", "-o", "my run"]
    (folder / "out" / "manifest.json").write_text(json.dumps(manifest))

    assert "netsim run count.yaml -o 'my run'\n" in netsim("describe", "out").stdout
