"""What an order of runners is."""

from __future__ import annotations

from netsim.fields import Config


class OrderConfig(Config):
    """Who runs after whom."""
