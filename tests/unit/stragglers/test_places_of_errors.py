"""What goes wrong in a run is told with the round in the run's own numbers, and with its cause."""

from __future__ import annotations

import pytest

import netsim
from netsim.errors import SimulationError

DAY = 86_400


@pytest.fixture
def failure(tmp_path):
    """Return a function that runs finish times, (rounds, workers), and returns the error."""

    def run(code, times, jobs=None):
        rows = [f"{r},{w},{t}" for r, row in enumerate(times) for w, t in enumerate(row)]
        (tmp_path / "times.csv").write_text("\n".join(["round,worker,finish", *rows]) + "\n")
        path = tmp_path / "some.yaml"
        path.write_text(
            f"netsim: 1\nworkload: stragglers\nworkers: {len(times[0])}\n"
            f"jobs: {len(times) if jobs is None else jobs}\ncode: {code}\n"
            "delays: {kind: matrix, file: times.csv}\n"
        )
        with pytest.raises(SimulationError) as caught:
            netsim.run(netsim.load(path))
        return str(caught.value)

    return run


def test_a_chosen_code_names_rounds_by_their_number_in_the_run(failure):
    times = [[1, 2], [2, 1], [1, 1], ["inf", 1], [1, 1]]
    auto = "{scheme: auto, probe: 2, t_max: 0, schemes: [uncoded], resamples: 0}"

    # Rounds 0, 1 and 2 last 2, 2 and 1 s; round 3 is given up at its threshold of 2 s.
    assert failure(auto, times).startswith("round 3 (t=7 s): cannot decode without worker 0, ")


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("{scheme: uncoded}", "round 2 (t=6.912e+06 s)"),
        ("{scheme: gc, s: 1}", "round 2 (t=6.912e+06 s)"),
        ("{scheme: multi_message, d: 1}", "round 2 (t=6.912e+06 s)"),
        ("{scheme: k_async, k: 2}", "update 2 (t=6.912e+06 s)"),
        (
            "{scheme: auto, probe: 2, t_max: 0, schemes: [uncoded], resamples: 0}",
            "round 2 (t=6.912e+06 s)",
        ),
    ],
)
def test_a_clock_that_ends_is_no_question_of_the_code(failure, code, place):
    # Three rounds of 40 days are 120, and the clock has 106.
    message = failure(code, [[40 * DAY, 40 * DAY]] * 3)

    assert message.startswith(f"{place}: simulated time overflows: 6.912e+06 s + 3.456e+06 s")
    assert "shorten the delays" in message
    assert "tolerates" not in message
