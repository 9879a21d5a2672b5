"""Examples at the end of a command's help: a line each, never broken or joined to the next."""

from __future__ import annotations


def examples(*commands: str) -> str:
    """Return the text that click prints behind the options.

    >>> print(examples("netsim cite", "netsim cite quickstart").replace(chr(8), "(kept)"))
    (kept)

    Examples
    --------
      netsim cite
      netsim cite quickstart
    """
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])
