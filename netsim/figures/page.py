"""A page: panels side by side, one legend beside them, and the file that they are written to.

Two sizes are laid out, for a screen and for the column of a printed page; a picture made for one
and squeezed into the other has letters that nobody reads. What a user's own configuration of
matplotlib says is left aside, so that equal results give equal files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netsim.figures import scale

#: Suffixes of the files that a page can be written to.
FORMATS: Final = (".png", ".pdf", ".svg")


@dataclass(frozen=True, slots=True)
class Size:
    """How large panels and letters are, in inches and points.

    `legend` is where the legend stands, and `aside` the room that it takes there; `ticks` the most
    labels along a logarithmic axis.
    """

    panel: tuple[float, float]
    letters: float
    line: float
    dots: int
    legend: str
    aside: float
    ticks: int


SCREEN: Final = Size((4.6, 3.7), 10.5, 1.6, 120, "outside right upper", 2.2, 6)
PRINT: Final = Size((3.4, 2.6), 8, 1.0, 300, "outside lower center", 0, 5)


@contextmanager
def page(path: Path, panels: int = 1, size: Size = SCREEN) -> Iterator[list[Any]]:
    """Yield the axes of `panels` panels; write them to `path` at the end.

    What is drawn with a label in any panel stands in the one legend, once.

        with page(Path("out/fct.png"), panels=2) as (left, right):
            completion_times(left, runs)
            link_loads(right, runs)
    """
    import matplotlib as mpl

    with mpl.rc_context(_settings(size)):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        width, height = size.panel
        figure = Figure(figsize=(width * panels + size.aside, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = list(figure.subplots(1, panels, squeeze=False)[0])
        yield axes
        for panel in axes:
            scale.settle(panel, size.ticks)
        _legend(figure, axes, size)
        _write(figure, path, size.dots)


def _settings(size: Size) -> dict[str, Any]:
    """Return matplotlib's own settings, changed where a page wants them otherwise."""
    import matplotlib as mpl

    own = {
        "font.size": size.letters,
        "axes.titlesize": size.letters,
        "legend.fontsize": size.letters,
        "legend.frameon": False,
        "lines.linewidth": size.line,
        "lines.markersize": 3 * size.line + 0.5,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.alpha": 0.3,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "netsim",
        "pdf.fonttype": 42,
    }
    plain = {key: value for key, value in mpl.rcParamsDefault.items() if "backend" not in key}
    return {**plain, **own}


def _legend(figure: Any, axes: list[Any], size: Size) -> None:
    """Put the legend beside the panels, each label once."""
    entries: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if entries:
        # Below the panels, in rows of equal length.
        rows = len(entries) if "right" in size.legend else -(-len(entries) // (1 + 2 * len(axes)))
        columns = -(-len(entries) // rows)
        figure.legend(entries.values(), entries.keys(), loc=size.legend, ncols=columns)


def _write(figure: Any, path: Path, dots: int) -> None:
    """Write the figure so that the same figure gives the same bytes."""
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    metadata = dates.get(path.suffix.lower(), {"Software": None})
    figure.savefig(path, dpi=dots, metadata=metadata)
