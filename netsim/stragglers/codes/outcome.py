"""How rounds end of schemes that play them by a rule of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one round ended."""

    duration: int
    """Picoseconds; `NEVER` where the round cannot end."""
    unused: int
    """Workers none of whose results was used."""
    begun: int
    """Equal pieces of work that were begun."""
    given_up: int
    """Those of them whose results were not used."""
