"""The page of hooks, the Protocols, and the defaults of the kernel say the same."""

from __future__ import annotations

import inspect

import pytest
from hook_page import PAGE, page

from netsim.fabric.kernel import plugs
from netsim.fabric.kernel.protocols import HOOKS, PROTOCOLS

HOOK = [(kind, name) for kind, names in HOOKS.items() for name in names]


def test_the_page_of_hooks_is_made_of_the_protocols():
    assert PAGE.read_text() == page(), "run: python tests/hook_page.py"


@pytest.mark.parametrize(("kind", "name"), HOOK)
def test_a_hook_has_a_default_with_the_same_parameters_and_a_docstring(kind, name):
    hook, default = getattr(PROTOCOLS[kind], name), getattr(plugs, name)

    assert inspect.signature(hook) == inspect.signature(default)
    assert len((inspect.getdoc(hook) or "").split()) > 4


def test_no_two_kinds_have_a_hook_of_one_name():
    # Kernel functions call hooks by their bare names.
    names = [name for _, name in HOOK]

    assert len(names) == len(set(names))
