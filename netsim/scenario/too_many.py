"""What to do about a scenario that holds too many values: which list to move, and where to.

A limit is met at some value, but hardly ever because of it. So values are counted by the keys
above them, and the remedy speaks of the keys with most. It is known here by name which lists have
a form that reads a file: the limit is met before anything is validated, and a family's schema,
which knows more, would have to be imported for it.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from netsim.scenario.limits import JSON_NODES

#: Lists of scenarios that can come from a file, by their last keys, and how that is written.
FROM_FILES: Final = {
    ("traffic",): "traffic: [{file: flows.csv}]",
    ("sweep", "list"): "list: {file: design.csv}",
    ("topology", "edges"): "topology: {kind: file, file: graph.graphml}",
    ("overrides",): "topology: {file: network.json}, whose nodes and links may differ",
    ("per_node",): "per_node: {file: devices.csv}",
    ("disruption",): "disruption: [{kind: trace, file: churn.csv}]",
    ("delays",): "delays: {kind: matrix, file: seconds.csv}",
    ("stragglers",): "stragglers: {kind: pattern, file: pattern.csv}",
}

Keys = tuple[str, ...]


def remedy(counts: Counter[Keys]) -> str:
    """Return what shortens a scenario.

    Parameters
    ----------
    counts
        Values by the keys that they stand under.
    """
    groups: Counter[Keys] = Counter()
    for keys, count in counts.items():
        groups[_list(keys)] += count
    # Of equal counts the one that was met first.
    keys = max(groups, key=lambda one: groups[one], default=())
    for end, form in FROM_FILES.items():
        if keys[-len(end) :] == end:
            return f"'{'.'.join(keys)}' takes most of them, and can come from a file: {form}"
    most = f"'{keys[0]}' takes most of them; " if keys else ""
    return f"{most}a scenario in JSON, in a file .json, may hold {JSON_NODES:,}"


def _list(keys: Keys) -> Keys:
    """Return the keys down to a list that can come from a file, else the first one."""
    for length in range(1, len(keys) + 1):
        if any(keys[:length][-len(end) :] == end for end in FROM_FILES):
            return keys[:length]
    return keys[:1]
