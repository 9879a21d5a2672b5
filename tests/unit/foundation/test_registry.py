"""Finding implementations by kind and name."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import netsim
from netsim import registry
from netsim.errors import RegistryError
from netsim.metrics.schema import Column, Table


@pytest.fixture
def colours(monkeypatch):
    """Register a kind of its own for one test."""
    monkeypatch.setitem(registry._entries, "colour", {})

    @registry.register("colour", "dark-red")
    class DarkRed:
        pass

    return DarkRed


def test_a_registered_name_is_found_in_both_spellings(colours):
    assert registry.lookup("colour", "dark_red") is colours
    assert registry.lookup("colour", "dark-red") is colours


def test_an_unknown_name_gives_the_nearest(colours):
    with pytest.raises(RegistryError, match="did you mean 'dark_red'"):
        registry.lookup("colour", "dark_rad")


def test_an_unknown_name_far_from_all_gives_all(colours):
    with pytest.raises(RegistryError, match="known: dark_red"):
        registry.lookup("colour", "x")


def test_find_returns_none_for_an_unknown_name(colours):
    assert registry.find("colour", "blue") is None


def test_a_name_cannot_be_taken_twice(colours):
    def take():
        @registry.register("colour", "dark_red")
        class Other:
            pass

    with pytest.raises(RegistryError, match="registered twice"):
        take()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["Config"], "routing 'by_index' has no 'choose': add it to "),
        (["Config", "chose"], "routing 'by_index' has no 'choose': is 'chose' meant"),
        (["choose"], "routing 'by_index' has no 'Config'"),
    ],
)
def test_what_lacks_a_part_that_its_kind_needs_is_refused(monkeypatch, parts, said):
    monkeypatch.setitem(registry._entries, "routing", {})

    with pytest.raises(RegistryError, match=re.escape(said)) as refused:
        registry.register("routing", "by-index")(type("ByIndex", (), dict.fromkeys(parts)))

    assert "(routing needs Config, choose)" in str(refused.value)
    assert registry._entries["routing"] == {}


@pytest.mark.parametrize("kind", [k for k in registry.kinds() if registry.described(k).needed])
def test_every_part_that_a_kind_needs_is_asked_for(monkeypatch, kind):
    monkeypatch.setitem(registry._entries, kind, {})
    needed = registry.described(kind).needed
    whole = dict.fromkeys(needed)

    for part in needed:
        lacking = {name: None for name in whole if name != part}
        with pytest.raises(RegistryError, match=f"has no '{part}'"):
            registry.register(kind, "some")(type("Some", (), lacking))

    registry.register(kind, "some")(type("Some", (), whole))
    assert set(registry._entries[kind]) == {"some"}


def test_registering_the_same_class_again_is_harmless(colours):
    assert registry.register("colour", "dark_red")(colours) is colours


def test_names_are_sorted_and_kinds_know_the_homes(colours):
    registry.register("colour", "blue")(object())

    assert registry.names("colour") == ["blue", "dark_red"]
    assert {"colour", *(kind.name for kind in registry.COMMON)} <= set(registry.kinds())


@pytest.fixture
def plug_in(tmp_path, monkeypatch):
    """Return a function that installs the text of a module as the only plug-in."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_broken", [])

    def install(text):
        (tmp_path / "painter.py").write_text(text)
        entry = registry.importlib.metadata.EntryPoint("painter", "painter", registry.PLUGIN_GROUP)
        monkeypatch.setattr(registry, "_plugins_loaded", False)
        monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: [entry])
        sys.modules.pop("painter", None)
        return tmp_path / "painter.py"

    yield install
    sys.modules.pop("painter", None)
    for known in registry._entries.values():
        known.pop("painted", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef paint(:\n", ":2:11: invalid syntax"),
        ("x = 1\nimport no_such_module\n", ":2: ModuleNotFoundError: No module named"),
        ("1 / 0\n", ":1: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit('usage: painter')\n", ":2: it ends the program"),
    ],
)
def test_a_broken_plug_in_is_one_warning_and_is_named_where_a_name_is_unknown(
    plug_in, caplog, text, said
):
    path = plug_in(text)

    for _ in range(2):
        assert "leaf_spine" in registry.names("topology")
        with pytest.raises(RegistryError, match="no topology named 'painted'") as unknown:
            registry.lookup("topology", "painted")
        assert f"plug-in 'painter' (painter) cannot be loaded: {path}{said}" in str(unknown.value)

    assert len([r for r in caplog.records if "plug-in 'painter'" in r.getMessage()]) == 1


def test_what_a_broken_plug_in_registered_before_it_failed_is_taken_back(plug_in, colours):
    register = "from netsim.registry import register\nregister('colour', 'painted')(print)\n"
    plug_in(f"{register}1 / 0\n")
    assert registry.names("colour") == ["dark_red"]

    plug_in(register)
    assert registry.names("colour") == ["dark_red", "painted"]


