"""Digests of what fabrics do, and their renewal: ``python tests/golden/fabric_results.py``.

The first ones were made by the kernel that took one event after another from a tree, before it
handled windows. Renew them only with a change that means to alter numbers, in the same commit, and
say so in the changelog.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import netsim

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_suffix(".json")
RANDOM = 120
#: Columns of these tables that say what happened; further ones may be added.
COLUMNS = {
    "runs": (
        *("makespan", "events", "packet_hops", "fct_mean", "fct_p99", "out_of_order"),
        *("max_reorder", "retransmits", "drops", "ecn_marks", "queue_max"),
    ),
    "flows": (
        *("flow", "src", "dst", "size", "start", "end_rx", "end_tx", "packets", "retransmits"),
        *("timeouts", "drops", "out_of_order", "max_reorder", "status", "ideal_fct"),
    ),
    "link_totals": (
        *("link", "tx", "packets", "utilization_mean", "wait_mean", "wait_max", "queue_max"),
        *("drops", "ecn_marks"),
    ),
    "links": ("t", "link", "utilization", "queue", "tx", "drops", "ecn_marks"),
    "packets": ("packet", "flow", "seq", "ack", "node", "t", "event", "queue"),
}


def digests(scenario):
    """Return a digest of each table of a scenario's run."""
    result = netsim.run(netsim.load(ROOT / "scenarios" / scenario))
    found = {}
    for name in sorted({*COLUMNS} & {*result.tables()}):
        table = result.table(name)
        columns = [
            table[column].to_pylist() for column in COLUMNS[name] if column in table.schema.names
        ]
        text = json.dumps(columns, default=str)
        found[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found


def scenarios():
    """Return the shipped scenarios that send packets."""
    folder = ROOT / "scenarios"
    own = [*sorted((folder / "fabric").glob("*.yaml")), folder / "quickstart.yaml"]
    own.append(folder / "stragglers" / "coded_leaf_spine.yaml")
    return [str(path.relative_to(folder)) for path in own]


def main():
    """Write the digests of this version."""
    sys.path.insert(0, str(ROOT / "tests"))
    from reference.random_fabrics import Case

    golden = {
        "scenarios": {name: digests(name) for name in scenarios()},
        "random": [Case(seed).run() for seed in range(RANDOM)],
    }
    FILE.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
