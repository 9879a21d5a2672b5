"""Finding implementations by kind and name."""

from __future__ import annotations

import re

import pytest

from netsim import registry
from netsim.errors import RegistryError


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


@pytest.mark.parametrize("kind", sorted(registry.NEEDED))
def test_every_part_that_a_kind_needs_is_asked_for(monkeypatch, kind):
    monkeypatch.setitem(registry._entries, kind, {})
    needed = registry.NEEDED[kind]
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
    assert {"colour", *registry.HOMES} <= set(registry.kinds())


def test_a_broken_plug_in_is_named_each_time(monkeypatch):
    class Entry:
        name, value = "broken", "no.such.module"

        def load(self):
            raise ImportError("no such module")

    monkeypatch.setattr(registry, "_plugins_loaded", False)
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: [Entry()])

    for _ in range(2):
        with pytest.raises(RegistryError, match="plug-in 'broken'"):
            registry.names("topology")


def test_a_very_long_word_is_compared_quickly():
    assert registry.did_you_mean("x" * 10_000_000, ["leaf_spine"]) is None
