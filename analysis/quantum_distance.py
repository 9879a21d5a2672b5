"""Rate, fidelity and key against distance for chains of one, two, four and eight links.

    python analysis/quantum_distance.py -o out/distance.png

Two-round links with memories that decay and gates that err. In grey: what no protocol on the eight
links can exceed (stations are nodes), and what the undivided fibre could carry if it were used as
often as one memory can emit. Repeaters cross the latter only where memories emit fast enough.
"""

from __future__ import annotations

import argparse
from typing import Any

from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.page import page
from netsim.figures.quantum import against
from netsim.quantum.bounds import plob, transmissivity

FREQUENCY = 2e3


def simulated(links: int, km: float, options: argparse.Namespace) -> dict[str, Any]:
    """Return the row of `runs` of one chain over that distance."""
    scenario = netsim.load(
        {
            "netsim": 1,
            "workload": "quantum",
            "seed": options.seed,
            "chain": {"routers": links + 1, "segment": f"{km / links:.6g} km"},
            "memory": {
                "count": options.memories,
                "frequency": f"{FREQUENCY:g} Hz",
                "efficiency": 0.9,
                "raw_fidelity": 0.99,
                "coherence": "10 s",
            },
            "detector": {"efficiency": 0.9, "count_rate": "50 MHz", "resolution": "100 ps"},
            "swap": {"policy": "nested", "gate_fidelity": 0.995, "measurement_fidelity": 0.995},
            "request": {"end": "2000 s", "pairs": options.pairs, "fidelity": 0.25},
            "record": {"pairs": "delivered"},
        }
    )
    return dict(netsim.run(scenario).runs[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--links", type=positive, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument(
        "--km", type=positive, nargs="+", default=[10, 25, 50, 75, 100, 150, 200, 250, 300]
    )
    parser.add_argument("--pairs", type=positive, default=200, help="pairs of each point")
    parser.add_argument("--memories", type=positive, default=1, help="memories a side")
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    rows = {n: [simulated(n, km, options) for km in options.km] for n in options.links}
    print(f"{'links':>5} {'km':>5} {'pairs/s':>10} {'fidelity':>9} {'key bit/s':>10} {'bound':>10}")
    for links, found in rows.items():
        for km, row in zip(options.km, found, strict=True):
            fidelity = row["fidelity_mean"]
            shown = "-" if fidelity is None else f"{fidelity:.4f}"
            print(
                f"{links:>5} {km:>5} {row['rate']:>10.4g} {shown:>9} {row['key_rate']:>10.4g} "
                f"{row['key_bound']:>10.4g}"
            )
    if options.output is None:
        return
    most = max(options.links)
    curves = {f"{links} links" if links > 1 else "1 link": links for links in options.links}
    bounds = {
        f"bound of {most} links": [row["key_bound"] for row in rows[most]],
        "undivided fibre": [
            options.memories * FREQUENCY * plob(transmissivity(km * 1e3, 0.2)) for km in options.km
        ],
    }
    x = "distance [km]", options.km

    def column(name: str) -> dict[str, list[float]]:
        return {
            label: [float("nan") if row[name] is None else row[name] for row in rows[links]]
            for label, links in curves.items()
        }

    with page(options.output, panels=3, size=size(options)) as (rate, fidelity_panel, key):
        against(rate, x, "pairs per second", column("rate"))
        against(fidelity_panel, x, "mean fidelity", column("fidelity_mean"), log=False)
        against(key, x, "secret key [bit/s]", column("key_rate"), bounds)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
