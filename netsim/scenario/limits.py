"""How large a scenario may be.

The limits bound the work that a hostile file can cause: the slowest text of `BYTES` bytes takes
the YAML parser well under a second, and no text can make more than `NODES` values. A scenario of
some hundred lines has a few kilobytes and a few hundred values; longer lists belong in data files.

JSON is read much faster, and has no aliases, by which a short text makes many values. Its limits
are such that whatever was written in YAML can be recorded with all its defaults and read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Size of all files of one scenario, its includes among them.
BYTES: Final = 96 * 1024
#: Values of one scenario, each alias counted with all that it stands for.
NODES: Final = 5_000
#: Size of one file in JSON.
JSON_BYTES: Final = 4 * 1024 * 1024
#: Values of one file in JSON.
JSON_NODES: Final = 100_000
#: Levels of lists and mappings within one another.
DEPTH: Final = 40
TOO_DEEP: Final = f"lists and mappings may be nested {DEPTH} deep at most"
#: Files that one scenario may include, directly or through others.
INCLUDES: Final = 16


class LimitError(ValueError):
    """A scenario is larger than it may be."""


class ValuesError(LimitError):
    """A scenario holds more values than it may."""


@dataclass(slots=True)
class Budget:
    """What is left of the limits while a scenario is put together."""

    bytes: int = BYTES
    nodes: int = NODES
    includes: int = INCLUDES

    def spend_bytes(self, amount: int) -> None:
        """Take the size of a text off the budget."""
        self.bytes -= amount
        if self.bytes < 0:
            raise LimitError(f"a scenario may have at most {BYTES // 1024} KiB, includes counted")

    def spend_nodes(self, amount: int) -> None:
        """Take a number of values off the budget."""
        self.nodes -= amount
        if self.nodes < 0:
            raise ValuesError(f"a scenario may hold at most {NODES:,} values, aliases counted")

    def spend_include(self) -> None:
        """Take one included file off the budget."""
        self.includes -= 1
        if self.includes < 0:
            raise LimitError(f"a scenario may include at most {INCLUDES} files")
