"""Other simulators of quantum networks on the same cases, where they are installed.

`sequence` (SeQUeNCe) and `mqns` (of NIST) are no part of netsim's environment, and each needs one
of its own; install one beside netsim and run ``python -m benchmarks quantum``. What cannot be run,
since another version has other names, is reported as such and counts as no result.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import netsim
from benchmarks.measure import Result, at_least, cpu

#: Routers, km of a link, memories a side, seconds, and how much cheaper a pair should be at least.
CASES = (("link of 20 km", 2, 20, 1, 20, 100), ("five routers of 20 km", 5, 20, 1, 20, 100))
_PS = 1e12


def ratios(base: Mapping[str, Any]) -> Iterator[Result]:
    """Yield how much less CPU time a delivered pair takes here than there."""
    for package, run in (("sequence", _sequence), ("mqns", _mqns)):
        if importlib.util.find_spec(package) is None:
            continue
        for name, routers, km, memories, seconds, aim in CASES:
            try:
                yield _ratio(base, package, run, name, (routers, km, memories, seconds), aim)
            except (AttributeError, ImportError, TypeError) as problem:
                print(f"{package}: {name}: not run: {problem}", file=sys.stderr)


def _ratio(
    base: Mapping[str, Any],
    package: str,
    run: Callable[[int, float, int, float], int],
    name: str,
    case: tuple[int, float, int, float],
    aim: float,
) -> Result:
    routers, km, memories, seconds = case
    scenario = netsim.load(
        {
            **base,
            "chain": {"routers": routers, "segment": f"{km} km"},
            "memory": {**base["memory"], "count": memories},
            "request": {"end": f"{10 * seconds} s"},
        }
    )
    pairs = netsim.run(scenario).runs[0]["pairs"]
    found = []
    for _ in range(3):
        theirs, delivered = cpu(lambda: run(routers, km, memories, seconds))
        ours, _ = cpu(lambda: netsim.run(scenario))
        found.append(theirs / max(1, delivered) / (ours / pairs))
    return at_least(f"{package} over netsim, {name}: a pair", "ratio", found, aim)


def _sequence(routers: int, km: float, memories: int, seconds: float) -> int:
    """Return how many pairs SeQUeNCe delivers over a chain."""
    from sequence.app.request_app import RequestApp
    from sequence.topology.router_net_topo import RouterNetTopo

    names = [f"r{at}" for at in range(routers)]
    inside = {"type": "QuantumRouter", "seed": 0}
    topology = {
        "nodes": [
            {"name": name, **inside, "memo_size": memories * (2 if 0 < at < routers - 1 else 1)}
            for at, name in enumerate(names)
        ],
        "qconnections": [
            {
                "node1": one,
                "node2": other,
                "attenuation": 2e-4,
                "distance": 1000 * km,
                "type": "meet_in_the_middle",
                "seed": 0,
            }
            for one, other in itertools.pairwise(names)
        ],
        "cconnections": [
            {"node1": one, "node2": other, "delay": 5e6 * km * (b - a)}
            for (a, one), (b, other) in itertools.combinations(enumerate(names), 2)
        ],
        "stop_time": int((seconds + 0.1) * _PS),
        "is_parallel": False,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.json"
        path.write_text(json.dumps(topology), encoding="utf-8")
        network = RouterNetTopo(str(path))
    nodes = {node.name: node for node in network.get_nodes_by_type(RouterNetTopo.QUANTUM_ROUTER)}
    for node in nodes.values():
        array = node.get_components_by_type("MemoryArray")[0]
        for key, value in (("frequency", 2e3), ("efficiency", 0.75), ("raw_fidelity", 0.99)):
            array.update_memory_params(key, value)
        node.network_manager.protocol_stack[1].set_swapping_degradation(0.99)
    for node in network.get_nodes_by_type(RouterNetTopo.BSM_NODE):
        station = node.get_components_by_type("SingleAtomBSM")[0]
        for key, value in (("efficiency", 0.8), ("count_rate", 5e7), ("time_resolution", 100)):
            station.update_detectors_params(key, value)
    for channel in network.get_qchannels():
        channel.frequency = 1e11
    apps = [RequestApp(nodes[name]) for name in names]
    begin = int(0.05 * _PS)
    timeline = network.get_timeline()
    timeline.init()
    apps[0].start(names[-1], begin, begin + int(seconds * _PS), memories, 0.5)
    timeline.run()
    return round(apps[0].get_throughput() * seconds)


def _mqns(routers: int, km: float, memories: int, seconds: float) -> int:
    """Return how many pairs MQNS delivers over a chain."""
    from mqns.network.builder import CTRL_DELAY, NetworkBuilder
    from mqns.network.proactive import ProactiveForwarder
    from mqns.simulator import Simulator
    from mqns.utils import log

    log.set_default_level("CRITICAL")
    network = (
        NetworkBuilder()
        .topo_linear(
            nodes=routers,
            mem_capacity=-1,
            t_cohere=1e6,
            channels=[km] * (routers - 1),
            ch_capacity=memories,
            fiber_alpha=0.2,
            entg_attempt_rate=2e3,
            init_fidelity=0.99,
            eta_d=0.8,
            eta_s=0.75,
            frequency=2e3,
        )
        .proactive_centralized(p_swap=1.0)
        .request("S-D", swap="asap")
        .make_network()
    )
    simulator = Simulator(0, seconds + CTRL_DELAY, accuracy=1_000_000, install_to=(log, network))
    simulator.run()
    return int(network.get_node("S").get_app(ProactiveForwarder).cnt.n_consumed)
