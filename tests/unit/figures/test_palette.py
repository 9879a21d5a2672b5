"""The look of a name: the same everywhere, and told apart with any eyes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from netsim import registry
from netsim.figures.palette import _PLACES as KNOWN
from netsim.figures.palette import COLOURS, REFERENCE, ink_on, look, looks

#: Machado, Oliveira and Fernandes 2009: how linear sRGB looks without one kind of cone.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def linear(colour):
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Return CIE L*a*b* of linear sRGB, white of 6500 K."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = np.cbrt(np.maximum(to_xyz @ np.clip(rgb, 0, 1) / (0.9505, 1, 1.089), 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", ["all", *BLIND])
def test_colours_differ_for_all_eyes(eyes):
    seen = np.array(BLIND.get(eyes, np.eye(3)))

    for one, other in itertools.combinations(COLOURS, 2):
        # A difference of 2.3 is just noticed; these are some times more.
        assert np.linalg.norm(lab(seen @ linear(one)) - lab(seen @ linear(other))) > 9


@pytest.mark.parametrize("colour", [*COLOURS, REFERENCE])
def test_every_colour_stands_out_on_white_paper(colour):
    luminance = linear(colour) @ (0.2126, 0.7152, 0.0722)

    assert 1.05 / (luminance + 0.05) > 2


@pytest.mark.parametrize("kind", ["routing", "code", "transport"])
def test_all_policies_of_a_kind_look_different(kind):
    names = registry.names(kind)

    assert len(set(looks(names).values())) == len(names)


@pytest.mark.parametrize("kind", ["routing", "code"])
def test_a_policy_of_netsim_looks_the_same_whatever_it_is_drawn_with(kind):
    # A policy from elsewhere may be about, and takes no look away.
    names = [*registry.names(kind), "by_index", "of_mine"]

    for name in names:
        if name not in KNOWN:
            continue
        assert looks(names)[name] == looks([name])[name] == look(name)


def test_a_name_in_print_has_the_look_of_its_scheme():
    assert look("M-SGC(1,2,27)") == look("m_sgc")


def test_two_of_one_scheme_share_its_colour_and_not_its_look():
    one, other = looks(["GC(13)", "GC(18)"]).values()

    assert one.colour == other.colour == look("gc").colour
    assert one != other


def test_unknown_names_have_a_look_that_depends_on_nothing_else():
    assert look("my own policy") == look("my own policy")
    assert looks(["my own policy", "ecmp"])["ecmp"] == look("ecmp")


def test_twenty_eight_names_look_different():
    assert len(set(looks([f"policy {number}" for number in range(28)]).values())) == 28


def test_writing_on_a_colour_is_readable():
    assert ink_on((0.4, 0.0, 0.12, 1.0)) == "white"
    assert ink_on((0.02, 0.19, 0.38, 1.0)) == "white"
    assert ink_on((0.97, 0.97, 0.97, 1.0)) == "black"
