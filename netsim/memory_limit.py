"""How much memory this process may use: the least of what its surroundings grant.

A control group may be limited at every level above it: version 2 of the interface writes
``memory.max``, version 1 ``memory.limit_in_bytes`` (a number near 2^63 for no limit). Besides, the
address space of a process may be limited, and the machine has only so much.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

#: Limits from here on are none.
_ENDLESS: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Allowed:
    """An amount of memory in bytes, and who sets the limit."""

    size: int
    source: str


def allowed_memory(
    groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")
) -> Allowed:
    """Return the memory that this process may use.

    Parameters
    ----------
    groups
        The file that says in which control groups this process is.
    mounted
        Where the control groups are mounted.
    """
    found = [
        Allowed(size, f"limit of the control group, {file}")
        for file, size in _group_limits(groups, mounted)
        if size < _ENDLESS
    ]
    space = address_space()
    if space is not None:
        found.append(Allowed(space, "limit of the address space, ulimit -v"))
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found.append(Allowed(machine, "memory of the machine"))
    return min(found, key=lambda one: one.size)


@functools.cache
def _group_limits(groups: Path, mounted: Path) -> tuple[tuple[Path, int], ...]:
    """Return `_read_limits`, read once: a process stays in its groups, and many points ask."""
    return tuple(_read_limits(groups, mounted))


def _read_limits(groups: Path, mounted: Path) -> Iterator[tuple[Path, int]]:
    """Yield the file and the number of bytes of each limit on the control groups of a process."""
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            root, name = mounted, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = mounted / "memory", "memory.limit_in_bytes"
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        for level in (own, *own.parents):
            file = root / level / name
            try:
                yield file, int(file.read_text())
            except (OSError, ValueError):
                # Not there, or "max".
                continue


def address_space() -> int | None:
    """Return the limit of the address space in bytes, None where there is none."""
    try:
        import resource
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else int(soft)
