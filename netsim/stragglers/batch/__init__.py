"""Many replications of a run at once, in step: the fast way where results are durations alone.

`simulate` plays one code over given delays, `compare` several codes over common delays. Both follow
the same definitions as the event-driven rounds, which check them round for round; tables, networks
and gradients are the business of the latter.
"""

from __future__ import annotations

from netsim.stragglers.batch.compare import compare
from netsim.stragglers.batch.play import BatchResult, simulate

__all__ = ["BatchResult", "compare", "simulate"]
