"""Coded rounds in step, the search for parameters, and decoding through the null space."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import REPEATS, Result, at_least, at_most, cpu

WORKERS = 256
JOBS = 480
REPLICATIONS = 1000
#: Seconds of one worker for the full data set.
PER_LOAD = 2.2013
CODES = (
    {"scheme": "uncoded"},
    {"scheme": "gc", "s": 15},
    {"scheme": "sr_sgc", "B": 2, "W": 3, "lambda": 23},
    {"scheme": "m_sgc", "B": 1, "W": 2, "lambda": 27},
)
#: Single slow rounds: a chain, a gamma and an exponential law.
DELAYS = {
    "kind": "gilbert_elliott",
    "p": 0.04,
    "q": 1.0,
    "good": {"dist": "gamma", "shift": "0.53 s", "mean": "0.14 s", "sd": "0.094 s"},
    "bad": {"dist": "shifted_exponential", "shift": "1.3 s", "mean": "0.6 s"},
}


def run() -> Iterator[Result]:
    """Yield what a comparison costs, one run by events, a search, and a decoding."""
    yield from _comparison()
    yield _events()
    yield from _search()
    for s, target in ((15, 50), (27, 50), (63, None)):
        yield _decoding(s, target)


def _comparison() -> Iterator[Result]:
    """Measure each repeat in a process of its own, whose peak memory is its own as well."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", "from benchmarks import stragglers; stragglers.compare_once()"]
    seconds, peaks = [], []
    for _ in range(REPEATS):
        done = subprocess.run(command, check=True, capture_output=True, cwd=root)
        found = json.loads(done.stdout)
        seconds.append(found["seconds"])
        peaks.append(found["peak"] / 2**30)
    size = f"4 codes, n={WORKERS}, J={JOBS}, {REPLICATIONS} replications"
    yield at_most(f"{size}: whole process", "CPU s", seconds, 10)
    yield at_most(f"{size}: peak memory", "GiB", peaks, 2)


def compare_once() -> None:
    """Play the four codes over common delays; print CPU seconds and peak bytes of this process."""
    import resource

    from netsim.stragglers.batch import compare

    scenarios = {code["scheme"]: _scenario(code) for code in CODES}
    found = compare(
        {name: scenario.code for name, scenario in scenarios.items()},
        scenarios["gc"].delays,
        workers=WORKERS,
        jobs=JOBS,
        replications=REPLICATIONS,
        per_load=PER_LOAD,
    )
    spent = resource.getrusage(resource.RUSAGE_SELF)
    known = {
        "seconds": spent.ru_utime + spent.ru_stime,
        "peak": spent.ru_maxrss * 1024,
        "totals": {name: float(result.total_time.mean()) for name, result in found.items()},
    }
    sys.stdout.write(json.dumps(known))


def _events() -> Result:
    """Play one run of M-SGC event by event, as a scenario with a network does."""
    import simpy

    from netsim.registry import lookup
    from netsim.rng import Streams
    from netsim.stragglers.rounds import Rounds
    from netsim.stragglers.waiting import WaitConfig
    from netsim.stragglers.work import DrawnTimes

    finish = 0.5 + np.random.default_rng(3).exponential(0.2, size=(JOBS + 1, WORKERS))
    scheme = lookup("code", "m_sgc")
    config = scheme.Config.model_validate({"B": 1, "W": 2, "lambda": 27})

    def play() -> None:
        env = simpy.Environment()
        wait = WaitConfig()
        rounds = Rounds(env, scheme(config, WORKERS, rule=wait.rule, streams=Streams(0)), JOBS)
        env.process(rounds.run(DrawnTimes(env, finish, 0.0), wait))
        env.run()

    seconds = [cpu(play)[0] for _ in range(REPEATS)]
    return at_most(f"m_sgc, n={WORKERS}, J={JOBS}, event by event", "CPU s", seconds, 2)


def _search() -> Iterator[Result]:
    """Rank 5,000 parameter sets on 80 measured rounds, under both policies."""
    import netsim.delays.process as delays
    from netsim.rng import Streams
    from netsim.stragglers.selection import parameter_sets, search
    from netsim.stragglers.waiting import WaitConfig

    measured = delays.sample(_scenario(CODES[0]).delays, Streams(1), 80, WORKERS)
    count = 5000
    sets = parameter_sets(WORKERS, t_max=4)
    # Evenly spread over schemes, bursts and windows.
    sets = [sets[at] for at in np.linspace(0, len(sets) - 1, count).astype(int)]
    for policy in ("minimal", "all"):
        wait = WaitConfig(policy=policy)
        seconds = []
        for _ in range(REPEATS):
            spent, ranking = cpu(
                lambda wait=wait: search(
                    measured, per_load=PER_LOAD, wait=wait, t_max=4, candidates=sets
                )
            )
            seconds.append(spent)
        name = f"{count} parameter sets, 80 rounds, n={WORKERS}, {policy}/model"
        yield at_most(name, "CPU s", seconds, 30, best=str(ranking.best))


def _decoding(s: int, target: float | None) -> Result:
    """Alternate least squares and the null space over the same stragglers, set by set."""
    from netsim.stragglers.inner import CyclicCode

    code = CyclicCode(WORKERS, s, np.random.default_rng(1))
    matrix, ones = code.decoder.matrix, np.ones(WORKERS)
    ratios, residuals, micro = [], [], []
    for repeat in range(REPEATS):
        slow, fast = [], []
        for returned in _survivors(s, count=16, seed=repeat):
            rows = matrix[returned].T
            slow.append(_wall(lambda rows=rows: np.linalg.lstsq(rows, ones, rcond=None))[0])
            spent, weights = min(
                (_wall(lambda returned=returned: code.decode(returned)) for _ in range(5)),
                key=lambda timed: timed[0],
            )
            fast.append(spent)
            residuals.append(weights.residual)
        ratios.append(float(np.median(slow) / np.median(fast)))
        micro.append(float(np.median(fast)) * 1e6)
    name = f"decoding, n={WORKERS}, s={s}: least squares / null space"
    details = {"null_space_us": micro, "worst_residual": max(residuals)}
    if target is None:
        return Result(name, "ratio", tuple(ratios), details=details)
    return at_least(name, "ratio", ratios, target, **details)


def _survivors(s: int, count: int, seed: int) -> Iterator[np.ndarray]:
    """Yield who returns: half of the sets lack s consecutive workers, half any s."""
    generator = np.random.default_rng(seed)
    for number in range(count):
        returned = np.ones(WORKERS, dtype=bool)
        any_s = generator.permutation(WORKERS)[:s]
        in_a_row = (generator.integers(WORKERS) + np.arange(s)) % WORKERS
        returned[any_s if number % 2 else in_a_row] = False
        yield returned


def _wall(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return elapsed seconds: a decoding is shorter than the resolution of the CPU clock."""
    begin = time.perf_counter()
    value = action()
    return time.perf_counter() - begin, value


def _scenario(code: dict[str, Any]) -> Any:
    from netsim.stragglers.schema import StragglersScenario

    block = {"netsim": 1, "workload": "stragglers", "workers": WORKERS, "jobs": JOBS}
    return StragglersScenario.model_validate({**block, "code": code, "delays": DELAYS})
