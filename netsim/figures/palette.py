"""One colour, marker and dash per name: the same policy looks the same in every figure.

The colours are those of M. Okabe and K. Ito (Color Universal Design, 2008), which any colour vision
tells apart, without their yellow, which white paper swallows. Marker and dash tell curves apart
where there is no colour at all. Known names have a place of their own; others get one from a hash
of the name, so that it is the same in every figure and every session. A look that is taken within a
figure moves on to its next marker and dash, the colour staying.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
DASHES: Final = ("-", "--", "-.", ":")
#: Bounds, theory, what would be without the effect shown.
REFERENCE: Final = "#8C8C8C"

_LOOKS: Final = len(COLOURS) * len(DASHES)
#: Names that are drawn together, by family; the order gives the place.
_KNOWN: Final = (
    "ecmp rps equitable rr ops stripe single reps",
    "uncoded gc sr_sgc m_sgc approximate_gc k_async speculative backup_workers gc_rep sr_sgc_rep "
    "m_sgc_rep stochastic_gc k_batch_sync k_sync adaptive_gc heterogeneous_gc "
    "communication_efficient_gc multi_message dynamic_clustering async_sgd auto",
)
_PLACES: Final = {name: place for names in _KNOWN for place, name in enumerate(names.split())}


@dataclass(frozen=True, slots=True)
class Look:
    """How the curve of a name is drawn."""

    colour: str
    marker: str
    dash: str

    def line(self) -> dict[str, Any]:
        """Return the look as arguments of matplotlib's `plot`."""
        return {"color": self.colour, "marker": self.marker, "linestyle": self.dash}


def look(name: str) -> Look:
    """Return the look of `name`, whatever it is drawn with."""
    return _look(_place(name))


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Return a look for each of `names`, no two alike among the first 28 of a figure.

    Names of netsim keep their own looks; others take what is left.
    """
    taken: dict[int, str] = {}
    for name in sorted(set(names), key=lambda name: (_word(name) not in _PLACES, name)):
        place = _place(name)
        for step in range(_LOOKS):
            # Other dashes of the same colour first, then the next colours.
            trial = (place + step * len(COLOURS) + step // len(DASHES)) % _LOOKS
            if trial not in taken:
                place = trial
                break
        taken[place] = name
    return {name: _look(place) for place, name in taken.items()}


def _place(name: str) -> int:
    """Return the place of a name; ``M-SGC(1,2,27)`` and ``m_sgc`` share one."""
    return _PLACES.get(_word(name), zlib.crc32(name.encode()) % _LOOKS)


def _word(name: str) -> str:
    """Return what a name begins with, as policies are registered."""
    return re.split(r"[^a-z0-9_]", name.lower().replace("-", "_"), maxsplit=1)[0]


def _look(place: int) -> Look:
    turn = place // len(COLOURS)
    return Look(
        COLOURS[place % len(COLOURS)],
        MARKERS[(place + turn) % len(MARKERS)],
        DASHES[turn % len(DASHES)],
    )


def ink_on(colour: Iterable[float]) -> str:
    """Return the colour of writing that has the more contrast on `colour`, an sRGB triple.

    Contrast is the ratio of relative luminances plus 0.05 (WCAG 2.1).
    """
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in list(colour)[:3]
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05
    return "white" if 1.05 / luminance > luminance / 0.05 else "black"
