"""What runs take of memory is what was foreseen, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# The memory of a process only grows as its kernel tells it, so each run needs one of its own.
RUN = """
import json, resource, sys
import netsim
from netsim.estimate import estimate
scenario = netsim.load(json.loads(sys.argv[1]))
netsim.run(scenario)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([estimate(scenario).peak, peak]))
"""
BASE = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 300,
    "topology": {"kind": "barabasi_albert", "m": 2},
    "model": {"kind": "mlp", "hidden": [512]},
    "rounds": 2,
}
LOSS = {"kind": "link_loss", "at": {"round": 0}, "p": 0.3}


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"algorithm": "gradient_tracking"},
        {"algorithm": {"kind": "decavg", "missing": "stale"}, "disruption": [LOSS]},
    ],
    ids=["average", "tracking", "stale"],
)
def test_memory_is_foreseen_to_a_fifth(changes):
    told = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(BASE | changes)],
        capture_output=True,
        check=True,
        text=True,
    )

    foreseen, peak = json.loads(told.stdout)

    assert 0.8 < peak / foreseen < 1.2, (foreseen, peak)
