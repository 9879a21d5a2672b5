"""What hardware, messages, modes and lossy stations do to a chain of four links.

    python analysis/quantum_parameters.py -o out/parameters.png

Left: the key when one part at a time gets better, from poor to perfect. Middle: pairs per second
when messages take longer than light needs, and when more modes are tried at once. Right: capacity
per mode of a long line whose stations lose light themselves, which no number of stations lifts
above ``-log2(1 - tau)``.
"""

from __future__ import annotations

import argparse
from typing import Any

from arguments import add_picture, positive, run, seed, size

import netsim
from netsim.figures.page import page
from netsim.figures.quantum import against
from netsim.quantum.bounds import lossy_stations, plob, transmissivity

SHARES = [0.6, 0.7, 0.8, 0.9, 1.0]
DELAYS = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
MODES = [1, 2, 4, 8, 16, 32]
STATIONS = [1, 3, 7, 15, 31, 63, 127]


def simulated(options: argparse.Namespace, **changes: dict[str, Any]) -> dict[str, Any]:
    """Return the row of `runs` of four links of 20 km with some blocks changed."""
    blocks: dict[str, Any] = {
        "memory": {
            "frequency": "2 kHz",
            "efficiency": 0.8,
            "raw_fidelity": 0.99,
            "coherence": "10 s",
        },
        "detector": {"efficiency": 0.8, "count_rate": "50 MHz", "resolution": "100 ps"},
        "swap": {"policy": "nested", "gate_fidelity": 0.995, "measurement_fidelity": 0.995},
        "link": {"kind": "two_click"},
        "request": {"end": "1000 s", "pairs": options.pairs, "fidelity": 0.25},
        "record": {"pairs": "delivered"},
        "classical": {},
    }
    for name, block in changes.items():
        blocks[name] = {**blocks[name], **block}
    scenario = netsim.load(
        {
            "netsim": 1,
            "workload": "quantum",
            "seed": options.seed,
            "chain": {"routers": 5, "segment": "20 km"},
            **blocks,
        }
    )
    return dict(netsim.run(scenario).runs[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_picture(parser)
    parser.add_argument("--pairs", type=positive, default=300, help="pairs of each point")
    parser.add_argument("--seed", type=seed, default=1)
    options = parser.parse_args()
    hardware = {
        "memories or detectors": [simulated(options, memory={"efficiency": s}) for s in SHARES],
        "swaps": [simulated(options, swap={"success": s}) for s in SHARES],
    }
    keys = {name: [row["key_rate"] for row in rows] for name, rows in hardware.items()}
    _table("key by the efficiency of one part [bit/s]", SHARES, keys)
    late = [simulated(options, classical={"delay": f"{ms} ms"})["rate"] for ms in DELAYS]
    _table("pairs per second by the delay of a message [ms]", DELAYS, {"all messages": late})
    many = [simulated(options, link={"modes": modes})["rate"] for modes in MODES]
    _table("pairs per second by modes", MODES, {"modes": many})
    eta = transmissivity(500e3, 0.2)
    lossy = {
        f"tau = {tau:g}": [lossy_stations(eta, n, tau) for n in STATIONS] for tau in (0.5, 0.8, 0.9)
    }
    _table("bit per mode over 500 km by stations", STATIONS, lossy)
    if options.output is None:
        return
    with page(options.output, panels=4, size=size(options)) as (part, delay, modes, stations):
        against(part, ("efficiency of one part", SHARES), "secret key [bit/s]", keys, log=False)
        against(delay, ("delay of a message [ms]", DELAYS), "pairs per second", {"messages": late})
        against(modes, ("modes", MODES), "pairs per second", {"modes of an attempt": many})
        limits = {f"limit {tau:g}": [plob(tau)] * len(STATIONS) for tau in (0.5, 0.8, 0.9)}
        against(stations, ("stations", STATIONS), "bit per mode, 500 km", lossy, limits)
        for panel in (delay, modes, stations):
            panel.set_xscale("log")
    print(f"wrote {options.output}")


def _table(title: str, places: list[float], columns: dict[str, list[float]]) -> None:
    print(title)
    print(f"{'':>8}" + "".join(f"{name:>24}" for name in columns))
    for at, place in enumerate(places):
        print(f"{place:>8g}" + "".join(f"{values[at]:>24.4g}" for values in columns.values()))


if __name__ == "__main__":
    run(main)
