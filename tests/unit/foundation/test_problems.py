"""Problems as an exception."""

from __future__ import annotations

import pickle

from netsim.problems import Problem, ProblemsFound


def test_problems_found_within_a_process_can_be_raised_again():
    found = ProblemsFound(Problem("a"), Problem("b", ("x",), hint="c"))

    for again in (type(found)(*found.args), pickle.loads(pickle.dumps(found))):
        assert again.problems == found.problems
        assert str(again) == "a; b"
