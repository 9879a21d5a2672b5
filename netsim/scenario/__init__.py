"""Text to a frozen, validated scenario, with every mistake reported at its place.

::

    file, includes, overrides -> tree with positions -> family's model -> Scenario

>>> from netsim.scenario import load
>>> scenario = load("scenarios/quickstart.yaml", {"seed": 7})       # doctest: +SKIP
"""

from __future__ import annotations

from netsim.scenario.diagnostics import CODES, Diagnostic, render
from netsim.scenario.loading import check, load, parse
from netsim.scenario.scenario import Scenario
from netsim.scenario.schema import json_schema

__all__ = ["CODES", "Diagnostic", "Scenario", "check", "json_schema", "load", "parse", "render"]
