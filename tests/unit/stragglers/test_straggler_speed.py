"""How fast rounds are played and gradients decoded. One BLAS thread: set OPENBLAS_NUM_THREADS=1."""

from __future__ import annotations

import resource
import time

import numpy as np
import pytest
from reference.coded_run import make

from netsim.stragglers.batch import compare
from netsim.stragglers.inner import CyclicCode
from netsim.stragglers.schema import StragglersScenario

pytestmark = pytest.mark.bench


def scenario(code):
    good = {"dist": "gamma", "shift": "0.53 s", "mean": "0.14 s", "sd": "0.094 s"}
    bad = {"dist": "shifted_exponential", "shift": "1.3 s", "mean": "0.6 s"}
    delays = {"kind": "gilbert_elliott", "p": 0.04, "q": 1.0, "good": good, "bad": bad}
    block = {"netsim": 1, "workload": "stragglers", "workers": 256, "jobs": 480}
    return StragglersScenario.model_validate({**block, "code": code, "delays": delays})


def test_four_codes_by_1000_replications_take_10_seconds_and_2_gib():
    blocks = (
        {"scheme": "uncoded"},
        {"scheme": "gc", "s": 15},
        {"scheme": "sr_sgc", "B": 2, "W": 3, "lambda": 23},
        {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 27},
    )
    codes = {block["scheme"]: scenario(block).code for block in blocks}
    delays = scenario(blocks[0]).delays
    start = time.process_time()

    found = compare(codes, delays, workers=256, jobs=480, replications=1000, per_load=2.2013)

    assert all(result.duration.shape[0] == 1000 for result in found.values())
    assert time.process_time() - start <= 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss <= 2 * 2**20


@pytest.mark.parametrize("s", [15, 27])
def test_null_space_decoding_is_50_times_as_fast_as_least_squares(s):
    n = 256
    code = CyclicCode(n, s, np.random.default_rng(1))
    generator = np.random.default_rng(2)
    sets = []
    for _ in range(60):
        returned = np.ones(n, dtype=bool)
        returned[generator.permutation(n)[:s]] = False
        sets.append(returned)
    code.decode(sets[0])
    matrix = code.decoder.matrix

    def best(run, count):
        times = []
        for returned in sets[:count]:
            start = time.perf_counter()
            run(returned)
            times.append(time.perf_counter() - start)
        return float(np.median(times))

    slow = best(lambda r: np.linalg.lstsq(matrix[r].T, np.ones(n), rcond=None), 15)
    fast = best(lambda r: code.decoder.decode(~r), 60)

    assert slow >= 50 * fast, (slow, fast)


def test_a_run_of_480_rounds_event_by_event_takes_2_seconds():
    from reference.coded_run import play

    delays = 0.5 + np.random.default_rng(3).exponential(0.2, size=(481, 256))
    start = time.process_time()

    play(make("m_sgc", 256, B=1, W=2, lam=27), 480, delays)

    assert time.process_time() - start <= 2
