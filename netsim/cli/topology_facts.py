"""What a topology file holds: how many hosts, switches and links, how fast and how long."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from netsim import units
from netsim.reading import IrregularFileError, open_regular

#: What a topology file may be called, and where in one of netsim's own form its nodes begin.
_SUFFIXES: Final = (".graphml", ".yaml", ".yml", ".json")
_NODES: Final = re.compile(r"^\s*\{?\s*[\"']?nodes[\"']?\s*:", re.MULTILINE)
_LOOKED_AT: Final = 1 << 16


def file_of(target: Path) -> Path | None:
    """Return the topology file that `target` means, be it shipped; None if it is none."""
    from netsim.resources import shipped

    path = target if target.is_file() else shipped(target.as_posix())
    if path is None or path.suffix not in _SUFFIXES:
        return None
    return path if path.suffix == ".graphml" or _has_nodes(path) else None


def facts(name: str, path: Path) -> dict[str, Any]:
    """Return what the file `path`, called `name`, describes."""
    from netsim.topology.file import read_topology

    network = read_topology(path)
    return {
        "topology": name,
        "hosts": network.host_count,
        "switches": len(network.switches),
        "links": network.link_count,
        "rates": _counted(network.link_rate, "rate"),
        "delays": _counted(network.link_delay, "time"),
    }


def text(known: Mapping[str, Any]) -> list[str]:
    """Return `known` as lines for people."""
    size = f"{known['hosts']} hosts, {known['switches']} switches, {known['links']} directed links"
    spread = [
        f"{what}: " + ", ".join(f"{value} ({count} links)" for value, count in known[what].items())
        for what in ("rates", "delays")
    ]
    return [
        f"{known['topology']}: {size}",
        *spread,
        f"written: topology: {{file: {known['topology']}}}",
    ]


def _has_nodes(path: Path) -> bool:
    """Return whether the file lists nodes and is no scenario."""
    try:
        with open_regular(path) as stream:
            head = stream.read(_LOOKED_AT).decode("utf-8", "replace")
    except (OSError, IrregularFileError):
        return False
    return _NODES.search(head) is not None and "workload" not in head


def _counted(values: Any, dimension: str) -> dict[str, int]:
    counted = Counter(values.tolist())
    return {units.readable(value, dimension): counted[value] for value in sorted(counted)}
