"""A reviewer with nothing but the wheel: install, verify, reproduce, provenance, cite.

The wheel is built from this folder and installed into an environment of its own, which sees the
libraries of this one and not its netsim; no network is needed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from netsim.version import DISTRIBUTION, __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory):
    """Return a function that runs the installed command, with its folder."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home / "env", with_pip=False)
    (site,) = (home / "env" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    libraries += [str(Path(pq.__file__).parents[2])]
    (site / "libraries.pth").write_text("\n".join(dict.fromkeys(libraries)) + "\n")

    def run(*words, code=0):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        done = subprocess.run(
            [home / "env" / "bin" / "python", "-m", "netsim", *words],
            cwd=home, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    run.home = home
    run.site = site
    return run


def test_the_wheel_has_the_name_that_is_free_and_the_command_keeps_its_own(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entries,) = [name for name in names if name.endswith("entry_points.txt")]
        (about,) = [name for name in names if name.endswith("METADATA")]

        assert "netsim = netsim" in archive.read(entries).decode()
        assert f"Name: {DISTRIBUTION}\nVersion: {__version__}\n" in archive.read(about).decode()
    assert {"netsim/_data/CITATION.cff", "netsim/_data/scenarios/quickstart.yaml"} <= set(names)
    assert any(name.startswith("netsim/_data/analysis/") for name in names)


@pytest.mark.slow
def test_the_installed_package_is_the_one_that_runs(command):
    shown = command("-v", "list", "scenarios", "--json")

    assert "quickstart" in {one["name"] for one in json.loads(shown)}
    where = subprocess.run(
        [command.home / "env/bin/python", "-c", "import netsim; print(netsim.__file__)"],
        cwd=command.home, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(command.site))


@pytest.mark.slow
def test_a_reviewer_verifies_reproduces_and_finds_out_how_it_was_made(command):
    assert "pass" in command("verify", "-k", "straggler_loads")
    command("reproduce", "quickstart")

    command("run", "quickstart", "-o", "theirs", "--replications", "2")
    described = command("describe", "theirs")
    schema = pq.read_schema(command.home / "theirs/tables/flows.parquet")
    recorded = json.loads(schema.metadata[b"netsim.provenance"])

    assert "seed       1" in described
    assert recorded["netsim"] == __version__
    assert recorded["seed"] == 1
    assert {"python", "numpy", "pyarrow"} <= set(recorded["versions"])
    command("run", "theirs", "-o", "ours")
    for table in ("flows", "runs", "link_totals", "hosts"):
        first, second = (
            (command.home / folder / "tables" / f"{table}.parquet").read_bytes()
            for folder in ("theirs", "ours")
        )
        assert first == second, table


@pytest.mark.slow
def test_scripts_and_citation_come_with_it(command):
    command("init", "--from", "analysis", "scripts")

    assert (command.home / "scripts" / "compare_fabrics.py").is_file()
    cited = command("cite", "quickstart")
    assert __version__ in cited
    assert "arXiv 2407.00550" in cited
