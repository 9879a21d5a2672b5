"""A block of every law and of every delay process, as a scenario writes it."""

from __future__ import annotations

from pathlib import Path

SECOND = {"dist": "constant", "value": "1 s"}

LAWS = {
    "constant": {"dist": "constant", "value": "2 s"},
    "uniform": {"dist": "uniform", "low": "1 s", "high": "3 s"},
    "exponential": {"dist": "exponential", "mean": "500 ms"},
    "shifted_exponential": {"dist": "shifted_exponential", "shift": "0.5 s", "mean": "0.5 s"},
    "normal": {"dist": "normal", "mean": "1 s", "sd": "1 s"},
    "lognormal": {"dist": "lognormal", "mean": "2 s", "sd": "1 s"},
    "pareto": {"dist": "pareto", "scale": "1 s", "shape": 4.0},
    "weibull": {"dist": "weibull", "scale": "1 s", "shape": 2.0},
    "gamma": {"dist": "gamma", "shift": "0.5 s", "mean": "0.14 s", "sd": "0.094 s"},
    "mix": {
        "mix": (
            {"weight": 3.0, "law": SECOND},
            {"weight": 1.0, "law": {"dist": "exponential", "mean": "5 s"}},
        )
    },
    "empirical": {"file": "times.csv"},
}

PROCESSES = {
    "independent": {"kind": "independent", "law": {"dist": "gamma", "mean": "1 s", "sd": "0.5 s"}},
    "gilbert_elliott": {"kind": "gilbert_elliott", "p": 0.1, "q": 0.4, "good": SECOND},
    "bernoulli_slowdown": {"kind": "bernoulli_slowdown", "probability": 0.3},
    "fixed_slow": {"kind": "fixed_slow", "workers": (2,), "fraction": 0.2},
    "outlier": {"kind": "outlier", "probability": 0.01},
    "round_shock": {"kind": "round_shock", "probability": 0.3, "fraction": 0.5},
    "rack_shock": {"kind": "rack_shock", "probability": 0.3, "per_rack": 8},
    "isolated": {"kind": "isolated"},
    "mild": {"kind": "mild"},
    "mild5": {"kind": "mild5"},
    "heavy_ge": {"kind": "heavy_ge"},
    "sticky": {"kind": "sticky"},
    "lambda": {"kind": "lambda", "cold_start": 0.01},
    "matrix": {"kind": "matrix", "file": "finish.csv"},
    "trace": {"kind": "trace", "file": "trace.csv", "load": 0.5, "permute_workers": True},
}

#: What the files hold: this many rounds and workers.
ROUNDS, WORKERS = 12, 70


def write_files(folder: Path) -> None:
    """Write the files that the blocks name; worker 3 of ``finish.csv`` never answers."""
    cells = [(r, w) for r in range(ROUNDS) for w in range(WORKERS)]
    finish = [f"{r},{w},{'inf' if w == 3 else r + w / 100}\n" for r, w in cells]
    trace = [f"0.5,{r},{w},{r + w / 100}\n" for r, w in cells]
    (folder / "times.csv").write_text("seconds\n1.5\n2.5\n4\n")
    (folder / "finish.csv").write_text("round,worker,finish\n" + "".join(finish))
    (folder / "trace.csv").write_text("load,round,worker,seconds\n" + "".join(trace))
