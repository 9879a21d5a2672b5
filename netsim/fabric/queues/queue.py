"""How to write a queue: a class of kind ``queue`` that tells what every switch port does.

Its `Config` is a subclass of `QueueConfig`; ``limits(config, capacity, mark) -> PortLimits``
returns the limits of all ports, given the transport's default capacity and marking threshold in
bytes, an array with one entry per link (None: unbounded, unmarked).
"""

from __future__ import annotations

from netsim.fields import Config


class QueueConfig(Config):
    """Buffers and marking at switch ports."""
