"""What is drawn of a race."""

from __future__ import annotations

from netsim.figures.figure import figure
from netsim.figures.palette import looks
from netsim.figures.scale import column_scale, numbers


@figure("relay", "handovers")
def baton_over_time(axes, runs):
    """Show which runner hands the baton on, and when."""
    tables = {label: run.table("handovers") for label, run in runs.items()}
    scale = column_scale(list(tables.values()), "t")
    for label, look in looks(tables).items():
        runner = numbers(tables[label], "runner")
        axes.plot(scale(numbers(tables[label], "t")), runner, label=label, **look.line())
    axes.set(xlabel=scale.label, ylabel="runner")
    return {"t": numbers(tables[label], "t"), "runner": runner}
