"""Compiled functions for families with loops of their own, by the machinery of the kernels.

A loop over arrays that a family names in a `NamedTuple` of `Ints` (or `Reals`, `Numbers`) becomes
machine code that is kept between runs; see `netsim.fabric.kernel.builder`. It may draw as kernels
do: ``fraction(draw(prepared(key), entity, counter))`` is 53 bits of `netsim.rng.draw`.
"""

from __future__ import annotations

from netsim.fabric.kernel.builder import build_alone
from netsim.fabric.kernel.hashing import draw, fraction, prepared
from netsim.fabric.kernel.state import Ints, Numbers, Reals

__all__ = ["Ints", "Numbers", "Reals", "build_alone", "draw", "fraction", "prepared"]
