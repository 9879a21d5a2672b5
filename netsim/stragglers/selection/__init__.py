"""Choice of a code and its parameters from a probe of the workers' times.

`parameter_sets` lists what is possible, `search` plays all of it on a measured profile and ranks
it, `fit_load_slope` measures how times grow with the work, and `regret` says what the choice cost
against the best in hindsight.
"""

from __future__ import annotations

from netsim.stragglers.selection.candidates import Candidate, parameter_sets
from netsim.stragglers.selection.probe import bootstrap, fit_load_slope, measured_slope
from netsim.stragglers.selection.search import Ranking, regret, search

__all__ = [
    "Candidate",
    "Ranking",
    "bootstrap",
    "fit_load_slope",
    "measured_slope",
    "parameter_sets",
    "regret",
    "search",
]