def test_a_very_long_word_is_compared_quickly():
    assert registry.did_you_mean("x" * 10_000_000, ["leaf_spine"]) is None


def test_two_tables_of_one_name_by_two_modules_are_refused(monkeypatch):
    monkeypatch.setitem(registry._entries, "table", {})
    monkeypatch.setattr(registry, "_owners", {})
    first = Table("learned", 1, "one row per step", (Column("step", "int64", "1", "step"),), ())
    second = replace(first, row="one row per epoch")
    _register_as("one.tables", first)

    with pytest.raises(RegistryError, match=r"by one\.tables and by two\.tables; rename"):
        _register_as("two.tables", second)
    with pytest.raises(RegistryError, match=r"by one\.tables and by two\.tables; rename"):
        _register_as("two.tables", first)
    with pytest.raises(RegistryError, match="registered twice"):
        _register_as("one.tables", second)
    _register_as("one.tables", first)


def _register_as(module, table):
    """Register `table` as the module of that name would."""
    code = "register('table', table.name)(table)"
    exec(code, {"__name__": module, "register": registry.register, "table": table})


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that writes a package of that name and makes it a plug-in."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_plugins_loaded", False)
    monkeypatch.setattr(registry, "_plugin_packages", [])
    monkeypatch.setattr(registry, "_loaded", {*registry._loaded})
    monkeypatch.setattr(
        registry, "_entries", {kind: {**e} for kind, e in registry._entries.items()}
    )
    monkeypatch.setattr(registry, "_owners", {**registry._owners})
    entries = []
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: entries)
    named = []

    def write(name, files):
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
        entries.append(importlib.metadata.EntryPoint(name, name, registry.PLUGIN_GROUP))
        named.append(name)

    registry._described.cache_clear()
    yield write
    registry._described.cache_clear()
    for module in [known for known in sys.modules if known.split(".")[0] in named]:
        del sys.modules[module]


SHADES = """
from netsim.registry import Kind
KINDS = (Kind("shade", ("shades",), ("Config",), "shade of grey", "shade: NAME"),)
"""
DARK = """
from netsim.registry import register
@register("shade", "dark")
class Dark:
    Config = None
"""


def test_a_package_says_itself_where_its_models_live_and_what_they_need(package):
    package("greys", {"__init__.py": SHADES, "shades.py": DARK})

    assert "shade" in registry.kinds()
    assert registry.names("shade") == ["dark"]
    assert registry.described("shade").words == "shade of grey"
    assert registry.described("shade").written == "shade: NAME"
    with pytest.raises(RegistryError, match="shade 'light' has no 'Config'"):
        registry.register("shade", "light")(type("Light", (), {}))


def test_a_second_package_may_add_models_to_a_kind_of_the_first(package):
    package("greys", {"__init__.py": SHADES, "shades.py": DARK})
    more = SHADES.replace(', ("Config",), "shade of grey", "shade: NAME"', "")
    pale = DARK.replace("dark", "pale")
    package("paler", {"__init__.py": more, "shades.py": pale})

    assert registry.names("shade") == ["dark", "pale"]
    assert registry.described("shade").needed == ("Config",)


def test_two_packages_that_differ_about_a_kind_are_named(package):
    package("greys", {"__init__.py": SHADES, "shades.py": DARK})
    package("paler", {"__init__.py": SHADES.replace("of grey", "of red"), "shades.py": ""})

    with pytest.raises(RegistryError, match="greys and paler differ about what 'words'"):
        registry.names("shade")


def test_a_home_is_walked_one_level_deep(package, tmp_path):
    package("greys", {"__init__.py": SHADES})
    inner = tmp_path / "greys" / "shades" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / "__init__.py").write_text("")
    (inner.parent / "dark.py").write_text(DARK)
    (inner / "__init__.py").write_text(DARK.replace("dark", "middle").replace("Dark", "Middle"))
    (inner / "deep.py").write_text("raise RuntimeError('nobody asked for this module')")

    assert registry.names("shade") == ["dark", "middle"]


def test_a_table_is_found_without_loading_another_family():
    program = (
        "import sys\n"
        "from netsim import registry\n"
        "registry.lookup('workload', 'fabric')\n"
        "registry.lookup('table', 'flows')\n"
        "print([m for m in sys.modules if m.startswith('netsim.stragglers.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


CORE = ("registry.py", "simulate.py", "fields", "scenario", "cli")


@pytest.mark.parametrize("core", CORE)
def test_no_core_module_names_a_module_of_a_family(core):
    root = Path(netsim.__file__).parent
    families = [path.parent.name for path in root.glob("*/family.py")]
    assert {"fabric", "stragglers"} <= set(families)
    pattern = re.compile(rf"netsim\.({'|'.join(families)})\b")

    files = [root / core] if core.endswith(".py") else sorted((root / core).rglob("*.py"))

    assert not [
        f"{file.name}: {m[0]}" for file in files for m in pattern.finditer(file.read_text())
    ]
