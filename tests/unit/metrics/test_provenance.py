"""The provenance record fits its JSON Schema and holds nothing that differs between equal runs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import jsonschema
import pytest

from netsim.metrics.provenance import LIBRARIES, provenance, provenance_schema
from netsim.version import RESULTS_VERSION, __version__

HASH = "0123456789abcdef" * 4


def record():
    return provenance({"netsim": 1, "workload": "fabric", "seed": 3}, 3, HASH)


def test_the_record_fits_its_schema():
    jsonschema.Draft202012Validator.check_schema(provenance_schema())

    assert jsonschema.Draft202012Validator(provenance_schema()).is_valid(record())


@pytest.mark.parametrize(
    ("key", "value"),
    [("hash", "abc"), ("seed", -1), ("results_version", 0), ("schema_version", 2), ("host", "me")],
)
def test_a_record_of_another_form_does_not_fit(key, value):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**record(), key: value}, provenance_schema())


def test_the_record_names_scenario_seed_and_versions():
    made = record()

    assert made["netsim"] == __version__
    assert made["results_version"] == RESULTS_VERSION
    assert made["versions"]["python"] == platform.python_version()
    assert set(made["versions"]) == {"python", *LIBRARIES}
    assert made["scenario"]["workload"] == "fabric"


def test_the_record_is_json_and_equal_in_every_process():
    program = (
        "import json, sys\n"
        "from netsim.metrics.provenance import provenance\n"
        f"made = provenance({{'netsim': 1, 'workload': 'fabric', 'seed': 3}}, 3, {HASH!r})\n"
        "assert 'numba' not in sys.modules and 'pyarrow' not in sys.modules\n"
        "print(json.dumps(made))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "99"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(answer.stdout) == record()
