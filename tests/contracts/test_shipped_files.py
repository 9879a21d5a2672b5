"""Topologies and scenarios travel with the package, to where the package looks for them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from netsim.resources import SHIPPED

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in SHIPPED
    for path in (ROOT / folder).rglob("*")
    if path.is_file()
)


def wheel_settings():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["hatch"]["build"]["targets"]["wheel"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the module `resources` of a package laid out as the wheel's settings say."""
    site = tmp_path_factory.mktemp("site")
    (site / "netsim").mkdir()
    module = shutil.copy(ROOT / "netsim" / "resources.py", site / "netsim")
    for source, target in wheel_settings()["force-include"].items():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, site / target)
        else:
            shutil.copy(ROOT / source, site / target)
    spec = importlib.util.spec_from_file_location("installed_resources", module)
    resources = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(resources)
    return resources


def test_the_wheel_is_made_of_the_package():
    assert wheel_settings()["packages"] == ["netsim"]


def test_there_are_files_to_ship_in_every_folder():
    assert {name.split("/")[0] for name in FILES} == set(SHIPPED)


@pytest.mark.parametrize("name", FILES)
def test_an_installed_package_finds_every_file_that_comes_with_it(installed, name):
    found = installed.shipped(name)

    assert found is not None
    assert found.read_bytes() == (ROOT / name).read_bytes()
    assert ROOT not in found.parents


def test_an_installed_package_finds_a_scenario_by_its_name(installed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    found = installed.scenario_file(Path("quickstart"))

    assert found == installed.root() / "scenarios" / "quickstart.yaml"


@pytest.mark.slow
def test_a_built_wheel_holds_the_package_and_every_file_that_comes_with_it(tmp_path):
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=600)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    package = (ROOT / "netsim").rglob("*")
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in package
        if path.is_file() and path.suffix in {".py", ".yaml", ".json", ".typed"}
    }
    assert {f"netsim/_data/{name}" for name in FILES} <= names
    assert sources <= names
