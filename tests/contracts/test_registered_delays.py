"""Every law works within every delay process, and a process that modifies another keeps its sense.

The laws and the processes are those of the registry: a new one needs a block in
`delay_blocks`, and one that modifies others a line in `NOTHING` that makes it do nothing.
"""

from __future__ import annotations

import numpy as np
import pytest
from delay_blocks import LAWS, PROCESSES, ROUNDS, WORKERS, write_files

from netsim import registry
from netsim.delays.laws.law import LAW
from netsim.delays.process import problems, read, reference_load, sample, taken_as_is
from netsim.fields import OneOf
from netsim.rng import Streams

#: Parameters at which a process that modifies another one leaves it alone.
NOTHING = {
    "bernoulli_slowdown": {"probability": 0.0},
    "fixed_slow": {"workers": (), "fraction": 0.0},
    "outlier": {"probability": 0.0},
    "rack_shock": {"probability": 0.0},
    "round_shock": {"probability": 0.0},
}


def fields_annotated(name, note):
    """Return the fields of the process `name` that carry the annotation `note`."""
    fields = registry.lookup("delay", name).Config.model_fields
    return [field for field, info in fields.items() if note in info.metadata]


PLACES_OF_LAWS = [
    (name, f) for name in registry.names("delay") for f in fields_annotated(name, LAW)
]


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """The files that blocks name."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)


def test_every_law_and_every_process_has_a_block():
    assert set(LAWS) == set(registry.names("law"))
    assert set(PROCESSES) == set(registry.names("delay"))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("name", "place"), PLACES_OF_LAWS)
def test_a_law_draws_in_a_process_and_more_rounds_or_workers_shift_nothing(name, place, law):
    config = read({**PROCESSES[name], place: LAWS[law]})

    small = sample(config, Streams(5, 2), ROUNDS, WORKERS)
    large = sample(config, Streams(5, 2), 4 * ROUNDS, 2 * WORKERS)

    assert problems(config, ROUNDS, WORKERS) == []
    assert np.isfinite(small).all()
    assert (small >= 0).all()
    np.testing.assert_array_equal(small, large[:ROUNDS, :WORKERS])


@pytest.mark.parametrize(("name", "place"), PLACES_OF_LAWS)
def test_the_file_of_a_law_is_looked_at_before_the_run(tmp_path, name, place):
    (tmp_path / "times.csv").write_text("seconds\n1\nsoon\n")
    config = read({**PROCESSES[name], place: {"mix": ({"weight": 1, "law": LAWS["empirical"]},)}})

    (found,) = problems(config, ROUNDS, WORKERS)

    assert found.at == ("delays", place, "mix", 0, "law", "file")
    assert (found.file, found.line) == (tmp_path / "times.csv", 3)


def test_a_process_that_modifies_another_one_calls_it_its_base():
    for name in registry.names("delay"):
        held = fields_annotated(name, OneOf("delay"))
        assert held == (["base"] if name in NOTHING else []), name


@pytest.mark.parametrize("base", PROCESSES)
@pytest.mark.parametrize("name", NOTHING)
def test_a_process_that_modifies_nothing_is_its_base(name, base):
    inner = read(PROCESSES[base])
    config = read({"kind": name, "base": PROCESSES[base], **NOTHING[name]})

    times = sample(config, Streams(3), ROUNDS, WORKERS)

    # It draws its base apart from itself, under the base's name.
    alone = sample(inner, Streams(3), ROUNDS, WORKERS, purpose="compute.base")
    np.testing.assert_array_equal(times, alone)
    assert reference_load(config) == reference_load(inner)
    assert taken_as_is(config) == taken_as_is(inner)


@pytest.mark.parametrize("name", NOTHING)
def test_what_the_times_of_a_file_mean_passes_through_any_modification(name):
    trace = read({**PROCESSES[name], "base": {"kind": "outlier", "base": PROCESSES["trace"]}})
    matrix = read({**PROCESSES[name], "base": {"kind": "outlier", "base": PROCESSES["matrix"]}})

    assert (reference_load(trace), taken_as_is(trace)) == (0.5, False)
    assert (reference_load(matrix), taken_as_is(matrix)) == (0.0, True)


@pytest.mark.parametrize("name", NOTHING)
def test_a_base_that_is_too_short_is_a_problem_of_its_place(name):
    config = read({**PROCESSES[name], "base": PROCESSES["matrix"]})

    (found,) = problems(config, ROUNDS + 1, WORKERS)

    assert found.at == ("delays", "base", "file")
    assert found.message == f"no finish time for round {ROUNDS}, worker 0"
