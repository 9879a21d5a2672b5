"""What stragglers cost a real training run: replay its pipeline with and without them.

    python analysis/stragglers_llm_training.py

The trace holds 32 steps of 8 workers, 2 replicas of 4 pipeline stages with 4 micro-batches each
(`scenarios/stragglers/data/ATTRIBUTION.md`). Each step is replayed as a graph: an operation starts
when its predecessor on the same worker and, for activations and gradients, the same micro-batch at
the neighbouring stage are done. Replayed with the measured times of computing, this gives the
actual step; with every forward and every backward at its mean, the step without stragglers. What
follows the pipeline (synchronization, optimizer) is taken at its fastest in either case, as its
waiting is what the replay accounts for. The publisher's replay gives 2.173 s and 1.843 s, a
slow-down of 1.179.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from arguments import run

from netsim.errors import UsageError

TRACE = Path(__file__).parents[1] / "scenarios" / "stragglers" / "data" / "llm_training_ST.parquet"
FORWARD, BACKWARD = "forward-compute", "backward-compute"
TAIL = (
    "params-all-gather",
    "embedding-grads-all-reduce",
    "grads-reduce-scatter",
    "optimizer-clip-main-grad",
    "optimizer",
)
COLUMNS = ["step", "dp_rank", "stage", "rank", "mb_id", "optype", "start_ts", "duration"]
PUBLISHED = (2.173, 1.843)


def read(path: Path) -> pd.DataFrame:
    """Return the operations in the order in which they started."""
    try:
        operations = pd.read_parquet(path, columns=COLUMNS)
    except ValueError:
        needed = f"a Parquet file with columns {', '.join(COLUMNS)}"
        raise UsageError(f"{path} is no such trace; name {needed}") from None
    operations["optype"] = operations["optype"].astype(str)
    return operations.sort_values("start_ts")


def pipeline_time(operations: pd.DataFrame, stages: int) -> float:
    """Return how long the pipeline of one replica takes in one step.

    `operations` are its forwards and backwards with their `seconds`, in the order of each worker.
    """
    queues = {stage: list(own.itertuples()) for stage, own in operations.groupby("stage")}
    free = dict.fromkeys(queues, 0.0)
    done: dict[tuple[str, int, int], float] = {}
    while any(queues.values()):
        for stage, queue in queues.items():
            while queue:
                head = queue[0]
                forward = head.optype == FORWARD
                before = stage - 1 if forward else stage + 1
                if 0 <= before < stages:
                    needed = (head.optype, before, head.mb_id)
                else:
                    needed = None if forward else (FORWARD, stage, head.mb_id)
                if needed is not None and needed not in done:
                    break
                start = max(free[stage], done[needed] if needed is not None else 0.0)
                free[stage] = start + head.seconds
                done[(head.optype, stage, head.mb_id)] = free[stage]
                queue.pop(0)
    return max(free.values())


def step_times(operations: pd.DataFrame, ideal: bool) -> pd.Series:
    """Return the time of every step, replayed with measured or with mean compute times."""
    compute = operations[operations.optype.isin([FORWARD, BACKWARD])].copy()
    means = compute.groupby("optype").duration.transform("mean")
    compute["seconds"] = means if ideal else compute.duration
    stages = compute.stage.nunique()
    replicas = compute.groupby(["step", "dp_rank"])
    pipeline = pd.Series({key: pipeline_time(own, stages) for key, own in replicas})
    tail = operations[operations.optype.isin(TAIL)]
    fastest = tail.groupby(["step", "optype"]).duration.min().groupby("step").sum()
    return pipeline.groupby(level=0).max() + fastest


def compute_times(operations: pd.DataFrame) -> pd.DataFrame:
    """Return the compute time of every worker in every step, as a trace of netsim."""
    compute = operations[operations.optype.isin([FORWARD, BACKWARD])]
    seconds = compute.groupby(["step", "rank"]).duration.sum().reset_index()
    seconds["round"] = seconds.step.rank(method="dense").astype(int) - 1
    trace = seconds.rename(columns={"rank": "worker", "duration": "seconds"})
    return trace[["round", "worker", "seconds"]].sort_values(["round", "worker"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace", type=Path, nargs="?", default=TRACE)
    parser.add_argument("--write-trace", type=Path, help="write the compute times as a CSV trace")
    options = parser.parse_args()
    operations = read(options.trace)
    actual, ideal = (float(step_times(operations, kind).mean()) for kind in (False, True))
    trace = compute_times(operations)
    by_stage = trace.groupby(trace.worker // 2).seconds.mean()
    print("compute per step by stage [s]:", "  ".join(f"{value:.2f}" for value in by_stage))
    print(f"{'':12}{'netsim':>8}{'published':>11}")
    for name, value, published in zip(("actual", "ideal"), (actual, ideal), PUBLISHED, strict=True):
        print(f"{name + ' [s]':12}{value:8.3f}{published:11.3f}")
    print(f"{'slow-down':12}{actual / ideal:8.3f}{PUBLISHED[0] / PUBLISHED[1]:11.3f}")
    if options.write_trace:
        trace.round({"seconds": 6}).to_csv(options.write_trace, index=False)


if __name__ == "__main__":
    run(main)
